#!/bin/sh
# Prints the name of the nightly toolchain of Miri and of the sanitizers, and installs it if it is missing: they need
# unstable options, and the sources of the standard library. Exits with 1 if rustup cannot install it.
#
# usage: cargo "+$(tests/nightly.sh)" ...
set -eu
toolchain=nightly-2026-05-20

if ! rustup "+$toolchain" component list --installed 2>/dev/null | grep -q '^miri'; then
    rustup toolchain install "$toolchain" --profile minimal --no-self-update \
        --component miri,rust-src,llvm-tools >&2
fi
echo "$toolchain"
