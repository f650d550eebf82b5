#!/bin/sh
# Installs the library below the build folder, for programs that cargo does not build, and prints the
# prefix.
set -eu
cd "$(dirname "$0")/.."
prefix=$(realpath -m "${CARGO_TARGET_DIR:-target}")/installed
mkdir -p "$prefix"
make --no-print-directory all install PREFIX="$prefix" >"$prefix.log" 2>&1 || { cat "$prefix.log" >&2; exit 1; }
echo "$prefix"
