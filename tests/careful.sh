#!/bin/sh
# Runs the unit tests with cargo-careful: the standard library is compiled with its assertions, which check the
# preconditions of its unsafe functions, and rustc adds checks of uninitialized and invalid values. A failed check ends
# the process of all tests.
#
# usage: tests/careful.sh [FILTER]
set -eu
cd "$(dirname "$0")/.."
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
toolchain=$(sh tests/nightly.sh)
sh tests/tools.sh cargo-careful
PATH=$PATH:$target/tools/bin

# The code of the dependencies is checked, too.
"${CARGO:-cargo}" "+$toolchain" careful test --locked --target-dir "$target/careful" \
    --config 'profile.dev.package."*".opt-level=1' --package rs2n --package rs2n-core --lib "$@"
