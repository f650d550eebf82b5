#!/bin/sh
# Programs for s2n-tls, on s2n-tls and on rs2n: the same sources, or the same binaries, and what they
# say must be the same. Then the tests that the published crates carry.
set -eu
cd "$(dirname "$0")/../.."
here=tests/consumers

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
dir=$target/consumers
mkdir -p "$dir"
sh tests/certs/make.sh "$dir/certs"
prefix=$(sh tests/install.sh)

# Builds in a folder of the twin tests, which have built the same dependencies there.
build() { # FOLDER OPTION...
    CARGO_TARGET_DIR=$target/twin/$1
    export CARGO_TARGET_DIR
    shift
    cargo build --release --locked --manifest-path $here/Cargo.toml "$@"
}

echo '== programs in Rust'
build reference --quiet
artifacts=$(build reference --quiet --message-format json | python3 $here/artifacts.py)
export S2N_TLS_LIB_DIR="$prefix/lib" S2N_TLS_INCLUDE_DIR="$prefix/include"
build rs2n --quiet

rm -f "$dir/server"
mkfifo "$dir/server"
timeout 600 openssl s_server -accept 127.0.0.1:0 -www -cert "$dir/certs/ecdsa.crt" \
    -key "$dir/certs/ecdsa.key" -cert_chain "$dir/certs/ecdsa.pem" >"$dir/server" 2>&1 &
server=$!
trap 'kill $server; wait $server || true' EXIT
exec 3<"$dir/server"
port=$(sed -n '/^ACCEPT/{s/.*://p;q}' <&3)

talk() { # FOLDER TRANSCRIPT
    timeout 300 "$target/twin/$1/release/programs" "$dir/certs" >"$2"
    timeout 60 "$target/twin/$1/release/fetch" "$port" "$dir/certs/ca.pem" 20240501 default_tls13 >>"$2"
}
talk reference "$dir/programs.s2n-tls"
LD_LIBRARY_PATH=$prefix/lib talk rs2n "$dir/programs.rs2n"
diff -u "$dir/programs.s2n-tls" "$dir/programs.rs2n"
wc -l <"$dir/programs.rs2n" | sed 's/$/ lines are the same/'

echo '== programs in C, C++ and Python'
# shellcheck disable=SC2086 # three paths
sh $here/binaries/run.sh "$prefix" "$dir/binaries" "$dir/certs" $artifacts

echo '== the tests of the crates'
sh $here/crates/run.sh "$prefix" "$dir/crates"
