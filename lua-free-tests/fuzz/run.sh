#!/bin/bash
#
# Runs fuzz targets, as many at a time as there are processors.
#
#   lua-free-tests/fuzz/run.sh SECONDS CORPUS PROGRAM ...
#
# What is new to a target is kept below CORPUS for the next run; what breaks it
# goes to found/NAME, to be committed with its mending: `make unit' replays it.

set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)

one() {
    local seconds=$1 corpus=$2 program=$3
    local name=${program##*/}
    local output
    output=$(mktemp)

    mkdir -p "$corpus/$name" "$here/found/$name"

    if "$program" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 \
           -max_len=4096 -print_final_stats=1 \
           -artifact_prefix="$here/found/$name/" \
           "$corpus/$name" "$here/seeds/$name" "$here/found/$name" \
           > "$output" 2>&1
    then
        printf '%-14s %s inputs, none breaks it\n' "$name" \
            "$(sed -n 's/^stat::number_of_executed_units: *//p' "$output")"
        code=0
    else
        echo "== $name"
        tail -40 "$output"
        code=1
    fi

    rmdir "$here/found/$name" "$here/found" 2> /dev/null
    rm -f "$output"

    return $code
}

export -f one
export here

seconds=$1
corpus=$2
shift 2

printf '%s\n' "$@" \
    | xargs -P "$(nproc)" -I {} bash -c 'one "$@"' - "$seconds" "$corpus" {}
