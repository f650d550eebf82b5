#!/bin/sh
# Builds what is released, the library unless packages are named. Nothing in it tells where it was built,
# so that the same bytes come out in every folder: paths of this machine are replaced before rustc writes
# them down. AWS-LC and build.rs have the C compiler do the same.
#
# usage: packaging/build.sh [--package NAME]...
set -eu
cd "$(dirname "$0")/.."
packages=$*

here=$(pwd -P)
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
crates=$(realpath -m "${CARGO_HOME:-$HOME/.cargo}")/registry/src

# Crates get the same name whether they were fetched or vendored, so that both make the same library.
# cargo chooses the folder for fetched ones. Of several names that match, rustc takes the last.
cargo=${CARGO:-cargo}
"$cargo" fetch --quiet --locked \
    --target "${CARGO_BUILD_TARGET:-$(rustc -vV | sed -n 's/^host: //p')}" </dev/null
set -- "$here=/rs2n" "$here/vendor=/crates" "$target=/target"
for registry in "$crates"/*; do
    set -- "$@" "$registry=/crates"
done

# Options are separated by the character 1F, for paths may have spaces.
us=$(printf '\037')
flags=${CARGO_ENCODED_RUSTFLAGS:-$(printf '%s' "${RUSTFLAGS:-}" | tr -s ' ' "$us")}
# So that rustc says which libraries the static library needs: see PRIVATE_LIBS in the Makefile.
flags=${flags:+$flags$us}--print=native-static-libs
for map; do
    flags=$flags$us--remap-path-prefix=$map
done
export CARGO_ENCODED_RUSTFLAGS="$flags"

# shellcheck disable=SC2086 # a list of options
exec "$cargo" build --release --locked $packages </dev/null
