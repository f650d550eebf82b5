#!/bin/sh
# Interprets unit tests with Miri: see tests/miri.py.
#
# usage: tests/miri.sh [--all] [MODULE...]
set -eu
cd "$(dirname "$0")/.."
toolchain=$(sh tests/nightly.sh)
exec python3 -B tests/miri.py "$toolchain" "$@"
