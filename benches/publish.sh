#!/bin/sh
# Takes over the results of `make bench` and `make bench-scale`, if there are any, into benches/results, and
# generates the tables of benches/README.md and the pictures from those.
#
# usage: benches/publish.sh [generate]
#
# With `generate` the results in benches/results remain as they are.
set -eu
cd "$(dirname "$0")/.."
dir=$(realpath -m "${CARGO_TARGET_DIR:-target}")/bench
if [ "${1:-}" != generate ]; then
    mkdir -p benches/results
    for name in bench scale; do
        [ ! -e "$dir/$name.json" ] || cp "$dir/$name.json" benches/results/
    done
fi
for name in bench scale; do
    python3 -B benches/table.py replace benches/README.md "$name" "benches/results/$name.json"
done
python3 -B docs/pictures/draw.py docs/guide/src/pictures
