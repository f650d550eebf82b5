#!/bin/sh
# Creates the files of a release from the work tree, and from what `make library man tools AUDITABLE=1` built.
#
# usage: packaging/release.sh OUTPUT
#
# The Makefile sets BUILD, CARGO, VERSION and SOURCE_DATE_EPOCH; RELEASE_URL is the address of the published
# files, for the recipes. The files depend on nothing else, so that two runs create the same.
set -eu
output=$(realpath -m "$1")
cd "$(dirname "$0")/.."
export SOURCE_DATE_EPOCH XZ_OPT=-T2
umask 022
target=${CARGO_BUILD_TARGET:-$(rustc -vV | sed -n 's/^host: //p')}
name=rs2n-$VERSION

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$output"
mkdir -p "$output"

archive() { # ARCHIVE FOLDER
    tar -c -a -f "$output/$1" -C "$work" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 \
        --numeric-owner "$2"
}

# Lists the linked crates in CycloneDX's format: those of the library, and those of the tools.
bills_of_materials() {
    tar -xf "$output/$name.tar.xz" -C "$work"
    # The files are written beside the manifests. Bill and build resolve the same features.
    (cd "$work/$name" && CARGO_NET_OFFLINE=true "${CARGO:-cargo}" cyclonedx --quiet --format json \
        --spec-version 1.5 --no-build-deps --target "$target" --override-filename bom)
    for package in rs2n:. rs2n-tools:tools; do
        sed "s|path+file://$work/$name|path+file:///rs2n|g" "$work/$name/${package#*:}/bom.json" \
            >"$output/${package%:*}-$VERSION-$target.cdx.json"
    done
    rm -r "${work:?}/$name"
}

# The installed files, below a folder instead of a prefix.
binaries() {
    make -s install COMPONENTS='lib dev doc tools' BUILD="$BUILD" DESTDIR="$work/installed" PREFIX=/usr/local
    mv "$work/installed/usr/local" "$work/$name-$target"
    archive "$name-$target.tar.xz" "$name-$target"
}

# The section of the changelog.
release_notes() {
    awk -v heading="## $VERSION" '/^## / { inside = index($0, heading ",") == 1; next } inside' CHANGELOG.md \
        | sed '/./,$!d' >"$output/CHANGES-$VERSION.md"
    [ -s "$output/CHANGES-$VERSION.md" ] || { echo "CHANGELOG.md has no section $VERSION" >&2; exit 1; }
}

recipes() {
    sh packaging/recipes.sh "$output/$name.tar.xz" "$work/$name-recipes"
    archive "$name-recipes.tar.gz" "$name-recipes"
}

sh packaging/dist.sh "$output/$name.tar.xz"
bills_of_materials
binaries
release_notes
recipes
(cd "$output" && LC_ALL=C sha256sum -- * >"$work/SHA256SUMS" && mv "$work/SHA256SUMS" .)
cat "$output/SHA256SUMS"

# What differs from a release that can be published: see docs/RELEASING.md.
if [ -n "$(git status --porcelain)" ]; then
    echo 'not to be published: the work tree differs from the commit' >&2
fi
if grep -q "^## $VERSION, not yet released" CHANGELOG.md; then
    echo 'not to be published: CHANGELOG.md has no date' >&2
fi
