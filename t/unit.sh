#!/bin/bash
#
# Runs cmocka programs and counts their tests.
#
#   t/unit.sh COUNTS PROGRAM ...
#
# writes "passed failed" to the file COUNTS.  What passes is silent; a leak or
# a sanitizer's report fails the program.

set -uo pipefail

export ASAN_OPTIONS=detect_leaks=1
export UBSAN_OPTIONS=print_stacktrace=1

counts=$1
shift

passed=0
failed=0
broken=0
output=$(mktemp)
trap 'rm -f "$output"' EXIT

# sum WORD: cmocka's "[  PASSED  ] 5 test(s)."

sum() {
    sed -n "s/^\[  $1  \] \([0-9]*\) test(s).*/\1/p" "$output" \
        | awk '{ n += $1 } END { print n + 0 }'
}

fuzz=$(cd "$(dirname "$0")/../lua-free-tests/fuzz" && pwd)

for program in "$@"; do
    name=${program##*/}
    kept=()

    case $name in
        fuzz_*) kept=("$fuzz/seeds/$name" "$fuzz/found/$name") ;;
    esac

    "$program" "${kept[@]}" > "$output" 2>&1 < /dev/null
    code=$?

    passed=$((passed + $(sum PASSED)))
    failed=$((failed + $(sum FAILED)))

    if [ $code != 0 ]; then
        broken=$((broken + 1))
        echo "== ${program##*/}: exit code $code"
        grep -v '^\[ *\(RUN\|OK\) *\]' "$output"
    fi
done

if [ $broken != 0 ] && [ $failed = 0 ]; then
    failed=$broken
fi

echo "$passed $failed" > "$counts"
echo "unit: $passed passed, $failed failed, in $# programs"

[ $broken = 0 ]
