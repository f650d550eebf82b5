#!/bin/sh
# Measures a client of awscrt with s2n-tls and with rs2n in turns, and prints the medians: MB/s, and milliseconds of its
# CPU time for 100 MB, which do not depend on the server. Requires what `make consumers` has built.
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
    for row in 'GET [0-9]* MB' 'GET [0-9]* ms' 'PUT [0-9]* MB' 'PUT [0-9]* ms'; do
        grep "$row" "$dir/throughput-$library" | sort -k 2n | sed -n "4s/^/$library: /p"
    done
done
