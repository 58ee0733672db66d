#!/bin/bash
#
# Installs the Debian packages that are missing, as root or through sudo.
#
#   conf/dev/packages.sh run|test|bench
#
# A service that Debian's scripts start only because we installed its package
# (nginx on port 80, Redis on 6379) is ended and disabled again; one that was
# there before is left alone.

set -euo pipefail

packages="gcc libc6-dev make dpkg-dev nginx nginx-dev redis-server redis-tools
          libhiredis-dev libjansson-dev libpcre2-dev libicu-dev libsodium-dev
          libical-dev libgmime-3.0-dev libxml2-dev pkg-config
          perl procps tzdata curl openssl"

if [ "${1:-run}" != run ]; then
    packages="$packages libcmocka-dev libmojolicious-perl
              libcpanel-json-xs-perl python3-icalendar libnginx-mod-nchan
              libnginx-mod-http-lua libnginx-mod-http-headers-more-filter
              libasan8 libubsan1 wrk
              clang libclang-rt-dev valgrind postfix"
fi

# what the benchmark compares with; node as well, from wherever npm is
if [ "${1:-run}" = bench ]; then
    packages="$packages lua-nginx-redis lua-cjson"

    if ! command -v npm > /dev/null; then
        packages="$packages nodejs npm"
    fi
fi

# Asia/Calcutta and the like, which Debian 12 has in tzdata
if [ "$(. /etc/os-release && echo "${VERSION_ID:-}")" != 12 ]; then
    packages="$packages tzdata-legacy"
fi

installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2> /dev/null)" \
        = installed ]
}

missing=
for package in $packages; do
    installed "$package" || missing="$missing $package"
done

if [ -z "$missing" ]; then
    exit 0
fi

sudo=
if [ "$(id -u)" != 0 ]; then
    command -v sudo > /dev/null || {
        echo "Missing packages, and neither root nor sudo:$missing" >&2
        exit 1
    }
    sudo=sudo
fi

services=
for service in nginx redis-server; do
    installed "$service" || services="$services $service"
done

# Runlevel 1 keeps sysvinit's scripts from starting anything.

apt() {
    $sudo env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -qq \
        -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 \
        -o Dpkg::Use-Pty=0 "$@" < /dev/null
}

echo "Installing:$missing"
apt update
# shellcheck disable=SC2086
apt install -y --no-install-recommends $missing

for service in $services; do
    if [ -d /run/systemd/system ]; then
        $sudo systemctl --quiet disable --now "$service.service"
    else
        if $sudo invoke-rc.d --quiet "$service" status > /dev/null 2>&1; then
            $sudo invoke-rc.d --quiet "$service" stop
        fi
        $sudo update-rc.d "$service" disable > /dev/null 2>&1 || true
    fi
done < /dev/null
