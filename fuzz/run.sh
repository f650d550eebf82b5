#!/bin/sh
# Fuzzes each target for FUZZ_SECONDS seconds (60 unless set), on each core one at a time, from the corpora of the
# repository on. FUZZ_SEED is the seed of the engine's random numbers (1 unless set; 0 for another one in each run).
#
# usage: fuzz/run.sh [TARGET...]
#
# The address sanitizer is an unstable option of rustc; with RUSTC_BOOTSTRAP a stable one accepts it.
set -eu
cd "$(dirname "$0")/.."
export RUSTC_BOOTSTRAP=1
seconds=${FUZZ_SECONDS:-60}
logs=$(realpath -m "${CARGO_TARGET_DIR:-target}/fuzz-logs")
mkdir -p "$logs"

cargo fuzz build
# shellcheck disable=SC2046 # a list of names
[ $# -gt 0 ] || set -- $(cargo fuzz list)

# Fuzzes a target. A failure leaves the file TARGET.failed.
fuzz() { # TARGET
    rm -f "$logs/$1.failed"
    sh fuzz/unpack.sh "$1"
    dictionary=
    [ ! -e "fuzz/dictionaries/$1.dict" ] || dictionary=-dict=fuzz/dictionaries/$1.dict
    cargo fuzz run "$1" "fuzz/corpus/$1" "fuzz/seeds/$1" -- ${dictionary:+"$dictionary"} \
        -seed="${FUZZ_SEED:-1}" -max_total_time="$seconds" -max_len=8192 -len_control=0 -timeout=25 >"$logs/$1.log" 2>&1 ||
        echo "exit status $?" >"$logs/$1.failed"
}

status=0
report() { # TARGET...
    for target; do
        if [ -e "$logs/$target.failed" ]; then
            status=1
            echo "$target: FAILED, see $logs/$target.log"
            tail -n 60 "$logs/$target.log"
        else
            echo "$target: $(grep '^Done' "$logs/$target.log")"
        fi
    done
}

cores=$(nproc)
running=
for target; do
    fuzz "$target" &
    running="$running $target"
    # shellcheck disable=SC2086 # a list of targets
    if [ "$(echo $running | wc -w)" -eq "$cores" ]; then
        wait
        report $running
        running=
    fi
done
wait
# shellcheck disable=SC2086 # a list of targets
report $running
exit "$status"
