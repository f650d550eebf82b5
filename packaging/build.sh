#!/bin/sh
# Release build of the library, or of the named packages. It is reproducible: paths of the build machine
# are remapped by rustc, and by the C compiler for AWS-LC and build.rs, so that builds in different
# folders are identical.
#
# usage: packaging/build.sh [--package NAME]...
#
# With AUDITABLE=1 the names and versions of the linked crates are recorded in the library and the tools, by
# cargo-auditable, which can be installed by tests/tools.sh.
set -eu
cd "$(dirname "$0")/.."
packages=$*

here=$(pwd -P)
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
crates=$(realpath -m "${CARGO_HOME:-$HOME/.cargo}")/registry/src

# Fetched and vendored crates are remapped to the same path, so that both result in the same library.
# cargo chooses the folder of fetched crates. If several prefixes match, rustc applies the last.
cargo=${CARGO:-cargo}
"$cargo" fetch --quiet --locked \
    --target "${CARGO_BUILD_TARGET:-$(rustc -vV | sed -n 's/^host: //p')}" </dev/null
set -- "$here=/rs2n" "$here/vendor=/crates" "$target=/target"
for registry in "$crates"/*; do
    set -- "$@" "$registry=/crates"
done

# Options are separated by the character 1F, as paths can contain spaces.
us=$(printf '\037')
flags=${CARGO_ENCODED_RUSTFLAGS:-$(printf '%s' "${RUSTFLAGS:-}" | tr -s ' ' "$us")}
# rustc prints the libraries that the static library requires: they become Libs.private of s2n.pc.
flags=${flags:+$flags$us}--print=native-static-libs
for map; do
    flags=$flags$us--remap-path-prefix=$map
done
export CARGO_ENCODED_RUSTFLAGS="$flags"

# When cross-compiling, CC is the compiler of the target, and with it its linker; otherwise the default needs no
# mention, which would make cargo compile AWS-LC again after `cargo build`.
if [ -n "${CARGO_BUILD_TARGET:-}" ] && [ -n "${CC:-}" ]; then
    triple=$(printf '%s' "$CARGO_BUILD_TARGET" | tr - _)
    linker=CARGO_TARGET_$(printf '%s' "$triple" | tr a-z A-Z)_LINKER
    eval "export CC_$triple=\"\$CC\" $linker=\"\${$linker:-\$CC}\""
    unset CC
elif [ "${CC:-}" = cc ]; then
    unset CC
fi

PATH=$PATH:$target/tools/bin
# shellcheck disable=SC2086 # a list of options
build() { "$cargo" ${AUDITABLE:+auditable} build --release --locked $packages </dev/null; }
if [ -n "$packages" ]; then
    build
    exit
fi

log=$target/library.log
mkdir -p "$target"
{ build 2>&1 || echo 'cargo build failed'; } | tee "$log" >&2
if grep -q '^cargo build failed$' "$log"; then exit 1; fi
sed -n 's/.*native-static-libs: //p' "$log" | tail -n 1 \
    >"$target/${CARGO_BUILD_TARGET:+$CARGO_BUILD_TARGET/}release/native-static-libs"
