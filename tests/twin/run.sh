#!/bin/sh
# Runs the twin tests: the same calls on s2n-tls and on rs2n, with equal results.
#
# usage: tests/twin/run.sh [SEEDS [FIRST-SEED]]
set -eu
seeds=${1:-2000}
first=${2:-1}
cd "$(dirname "$0")/../.."

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
dir=$target/twin
mkdir -p "$dir"
sh tests/certs/make.sh "$dir/certs"

# The tables of the API in tests/abi.
sh tests/abi/reference/run.sh check

# One driver, built twice: with s2n-tls, and with the installed rs2n.
prefix=$(sh tests/install.sh)
CARGO_TARGET_DIR=$dir/reference cargo build --release --quiet --locked \
    --manifest-path tests/twin/Cargo.toml
S2N_TLS_LIB_DIR=$prefix/lib S2N_TLS_INCLUDE_DIR=$prefix/include \
    CARGO_TARGET_DIR=$dir/rs2n cargo build --release --quiet --locked \
    --manifest-path tests/twin/Cargo.toml --package driver

CARGO_TARGET_DIR=$dir/reference cargo test --release --quiet --locked \
    --manifest-path tests/twin/Cargo.toml --package runner

exec "$dir/reference/release/runner" "$dir/reference/release/driver" "$dir/rs2n/release/driver" \
    "$prefix/lib" "$dir/certs" tests/twin "$seeds" "$first"
