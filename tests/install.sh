#!/bin/sh
# Installs the library below the build folder, for programs that are not built by cargo's tests, and
# says where.
set -eu
cd "$(dirname "$0")/.."
prefix=$(realpath -m "${CARGO_TARGET_DIR:-target}")/installed
mkdir -p "$prefix"
make --no-print-directory install PREFIX="$prefix" >"$prefix.log" 2>&1 || { cat "$prefix.log" >&2; exit 1; }
echo "$prefix"
