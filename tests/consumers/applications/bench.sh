#!/bin/sh
# Measures the throughput of the applications with s2n-tls and with rs2n in turns, with the same optimized programs,
# and prints the medians per second of processor time. It requires the builds of tests/consumers/run.sh.
#
# usage: tests/consumers/applications/bench.sh [ROUNDS [SECONDS]]
set -eu
rounds=${1:-7} seconds=${2:-1}
cd "$(dirname "$0")/../../.."
here=tests/consumers/applications

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
dir=$target/consumers/throughput
prefix=$(sh tests/install.sh)
certs=$target/consumers/certs
rm -rf "$dir/results"
mkdir -p "$dir/lib" "$dir/results"

# The shared library of s2n-tls, optimized when it is linked: the archive contains bitcode.
artifacts=$(CARGO_TARGET_DIR=$target/twin/reference cargo build --release --locked --quiet --message-format json \
    --manifest-path tests/consumers/Cargo.toml | python3 -B tests/abi/reference/artifacts.py)
# shellcheck disable=SC2086 # four paths
set -- $artifacts
clang -shared -fuse-ld=lld -o "$dir/lib/libs2n.so.1" -Wl,-soname,libs2n.so.1 -Wl,--lto-O3 \
    "-Wl,--version-script=$target/consumers/binaries/map" -Wl,--whole-archive "$1" -Wl,--no-whole-archive "$2" \
    -lpthread -ldl -lm

# The crates on the path of the data are optimized here, in place of the setting for a fast build.
for crate in applications aws-smithy-async aws-smithy-http-client aws-smithy-runtime-api aws-smithy-types futures-util h2 \
    http hyper hyper-util indexmap pingora-core pingora-http pingora-pool pingora-proxy pingora-runtime pingora-s2n \
    pingora-timeout s2n-tls s2n-tls-hyper s2n-tls-tokio tokio tokio-util tower; do
    set -- "$@" --config "profile.release.package.$crate.opt-level=2"
done
shift 4
export S2N_TLS_LIB_DIR="$prefix/lib" S2N_TLS_INCLUDE_DIR="$prefix/include"
CARGO_TARGET_DIR=$target/twin/rs2n cargo build --release --locked --quiet --package applications \
    --manifest-path tests/consumers/Cargo.toml "$@"
programs=$dir/programs
mkdir -p "$programs"
for program in clients origin proxy; do
    cp "$target/twin/rs2n/release/$program" "$programs"
done

# s2n-tls without its memory locking, as in benches/run.sh.
export S2N_DONT_MLOCK=1
round=0
while [ "$round" -lt "$rounds" ]; do
    for library in s2n-tls rs2n; do
        case $library in
        s2n-tls) path=$dir/lib ;;
        rs2n) path=$prefix/lib ;;
        esac
        LD_LIBRARY_PATH=$path "$programs/clients" "$certs" "$seconds" >>"$dir/results/$library"
        # Only the proxy has the library that is measured.
        LD_LIBRARY_PATH=$dir/lib python3 -B $here/proxy.py "$programs" "$certs" "$dir/proxy" "$seconds" "$path" \
            >>"$dir/results/$library"
    done
    round=$((round + 1))
done
python3 -B - "$dir/results" <<'END'
import statistics
import sys

values = {}
for library in ('s2n-tls', 'rs2n'):
    with open(f'{sys.argv[1]}/{library}', encoding='ascii') as lines:
        for line in lines:
            title, value = line.split('\t')
            values.setdefault(title, {}).setdefault(library, []).append(float(value))
print('| program | s2n-tls | rs2n | rs2n / s2n-tls |')
print('| --- | ---: | ---: | ---: |')
for title, row in values.items():
    before, after = (statistics.median(row[library]) for library in ('s2n-tls', 'rs2n'))
    print(f'| {title} | {before:.0f} | {after:.0f} | {after / before:.2f} |')
END
