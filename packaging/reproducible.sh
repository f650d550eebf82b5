#!/bin/sh
# Builds the library a second time, elsewhere and from vendored sources without a network, and compares:
# the same bytes come out.
#
# usage: packaging/reproducible.sh LIBRARIES
#
# LIBRARIES is the folder in which `make library` left the first ones. With RS2N_KEEP set, what differs
# is kept, and its place named.
set -eu
first=$(realpath "$1")
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}

# A name of another length, in another folder.
dir=$(mktemp -d -t 'rs2n built again.XXXXXXXX')
[ -n "${RS2N_KEEP:-}" ] || trap 'rm -rf "$dir"' EXIT
tree=$dir/a/much/longer/path/to/the/source
mkdir -p "$tree"
sh packaging/dist.sh "$dir/source.tar"
tar -xf "$dir/source.tar" -C "$tree" --strip-components=1

# No crates but the vendored ones, and no network.
CARGO_HOME=$dir/cargo-home CARGO_TARGET_DIR=$dir/target CARGO_NET_OFFLINE=true CARGO=$cargo \
    make --no-print-directory -C "$tree" library BUILD=libraries >"$dir/log" 2>&1 \
    || { cat "$dir/log" >&2; exit 1; }

status=0
for library in libs2n.so libs2n.a; do
    if cmp "$first/$library" "$tree/libraries/$library"; then
        echo "$library is the same: $(sha256sum <"$first/$library" | cut -c 1-64)"
    else
        status=1
    fi
done
[ -z "${RS2N_KEEP:-}" ] || echo "kept: $dir"
exit $status
