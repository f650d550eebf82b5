#!/bin/sh
# Programs for s2n-tls, on s2n-tls and on rs2n: the same sources, or the same binaries, and what they
# say must be the same. Then the tests that the published crates carry.
set -eu
cd "$(dirname "$0")/../.."

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
dir=$target/consumers
mkdir -p "$dir"
sh tests/certs/make.sh "$dir/certs"
prefix=$(sh tests/install.sh)

# In the folders of the twin tests, which have built the same dependencies.
echo 'programs in Rust'
CARGO_TARGET_DIR=$target/twin/reference cargo build --release --quiet --locked \
    --manifest-path tests/consumers/Cargo.toml
"$target/twin/reference/release/programs" "$dir/certs" >"$dir/programs.s2n-tls"

export S2N_TLS_LIB_DIR="$prefix/lib" S2N_TLS_INCLUDE_DIR="$prefix/include"
export CARGO_TARGET_DIR="$target/twin/rs2n"
cargo build --release --quiet --locked --manifest-path tests/consumers/Cargo.toml
LD_LIBRARY_PATH=$prefix/lib "$CARGO_TARGET_DIR/release/programs" "$dir/certs" >"$dir/programs.rs2n"
diff -u "$dir/programs.s2n-tls" "$dir/programs.rs2n"

sh tests/consumers/crates/run.sh "$prefix" "$dir/crates"
