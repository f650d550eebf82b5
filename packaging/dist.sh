#!/bin/sh
# Creates an archive of the source with all crates that the library is built from, for builds without a
# network.
#
# usage: packaging/dist.sh ARCHIVE.tar[.gz|.xz]
#
# It contains the files that git tracks, as they are in the work tree. All files have the same date and
# owner.
set -eu
archive=$(realpath -m "$1")
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
date=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tree=$dir/rs2n-$version
mkdir "$tree"
git ls-files -z | tar -c --null --files-from=- | tar -x -C "$tree"

# Versions in the folder names, as in cargo's registry folder, give the same paths in the library.
"$cargo" vendor --locked --quiet --versioned-dirs "$tree/vendor" >/dev/null
cat >>"$tree/.cargo/config.toml" <<'END'

[source.crates-io]
replace-with = "vendored-sources"

[source.vendored-sources]
directory = "vendor"
END

# The number of threads does not change the archive, except that one thread compresses differently.
export XZ_OPT="${XZ_OPT:--T2}"
tar -c -a -f "$archive" -C "$dir" --sort=name --mtime="@$date" --owner=0 --group=0 --numeric-owner \
    --mode=u+rw,go+r-w "rs2n-$version"
