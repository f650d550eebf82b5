#!/bin/sh
# Adds the corpora of the repository to the local ones.
#
# usage: fuzz/unpack.sh TARGET...
set -eu
cd "$(dirname "$0")"
for target; do
    mkdir -p "corpus/$target" "seeds/$target"
    if [ -e "corpora/$target.tar.gz" ]; then
        tar -xzf "corpora/$target.tar.gz" -C "corpus/$target" --no-same-owner --touch
    fi
done
