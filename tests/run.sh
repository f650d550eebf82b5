#!/bin/sh
# Runs all tests, and prints the total counts of passed and failed tests at the end.
set -eu
# Other tests install the release library, so that it costs nothing to build it.
export RS2N_VALGRIND_LIBRARY=release
log=${CARGO_TARGET_DIR:-target}/test.log
mkdir -p "$(dirname "$log")"

status=0
{ "${CARGO:-cargo}" test --workspace --no-fail-fast 2>&1 || echo 'cargo test failed'; } | tee "$log"
if grep -q '^cargo test failed$' "$log"; then
    status=1
fi

awk '/^test result:/ { passed += $4; failed += $6 }
    END { printf "%d passed, %d failed\n", passed, failed }' "$log"
exit "$status"
