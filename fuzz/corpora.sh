#!/bin/sh
# Minimizes the local corpus of each target, and packs the inputs that cover all of its code into
# fuzz/corpora/TARGET.tar.gz, with which `fuzz/run.sh` begins.
#
# usage: fuzz/corpora.sh [TARGET...]
set -eu
cd "$(dirname "$0")/.."
export RUSTC_BOOTSTRAP=1
# The bytes of a target before compression: all targets together have at most 2 MiB in the repository.
maximum=160000
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cargo fuzz build
# shellcheck disable=SC2046 # a list of names
[ $# -gt 0 ] || set -- $(cargo fuzz list)
for target; do
    sh fuzz/unpack.sh "$target"
    mkdir "$work/$target"
    # The seeds first, so that the engine reads them in the first place.
    cargo fuzz run "$target" "$work/$target" "fuzz/seeds/$target" "fuzz/corpus/$target" -- \
        -merge=1 -merge_control_file="$work/$target.control" -max_len=8192 -timeout=25 \
        >"$work/$target.log" 2>&1 || { tail -n 40 "$work/$target.log" >&2; exit 1; }
    python3 -B fuzz/corpora.py "$work/$target.control" "$maximum" "fuzz/seeds/$target" \
        "fuzz/corpora/$target.tar.gz"
done
