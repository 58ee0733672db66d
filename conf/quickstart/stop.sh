#!/bin/bash
#
# Ends the nginx and the Redis of DATA_DIR, and waits until they are gone.

set -euo pipefail

. "$(dirname "$0")/lib.sh"

data=$(readlink -m "${DATA_DIR:-./var}")

# gone PID SECONDS

gone() {
    local i

    for ((i = 0; i < $2 * 20; i++)); do
        [ -d "/proc/$1" ] || return 0
        sleep 0.05
    done

    return 1
}

# open requests get ten seconds, then their connections are closed

if pid=$(nginx_pid); then
    kill -QUIT "$pid"
    if ! gone "$pid" 10; then
        kill -TERM "$pid" 2> /dev/null || true
        gone "$pid" 10 || fail "nginx ($pid) does not end"
    fi
    echo "nginx stopped"
fi

if pid=$(redis_pid); then
    kill -TERM "$pid"
    gone "$pid" 120 || fail "Redis ($pid) does not end"
    echo "Redis stopped"
fi
