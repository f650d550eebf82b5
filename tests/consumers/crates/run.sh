#!/bin/sh
# Runs the tests that the crates s2n-tls, s2n-tls-sys and s2n-tls-tokio carry, as they were published, on the
# library in the folder $1, and compares what fails with expected.md. Works in the folder $2.
#
# The crates come from cargo's registry. They look for certificates outside of themselves, where a
# checkout of s2n-tls has some; certs.sh makes others.
set -eu
prefix=$1 dir=$2
here=$(cd "$(dirname "$0")" && pwd)

rm -rf "$dir"
mkdir -p "$dir/a/b/c" "$dir/tests"
sh "$here/certs.sh" "$dir/made"
mv "$dir/made/certs" "$dir/a/b/c/certs"
mv "$dir/made/pems" "$dir/tests/pems"
cp "$here/Cargo.toml" "$here/Cargo.lock" "$dir"
cargo metadata --format-version 1 --locked --manifest-path "$here/../Cargo.toml" \
    | python3 -c '
import json, os, sys
for package in json.load(sys.stdin)["packages"]:
    print(package["name"], os.path.dirname(package["manifest_path"]))' \
    | while read -r name source; do
        case $name in
        s2n-tls | s2n-tls-sys | s2n-tls-tokio) cp -r "$source" "$dir/a/b/c/$name" ;;
        esac
    done
# A package's own list of versions is of no concern in a workspace.
rm -f "$dir"/a/b/c/*/Cargo.lock

# The features are those of our programs.
features=$(sed -n 's/^\(s2n-tls[-sy]*\) = .*features = \[\(.*\)\].*/\1 \2/p' "$here/../programs/Cargo.toml" \
    | tr -d '",' | while read -r crate list; do
        for feature in $list; do
            printf '%s/%s,' "$crate" "$feature"
        done
    done)
status=0
LD_LIBRARY_PATH=$prefix/lib RUST_BACKTRACE=0 cargo test --release --locked --no-fail-fast --lib --tests \
    --manifest-path "$dir/Cargo.toml" --workspace \
    --features "${features}s2n-tls/unstable-testing" >"$dir/log" 2>&1 || status=$?
python3 "$here/compare.py" "$here/expected.md" "$dir/log" "$status"
