#!/bin/sh
# Runs programs for s2n-tls with s2n-tls and with rs2n, from the same sources or as the same binaries, and
# compares their output. Then runs the tests of the published crates with rs2n.
set -eu
cd "$(dirname "$0")/../.."
here=tests/consumers

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
dir=$target/consumers
mkdir -p "$dir"
sh tests/certs/make.sh "$dir/certs"
prefix=$(sh tests/install.sh)

# Builds in a target directory of the twin tests, which contains the same dependencies.
build() { # DIRECTORY OPTION...
    CARGO_TARGET_DIR=$target/twin/$1
    export CARGO_TARGET_DIR
    shift
    cargo build --release --locked --manifest-path $here/Cargo.toml "$@"
}

echo '== programs in Rust'
build reference --quiet
artifacts=$(build reference --quiet --message-format json | python3 -B tests/abi/reference/artifacts.py)
export S2N_TLS_LIB_DIR="$prefix/lib" S2N_TLS_INCLUDE_DIR="$prefix/include"
build rs2n --quiet --workspace

rm -f "$dir/server"
mkfifo "$dir/server"
timeout 600 openssl s_server -accept 127.0.0.1:0 -www -cert "$dir/certs/ecdsa.crt" \
    -key "$dir/certs/ecdsa.key" -cert_chain "$dir/certs/ecdsa.pem" >"$dir/server" 2>&1 &
server=$!
trap 'kill $server; wait $server || true' EXIT
exec 3<"$dir/server"
port=$(sed -n '/^ACCEPT/{s/.*://p;q}' <&3)

run_programs() { # DIRECTORY OUTPUT
    timeout 300 "$target/twin/$1/release/programs" "$dir/certs" >"$2"
    timeout 60 "$target/twin/$1/release/fetch" "$port" "$dir/certs/ca.pem" 20240501 default_tls13 >>"$2"
}
run_programs reference "$dir/programs.s2n-tls"
LD_LIBRARY_PATH=$prefix/lib run_programs rs2n "$dir/programs.rs2n"
diff -u "$dir/programs.s2n-tls" "$dir/programs.rs2n"
wc -l <"$dir/programs.rs2n" | sed 's/$/ equal lines/'

echo '== programs in C, C++ and Python'
# shellcheck disable=SC2086 # three paths
sh $here/binaries/run.sh "$prefix" "$dir/binaries" "$dir/certs" $artifacts

echo '== awscrt'
sh $here/awscrt/run.sh "$prefix" "$dir/awscrt" "$dir/certs" "$dir/binaries/lib"

echo '== applications in Rust'
sh $here/applications/run.sh "$target/twin/rs2n/release" "$dir/binaries/lib" "$prefix/lib" "$dir/certs" \
    "$dir/applications"

echo '== the tests of the crates'
sh $here/crates/run.sh "$prefix" "$dir/crates"
