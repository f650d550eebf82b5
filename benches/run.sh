#!/bin/sh
# Measures rs2n, s2n-tls, BoringSSL, OpenSSL and GnuTLS in turns. Prints the medians side by side, and
# writes all values to target/bench/bench.json and the tables to target/bench/bench.md. For one group, the
# files have the name of the group.
#
# usage: benches/run.sh [ROUNDS [handshakes | bulk | heap | sockets | configs]]
#
# LIBRARY=FOLDER measures the libs2n.so.1 of the folder instead of building one.
set -eu
rounds=${1:-5}
group=${2:-}
cd "$(dirname "$0")/.."
. benches/build.sh

certs=$dir/certs
results=$dir/results
rm -rf "$results"
mkdir -p "$results"

# s2n-tls without its memory locking, which costs more than its cryptography.
export S2N_DONT_MLOCK=1
run() { # NAME PROGRAM
    "$2" "$certs" ${group:+"$group"} >>"$results/$1"
}

round=0
while [ "$round" -lt "$rounds" ]; do
    run rs2n "$dir/rs2n"
    run s2n-tls "$dir/s2n-tls"
    case $group in
    '' | handshakes | bulk | heap)
        for peer in boringssl openssl gnutls; do
            run $peer "$dir/$peer-rows"
        done ;;
    esac
    case $group in
    '' | bulk)
        # The payload of a record, which has 22 bytes more.
        lengths=$(awk '/^record_/ { split($1, part, "_"); print part[2] "=" $2 - 22 }' "$results/rs2n" |
            sort -u)
        # shellcheck disable=SC2086 # a list
        "$dir/reference/release/raw_aead" $lengths >>"$results/floor" ;;
    esac
    round=$((round + 1))
done

python3 -B benches/table.py collect bench "$results" "$dir" >"$dir/${group:-bench}.json"
python3 -B benches/table.py markdown "$dir/${group:-bench}.json" | tee "$dir/${group:-bench}.md"
