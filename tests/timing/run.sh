#!/bin/sh
# Tests that branches, addresses and instruction counts of the library do not depend on secrets: see README.md.
#
# usage: tests/timing/run.sh LIBRARY-FOLDER
set -eu
cd "$(dirname "$0")/../.."
library=$(realpath "$1")
dir=$(realpath -m "${CARGO_TARGET_DIR:-target}")/timing
mkdir -p "$dir"
# A second run at the same time waits for this one.
exec 9>"$dir/lock"
flock 9
rm -rf "$dir/dumps"
mkdir "$dir/dumps"
[ -e "$dir/certs/ecdsa.pem" ] || sh tests/certs/make.sh "$dir/certs"

compile() { # NAME SOURCE...
    program=$dir/$1
    shift
    "${CC:-cc}" -std=gnu99 -O2 -g -Wall -Wextra -Wpedantic -Werror -Iinclude -Itests/c "$@" tests/timing/timing.c \
        -o "$program" -L"$library" -ls2n -Wl,-rpath,"$library"
}
# The compiler must not replace the allocator's functions by calls of each other.
compile counts -fno-builtin tests/timing/counts.c tests/timing/allocator.c
compile secrets tests/timing/secrets.c

# Each needs one core.
valgrind --quiet --tool=callgrind --collect-atstart=no --callgrind-out-file="$dir/dumps/%p" \
    "$dir/counts" "$dir/certs" >"$dir/counts.log" 2>&1 &
counting=$!
valgrind --quiet "$dir/secrets" "$dir/certs" >"$dir/secrets.log" 2>&1 || failed=secrets
wait "$counting" || failed="${failed:-} counts"
if [ -n "${failed:-}" ]; then
    cat "$dir/counts.log" "$dir/secrets.log"
    echo "failed: $failed" >&2
    exit 1
fi
grep ' decisions: \| paths, ' "$dir/secrets.log"
python3 -B tests/timing/compare.py "$dir/dumps"
