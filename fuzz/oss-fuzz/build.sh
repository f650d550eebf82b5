#!/bin/bash -eu
# Builds the fuzz targets for OSS-Fuzz, whose image sets SRC, OUT, and the flags of the compilers. Each target gets
# a seed corpus, its dictionary if there is one, and the options of the engine.
#
# The machines that run the targets do not have the sources, below which a target writes the seeds that it generates:
# they are part of the seed corpus.
cd "$SRC/rs2n"
cargo fuzz build

built=${CARGO_TARGET_DIR:-fuzz/target}/x86_64-unknown-linux-gnu/release
cargo fuzz list | while read -r target; do
    cp "$built/$target" "$OUT/"
    sh fuzz/unpack.sh "$target"
    # Without inputs and runs it only writes the seeds.
    "$OUT/$target" -runs=0 >"$target.log" 2>&1 || { cat "$target.log"; exit 1; }
    rm "$target.log"
    find "fuzz/corpus/$target" "fuzz/seeds/$target" -type f |
        zip --quiet --junk-paths "$OUT/${target}_seed_corpus.zip" -@
    if [ -e "fuzz/dictionaries/$target.dict" ]; then
        cp "fuzz/dictionaries/$target.dict" "$OUT/"
    fi
    printf '[libfuzzer]\nmax_len = 8192\nlen_control = 0\ntimeout = 25\n' >"$OUT/$target.options"
done
