#!/bin/sh
# Completes the recipes of packaging/recipes for a source archive: version, checksums and address.
#
# usage: packaging/recipes.sh ARCHIVE OUTPUT
#
# RELEASE_URL is the address of the folder that has the archive, HOMEPAGE that of the project.
set -eu
archive=$(realpath "$1")
output=$(realpath -m "$2")
cd "$(dirname "$0")"
version=${archive##*/rs2n-}
version=${version%.tar.xz}
homepage=${HOMEPAGE:-https://example.org/rs2n}
release_url=${RELEASE_URL:-$homepage/releases/v$version}
# The licences of what is linked, with one chosen where a crate offers several: see THIRD-PARTY.txt
licence='Apache-2.0 AND BSD-3-Clause AND ISC AND MIT'

sha256=$(sha256sum <"$archive" | cut -d ' ' -f 1)
sha512=$(sha512sum <"$archive" | cut -d ' ' -f 1)
find recipes -type f | while read -r recipe; do
    file=$output/${recipe#recipes/}
    file=${file%.in}
    mkdir -p "$(dirname "$file")"
    sed -e "s|@VERSION@|$version|g" -e "s|@SHA256@|$sha256|g" -e "s|@SHA512@|$sha512|g" \
        -e "s|@HOMEPAGE@|$homepage|g" -e "s|@RELEASE_URL@|$release_url|g" -e "s|@LICENCE@|$licence|g" \
        "$recipe" >"$file"
done
