#!/bin/sh
# Measures rs2n and s2n-tls in turns with many certificates, connections and threads. Prints the medians
# side by side, and writes all values to target/bench/scale.json and the tables to target/bench/scale.md. For
# one group, the files have the name of the group.
#
# usage: benches/scale.sh [ROUNDS [certificates | idle | echo | threads]]
set -eu
rounds=${1:-1}
group=${2:-}
cd "$(dirname "$0")/.."
. benches/build.sh

results=$dir/scale-results
rm -rf "$results"
mkdir -p "$results"
# Memory locking limits the number of connections of s2n-tls.
export S2N_DONT_MLOCK=1
round=0
while [ "$round" -lt "$rounds" ]; do
    for library in rs2n s2n-tls; do
        "$dir/$library-scale" "$dir/certs" ${group:+"$group"} >>"$results/$library"
    done
    round=$((round + 1))
done

python3 -B benches/table.py collect scale "$results" "$dir" >"$dir/${group:-scale}.json"
python3 -B benches/table.py markdown "$dir/${group:-scale}.json" | tee "$dir/${group:-scale}.md"
