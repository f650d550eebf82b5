#!/bin/sh
# Makes an archive of the source and of all crates that the library is built from: enough to build it
# without a network.
#
# usage: packaging/dist.sh ARCHIVE.tar[.gz|.xz]
#
# What git has is archived, as it is in the work tree; dates and owners are the same for all files.
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

# With the versions in their names, as in cargo's own folder: paths in the library are the same then.
"$cargo" vendor --locked --quiet --versioned-dirs "$tree/vendor" >/dev/null
cat >>"$tree/.cargo/config.toml" <<'END'

[source.crates-io]
replace-with = "vendored-sources"

[source.vendored-sources]
directory = "vendor"
END

tar -c -a -f "$archive" -C "$dir" --sort=name --mtime="@$date" --owner=0 --group=0 --numeric-owner \
    --mode=u+rw,go+r-w "rs2n-$version"
