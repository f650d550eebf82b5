#!/bin/sh
# Builds the static library with a sanitizer: the library, its dependencies and Rust's standard library by the nightly
# toolchain, AWS-LC and the C sources by clang.
#
# usage: tests/sanitizers/build.sh address|thread
#
# The result is libs2n.a and runtime.a, the sanitizer's runtime, below the build folder.
set -eu
cd "$(dirname "$0")/../.."
sanitizer=$1
case $sanitizer in
address) runtime=asan ;;
thread) runtime=tsan ;;
*) echo "$0: no such sanitizer: $sanitizer" >&2; exit 2 ;;
esac

toolchain=$(sh tests/nightly.sh)
host=$(rustc "+$toolchain" -vV | sed -n 's/^host: //p')
underscored=$(echo "$host" | tr - _)
CARGO_TARGET_DIR=$(realpath -m "${CARGO_TARGET_DIR:-target}")/sanitizers/$sanitizer
export CARGO_TARGET_DIR

# In place of the flags of .cargo/config.toml, which build.rs uses, too: _FORTIFY_SOURCE calls functions that the
# sanitizers do not intercept.
export "AWS_LC_SYS_CFLAGS_$underscored=-fsanitize=$sanitizer -fno-omit-frame-pointer"
export "CC_$underscored=clang"
# With `external-clangrt` rustc leaves the runtime out, of which a program can have one only: that of this toolchain,
# because a runtime supports code of older compilers, such as clang, but not of newer ones.
flags="-Zsanitizer=$sanitizer -Zexternal-clangrt -Cforce-frame-pointers=yes --cfg rs2n_sanitizer=\"$sanitizer\""
export "CARGO_TARGET_$(echo "$underscored" | tr '[:lower:]' '[:upper:]')_RUSTFLAGS=$flags"
export CARGO_PROFILE_DEV_OPT_LEVEL=1 CARGO_PROFILE_DEV_DEBUG=line-tables-only CARGO_INCREMENTAL=0

# The profile for development, whose checks of overflows and assertions find more.
"${CARGO:-cargo}" "+$toolchain" rustc --quiet --locked -Zbuild-std=std,panic_unwind --target "$host" \
    --package rs2n --lib --crate-type staticlib
ln -sf "$host/debug/libs2n.a" "$CARGO_TARGET_DIR/libs2n.a"
ln -sf "$(rustc "+$toolchain" --print target-libdir)/librustc-nightly_rt.$runtime.a" "$CARGO_TARGET_DIR/runtime.a"
