#!/bin/sh
#
# Before Redis starts: what a crash or a full disk has left of a transaction at
# the end of the append-only file goes.
#
#   redis-repair.sh DIRECTORY          that of `dir' in redis.conf
#
# Redis itself cuts a file that ends within a transaction behind its last whole
# command, and keeps the MULTI: the start after the next then runs that half of
# a commit together with the first one behind it (7.0.15).  redis-check-aof cuts
# before the MULTI.

set -eu

log=$1/appendonlydir
manifest=$log/appendonly.aof.manifest

[ -f "$manifest" ] || exit 0

file=$(sed -n 's/^file \(.*\) seq [0-9]* type i\( .*\)*$/\1/p' "$manifest" \
       | tail -n 1)

# nothing was written yet, or the file was not made when it was named
[ -n "$file" ] && [ -s "$log/$file" ] || exit 0

echo y | redis-check-aof --fix "$log/$file"
