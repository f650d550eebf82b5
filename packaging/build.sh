#!/bin/sh
# Release build of the library, or of the named packages. It is reproducible: paths of the build machine
# are remapped by rustc, and by the C compiler for AWS-LC and build.rs, so that builds in different
# folders are identical.
#
# usage: packaging/build.sh [--package NAME]...
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
# rustc prints the libraries that the static library requires: see PRIVATE_LIBS in the Makefile.
flags=${flags:+$flags$us}--print=native-static-libs
for map; do
    flags=$flags$us--remap-path-prefix=$map
done
export CARGO_ENCODED_RUSTFLAGS="$flags"

# shellcheck disable=SC2086 # a list of options
exec "$cargo" build --release --locked $packages </dev/null
