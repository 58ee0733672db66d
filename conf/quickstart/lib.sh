# What run.sh and stop.sh share: where things are, and which processes are
# ours.  A pid file proves nothing by itself, the number may be another's by
# now: the command line must name our own files too.

fail() {
    echo "nginx-crm: $*" >&2
    exit 1
}

# pid_of FILE PATTERN: prints the process if it runs and is ours

pid_of() {
    local pid

    pid=$(cat "$1" 2> /dev/null) || return 1
    [[ $pid =~ ^[0-9]+$ ]] || return 1
    tr '\0' ' ' 2> /dev/null < "/proc/$pid/cmdline" \
        | grep -qF -- "$2" || return 1
    echo "$pid"
}

nginx_pid() {
    pid_of "$data/nginx.pid" "$data/nginx.conf"
}

redis_pid() {
    pid_of "$data/redis.pid" "$data/redis.sock"
}
