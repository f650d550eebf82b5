#!/bin/sh
# Test of reproducibility: builds the library again in another folder, from vendored sources and without a
# network, and compares the results byte by byte.
#
# usage: packaging/reproducible.sh LIBRARIES
#
# LIBRARIES is the folder of the libraries from `make library`. With RS2N_KEEP set, the second build is
# kept, and its path printed.
set -eu
first=$(realpath "$1")
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}

# Another folder, with a path of different length.
dir=$(mktemp -d -t 'rs2n built again.XXXXXXXX')
[ -n "${RS2N_KEEP:-}" ] || trap 'rm -rf "$dir"' EXIT
tree=$dir/a/much/longer/path/to/the/source
mkdir -p "$tree"
sh packaging/dist.sh "$dir/source.tar"
tar -xf "$dir/source.tar" -C "$tree" --strip-components=1

# Vendored crates only, without a network.
CARGO_HOME=$dir/cargo-home CARGO_TARGET_DIR=$dir/target CARGO_NET_OFFLINE=true CARGO=$cargo \
    make --no-print-directory -C "$tree" library BUILD=libraries >"$dir/log" 2>&1 \
    || { cat "$dir/log" >&2; exit 1; }

status=0
for library in libs2n.so libs2n.a; do
    if cmp "$first/$library" "$tree/libraries/$library"; then
        echo "$library is identical: $(sha256sum <"$first/$library" | cut -c 1-64)"
    else
        status=1
    fi
done
[ -z "${RS2N_KEEP:-}" ] || echo "kept: $dir"
exit $status
