#!/bin/bash
#
# Builds nginx itself from Debian's source package with NGX_DEBUG_PALLOC, so
# that each ngx_palloc() is a malloc() of its own, and under AddressSanitizer:
# an overflow inside of a pool is then seen.
#
#   conf/dev/nginx-palloc.sh DIRECTORY
#
# The program is DIRECTORY/nginx.  Needs the network once, for the sources of
# the release that is installed; no apt configuration is changed.

set -euo pipefail

mkdir -p "$1/lists/partial"
dir=$(cd "$1" && pwd)

. /usr/share/nginx/src/conf_flags

version=$(dpkg-query -W -f '${Version}' nginx-dev)
release=${version%%-*}
tarball=$dir/nginx_$release.orig.tar.gz

if [ -x "$dir/nginx" ]; then
    exit 0
fi

# what is configured for programs, for their sources

if [ ! -f "$tarball" ]; then
    cat /etc/apt/sources.list.d/debian*.sources 2> /dev/null \
        | sed 's/^Types: deb$/Types: deb-src/' > "$dir/src.sources"
    sed -n 's/^deb /deb-src /p' /etc/apt/sources.list 2> /dev/null \
        > "$dir/src.list" || true

    list=$dir/src.sources
    if [ -s "$dir/src.list" ]; then
        list=$dir/src.list
    fi

    options=(-qq -o Dir::Etc::SourceList="$list" -o Dir::Etc::SourceParts=-
             -o Dir::State::Lists="$dir/lists" -o APT::Sandbox::User=root)

    # a mirror may have lost the newest packaging; the release is enough
    (
        cd "$dir"
        apt-get "${options[@]}" update
        apt-get "${options[@]}" --download-only source nginx
    ) > "$dir/apt.log" 2>&1 || true

    if [ ! -f "$tarball" ]; then
        cat "$dir/apt.log" >&2
        echo "No sources of nginx $release to be had from apt" >&2
        exit 1
    fi
fi

tar -xzf "$tarball" -C "$dir"
cd "$dir/nginx-$release"

# modules of Debian's program that the flags for dynamic ones leave out

modules=
for module in addition flv gunzip gzip_static mp4 random_index secure_link sub
do
    modules="$modules --with-http_${module}_module"
done

# the sanitizer has a crypt_r() of its own, that needs the real one loaded

{
    # shellcheck disable=SC2086
    ./configure "${NGX_CONF_FLAGS[@]}" $modules --builddir="$dir/objs" \
        --with-cc-opt="-g -O1 -fno-omit-frame-pointer -DNGX_DEBUG_PALLOC=1 \
                       -fsanitize=address -Wno-error" \
        --with-ld-opt="-fsanitize=address -Wl,-E -Wl,--no-as-needed -lcrypt"
    make -s -j"$(nproc)" -f "$dir/objs/Makefile" "$dir/objs/nginx"
} > "$dir/build.log" 2>&1 || {
    tail -30 "$dir/build.log" >&2
    exit 1
}

mv "$dir/objs/nginx" "$dir/nginx"
