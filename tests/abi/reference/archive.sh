#!/bin/sh
# Builds s2n-tls with the lock file of the twin tests, and prints the paths of its archive, of the archive of
# AWS-LC, of the headers of s2n-tls, and of those of AWS-LC.
set -eu
cd "$(dirname "$0")/../../.."
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
mkdir -p "$target/abi"
messages=$(mktemp "$target/abi/messages.XXXXXX")
trap 'rm -f "$messages"' EXIT
cargo build --release --quiet --locked --manifest-path tests/twin/Cargo.toml --message-format json \
    --target-dir "$target/twin/reference" >"$messages"
python3 -B tests/abi/reference/artifacts.py <"$messages"
