#!/bin/sh
# Measures the throughput of awscrt with s2n-tls and with rs2n in turns, and prints the medians in MB/s. Requires
# what `make consumers` has built.
set -eu
cd "$(dirname "$0")/../../.."
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
dir=$target/consumers/awscrt
export PYTHONPATH="$dir/python"

rm -f "$dir"/throughput-*
for _ in 1 2 3 4 5 6 7; do
    for library in "s2n-tls $target/consumers/binaries/lib" "rs2n $target/installed/lib"; do
        LD_LIBRARY_PATH=${library#* } python3 -B tests/consumers/awscrt/client.py "$dir/certs" throughput \
            >>"$dir/throughput-${library%% *}"
    done
done
for library in s2n-tls rs2n; do
    for column in 2 4; do
        cut -d ' ' -f $((column - 1)),$column "$dir/throughput-$library" | sort -k 2n | sed -n "4s/^/$library: /p"
    done
done
