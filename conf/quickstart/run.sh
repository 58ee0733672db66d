#!/bin/bash
#
# Starts Redis and nginx with the module as daemons, unless they run already,
# and creates the demo tenant.  Called by `make run', which sets PORT,
# DATA_DIR, WORKERS, ACCESS_LOG and BUILD.

set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/conf/quickstart/lib.sh"

data=$(readlink -m "${DATA_DIR:-./var}")
port=${PORT:-8080}
workers=${WORKERS:-auto}
build=$(readlink -m "${BUILD:-build}")
url=http://127.0.0.1:$port

[[ $port =~ ^[0-9]+$ && $port -ge 1 && $port -le 65535 ]] \
    || fail "PORT must be 1 to 65535, not \"$port\""
[[ $workers =~ ^([1-9][0-9]*|auto)$ ]] \
    || fail "WORKERS must be a number or \"auto\", not \"$workers\""
[[ $data != *[[:cntrl:]\"\$\\]* ]] \
    || fail "DATA_DIR must not contain \", \$ or \\"

# the kernel's limit of a unix socket's path
[ "$(printf %s "$data/redis.sock" | wc -c)" -le 107 ] \
    || fail "DATA_DIR is too long for a unix socket in it: $data"

case ${ACCESS_LOG:-on} in
on)  access_log="\"$data/log/access.log\" crm buffer=64k flush=1s" ;;
off) access_log=off ;;
*)   fail "ACCESS_LOG must be \"on\" or \"off\", not \"$ACCESS_LOG\"" ;;
esac

"$top/conf/dev/packages.sh" run
"$top/conf/dev/build.sh" "$build"


# Daemons must not hold on to what the caller may wait for: neither its
# standard streams, nor make's job server, nor our lock.

detached() {
    local fd

    (
        for fd in $(ls "/proc/$BASHPID/fd"); do
            [ "$fd" -le 2 ] || eval "exec $fd>&-"
        done
        # others than root begin with 1024; nginx.conf's 4096 take more
        ulimit -Sn 8192 2> /dev/null || true
        exec setsid "$@"
    ) < /dev/null > "$data/log/start.log" 2>&1
}

mkdir -p "$data/log" "$data/data" "$data/tmp"
exec 9> "$data/.lock"
flock 9


# As root, workers and Redis run as www-data, if it can reach the directory.

user=
as=()

if [ "$(id -u)" = 0 ]; then
    user=root
    if setpriv --reuid=www-data --regid=www-data --clear-groups \
           test -x "$data"
    then
        user=www-data
        as=(setpriv --reuid=www-data --regid=www-data --clear-groups)
    fi
    # for Redis to make its socket and pid file here, and to touch no others
    chgrp "$user" "$data"
    chmod 1775 "$data"
    touch "$data/log/redis.log"
    chown -R "$user:" "$data/data" "$data/log/redis.log"
fi

if [ ! -s "$data/operator.key" ]; then
    (
        umask 077
        od -An -tx1 -N32 /dev/urandom | tr -d ' \n' > "$data/operator.key.new"
        mv "$data/operator.key.new" "$data/operator.key"
    )
fi


if pid=$(redis_pid); then
    echo "Redis is running already ($pid)"
else
    # read by us: www-data may not be let into the checkout
    "${as[@]}" sh -s "$data/data" < "$top/conf/redis-repair.sh" \
        > "$data/log/repair.log" 2>&1 \
        || { cat "$data/log/repair.log" >&2; fail "Redis' file is broken"; }

    # without its directory, which Redis would want to enter at once
    sed "/^dir /d" "$top/conf/redis.conf" > "$data/redis.conf"
    detached "${as[@]}" redis-server "$data/redis.conf" --daemonize yes \
        --dir "$data/data" --unixsocket "$data/redis.sock" \
        --unixsocketperm 700 --pidfile "$data/redis.pid" \
        --logfile "$data/log/redis.log" \
        || { cat "$data/log/start.log" >&2; fail "Redis does not start"; }
fi

# loading the append-only file may take its time

for ((i = 0; i < 12000; i++)); do
    answer=$(redis-cli -s "$data/redis.sock" ping 2>&1 < /dev/null || true)
    [ "$answer" != PONG ] || break
    [ "$i" -lt 100 ] || redis_pid > /dev/null || break
    sleep 0.05
done

[ "$answer" = PONG ] || {
    tail -n 20 "$data/log/redis.log" >&2
    fail "Redis does not answer: $answer"
}


render() {
    local text listen6=

    [ ! -e /proc/net/if_inet6 ] || listen6="listen [::]:$port;"

    text=$(cat "$top/conf/quickstart/nginx.conf")
    text=${text//@MODULE@/"$build/ngx_http_crm_module.so"}
    text=${text//@USER@/"${user:+user $user;}"}
    text=${text//@WORKERS@/"$workers"}
    text=${text//@ACCESS_LOG@/"$access_log"}
    text=${text//@PORT@/"$port"}
    text=${text//@LISTEN6@/"$listen6"}
    text=${text//@DATA_DIR@/"$data"}
    printf '%s\n' "$text"
}

if pid=$(nginx_pid); then
    echo "nginx is running already ($pid)"
    if [ "$(render)" != "$(cat "$data/nginx.conf")" ] \
        || [ "$build/ngx_http_crm_module.so" -nt "$data/nginx.pid" ]
    then
        echo "  as it was started; to take up changes: make stop, make run"
        port=$(sed -n 's/^ *listen \([0-9]*\);$/\1/p' "$data/nginx.conf")
        url=http://127.0.0.1:$port
    fi
else
    render > "$data/nginx.conf"
    nginx -q -t -e "$data/log/error.log" -c "$data/nginx.conf" < /dev/null 9>&-
    detached nginx -e "$data/log/error.log" -c "$data/nginx.conf" \
        || { cat "$data/log/start.log" >&2; fail "nginx does not start"; }
fi

perl "$top/conf/demo/load.pl" --url "$url" --data "$data" < /dev/null 9>&- || {
    tail -n 20 "$data/log/error.log" >&2
    exit 1
}

cat << END

  API            $url/crm/v1
  tenant         demo (also http://<tenant>.localhost:$port/crm/v1)
  admin token    $data/demo.token
  operator API   $url/operator/v1, key in $data/operator.key
  logs           $data/log

  curl -H "Authorization: Bearer \$(cat $data/demo.token)" $url/crm/v1/me

END
