#!/bin/bash
#
# Builds the module against Debian's nginx-dev, outside of its source tree.
#
#   conf/dev/build.sh BUILD_DIRECTORY [sanitize]
#
# nginx's Makefile tracks sources and headers, but neither `config', nor the
# set of files, nor the flags: when one of them changes it is made anew here.

set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
build=$(cd "$1" && pwd)
sanitize=${2:-}
module=$build/ngx_http_crm_module.so

exec 9> "$build/.lock"
flock 9

if [ ! -f /usr/share/nginx/src/conf_flags ]; then
    echo "nginx-dev is missing; conf/dev/packages.sh run installs it, and" \
         "what else the build needs" >&2
    exit 1
fi

export DEB_BUILD_MAINT_OPTIONS=hardening=+all
. /usr/share/nginx/src/conf_flags

cc=${CC:-cc}
if command -v ccache > /dev/null; then
    cc="ccache $cc"
fi

cd "$top"

cflags="$(dpkg-buildflags --get CFLAGS) $(dpkg-buildflags --get CPPFLAGS)"
cflags="$cflags -fPIC -std=gnu11 -fno-semantic-interposition"
ldflags="$(dpkg-buildflags --get LDFLAGS) -fPIC"

if [ "$sanitize" = sanitize ]; then
    cflags="$cflags -U_FORTIFY_SOURCE -O1 -fno-omit-frame-pointer"
    cflags="$cflags -fsanitize=address,undefined"
    cflags="$cflags -fno-sanitize-recover=undefined"
    ldflags="$ldflags -fsanitize=address,undefined -Wl,-z,nodelete"
fi

recipe=$(dpkg-query -W -f '${Version}' nginx-dev
         echo "$cc $cflags $ldflags"
         cat config conf/dev/build.sh)
files=$(ls ngx_http_crm_module.c src/*/*.[ch])


# Without a changed recipe the objects stay good: configure writes its headers
# anew, so they get their old time back where they are what they were.

configure() {
    local header

    for header in ngx_auto_config.h ngx_auto_headers.h; do
        if [ -f "$build/$header" ]; then
            cp -p "$build/$header" "$build/$header.old"
        fi
    done

    (
        cd /usr/share/nginx/src
        # newer flags of Debian's have compiler options among them, too
        bash ./configure "${NGX_CONF_FLAGS[@]}" --with-cc="$cc" \
            --with-cc-opt="$cflags" --with-ld-opt="$ldflags" \
            --builddir="$build" --add-dynamic-module="$top"
    ) > "$build/configure.log" 2>&1 || {
        cat "$build/configure.log" >&2
        exit 1
    }

    for header in ngx_auto_config.h ngx_auto_headers.h; do
        if cmp -s "$build/$header" "$build/$header.old"; then
            mv "$build/$header.old" "$build/$header"
        fi
    done
}


if [ "$recipe" != "$(cat "$build/.recipe" 2> /dev/null)" ]; then
    rm -rf "$build/.files" "$build/addon" "$module"
fi

if [ "$files" != "$(cat "$build/.files" 2> /dev/null)" ]; then
    rm -f "$build/.files" "$module"
    configure
    echo "$recipe" > "$build/.recipe"
    echo "$files" > "$build/.files"
fi

cd /usr/share/nginx/src
env -u MAKEFLAGS -u MFLAGS make --no-print-directory -s -j"$(nproc)" -f "$build/Makefile" modules 9>&-

# nginx would find out only when it loads the module

missing=$(nm -D --undefined-only "$module" | sed -n 's/^ *U \(crm_.*\)/\1/p')

if [ -n "$missing" ]; then
    rm -f "$module"
    echo "Used, but defined nowhere:" $missing >&2
    exit 1
fi
