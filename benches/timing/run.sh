#!/bin/sh
# Measures whether times of the library depend on secrets: see README.md.
#
# usage: benches/timing/run.sh LIBRARY-FOLDER
#
# TIMING_SAMPLES is the number of samples of each path, TIMING_PATH selects paths by a part of their names.
set -eu
cd "$(dirname "$0")/../.."
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
dir=$target/timing
mkdir -p "$dir"
[ -e "$dir/certs/ecdsa.pem" ] || sh tests/certs/make.sh "$dir/certs"
RS2N_LIBRARY=$(realpath "$1") CARGO_TARGET_DIR=$target/timing-bench "${CARGO:-cargo}" build --release --quiet --locked \
    --manifest-path benches/timing/Cargo.toml
"$target/timing-bench/release/timing" "$dir/certs" "${TIMING_SAMPLES:-100000}" \
    "${TIMING_PATH:-}" | tee "$dir/timing.log"
python3 -B benches/timing/check.py "$dir/timing.log"
