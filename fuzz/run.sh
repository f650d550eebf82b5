#!/bin/sh
# Fuzzes each target for FUZZ_SECONDS seconds (60 unless set), two at a time. The engine's choices
# begin with FUZZ_SEED (1 unless set; 0 for another one each time).
#
# usage: fuzz/run.sh [TARGET...]
#
# The address sanitizer is an unstable option of rustc; RUSTC_BOOTSTRAP lets a stable one take it.
set -eu
cd "$(dirname "$0")/.."
export RUSTC_BOOTSTRAP=1
seconds=${FUZZ_SECONDS:-60}
logs=$(realpath -m "${CARGO_TARGET_DIR:-target}/fuzz-logs")
mkdir -p "$logs"

cargo fuzz build
[ $# -gt 0 ] || set -- $(cargo fuzz list)

# TARGET: leaves a .failed file if it fails.
fuzz() {
    rm -f "$logs/$1.failed"
    mkdir -p "fuzz/corpus/$1" "fuzz/seeds/$1"
    cargo fuzz run "$1" "fuzz/corpus/$1" "fuzz/seeds/$1" -- \
        -seed="${FUZZ_SEED:-1}" -max_total_time="$seconds" -max_len=8192 -len_control=0 -timeout=25 >"$logs/$1.log" 2>&1 ||
        echo "exit status $?" >"$logs/$1.failed"
}

status=0
report() { # TARGET
    if [ -e "$logs/$1.failed" ]; then
        status=1
        echo "$1: FAILED, see $logs/$1.log"
        tail -n 60 "$logs/$1.log"
    else
        echo "$1: $(grep '^Done' "$logs/$1.log")"
    fi
}

while [ $# -gt 0 ]; do
    fuzz "$1" &
    first=$!
    if [ $# -gt 1 ]; then
        fuzz "$2"
        wait "$first"
        report "$1"
        report "$2"
        shift 2
    else
        wait "$first"
        report "$1"
        shift
    fi
done
exit "$status"
