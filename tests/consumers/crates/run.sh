#!/bin/sh
# Runs the tests of the published crates s2n-tls, s2n-tls-sys, s2n-tls-tokio, s2n-tls-hyper and s2n-quic-tls with
# the library in the directory $1, and compares the failures with expected.md. Works in the directory $2.
#
# The crates come from cargo's registry. Their tests read certificates outside of the packages, as in a
# checkout of s2n-tls; certs.sh generates replacements.
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
        s2n-tls | s2n-tls-hyper | s2n-tls-sys | s2n-tls-tokio | s2n-quic-tls) cp -r "$source" "$dir/a/b/c/$name" ;;
        esac
    done
# A published package lacks the dependencies of its tests that are of the same repository.
cat >>"$dir/a/b/c/s2n-quic-tls/Cargo.toml" <<'END'

[dev-dependencies.s2n-quic-core]
version = "=0.91.0"
features = ["testing"]

[dev-dependencies.s2n-quic-rustls]
version = "=0.91.0"
END
# The lock files of the packages are not used in a workspace.
rm -f "$dir"/a/b/c/*/Cargo.lock

# The features are those of ../programs.
features=$(sed -n 's/^\(s2n-tls[-sy]*\) = .*features = \[\(.*\)\].*/\1 \2/p' "$here/../programs/Cargo.toml" \
    | tr -d '",' | while read -r crate list; do
        for feature in $list; do
            printf '%s/%s,' "$crate" "$feature"
        done
    done)
export LD_LIBRARY_PATH="$prefix/lib" RUST_BACKTRACE=0
status=0
cargo test --release --locked --no-fail-fast --lib --tests --manifest-path "$dir/Cargo.toml" --workspace \
    --features "${features}s2n-tls/unstable-testing" -- --skip test_sni >"$dir/log" 2>&1 || status=$?
python3 "$here/compare.py" "$here/expected.md" "$dir/log" "$status"

# This test panics in a callback, which ends the program with all of its tests: see expected.md.
program=$(sed -n 's|.*Running tests/http.rs (\(.*\))|\1|p' "$dir/log")
if "$program" --exact test_sni >"$dir/log.sni" 2>&1; then
    echo 'unexpected success: http test_sni' >&2
    exit 1
fi
grep -q "on a .None. value" "$dir/log.sni"
