#!/bin/sh
# Measures the lines of the library that the kept corpora cover, and writes the table of fuzz/COVERAGE.md. Needs the
# pinned nightly toolchain, because its profiles are read by the tools of the same release.
#
# usage: fuzz/coverage.sh [TARGET...]
set -eu
cd "$(dirname "$0")/.."
toolchain=$(sh tests/nightly.sh)
work=$(realpath -m "${CARGO_TARGET_DIR:-target}/fuzz-coverage")
tools=$(dirname "$(rustc "+$toolchain" --print target-libdir)")/bin
host=$(rustc "+$toolchain" -vV | sed -n 's/^host: //p')
built=$work/$host/release
profiles=$work/profiles
rm -rf "$profiles"
mkdir -p "$profiles"

# Optimized a little: the tables do not depend on it, and the build is shorter. With --target, because the flags would
# be for build scripts and macros too.
RUSTFLAGS='-Cinstrument-coverage --cfg fuzzing' CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
    cargo "+$toolchain" build --release --locked --manifest-path fuzz/Cargo.toml --target "$host" --target-dir "$work"
# shellcheck disable=SC2046 # a list of names
[ $# -gt 0 ] || set -- $(sed -n '/^\[\[bin/,/^$/s/^name = "\(.*\)"/\1/p' fuzz/Cargo.toml)

objects=
for target; do
    sh fuzz/unpack.sh "$target"
    # Only the inputs of the repository, and the seeds that the target generates.
    rm -rf "$work/corpus"
    mkdir "$work/corpus"
    # A target that is new may have its seeds alone.
    [ ! -e "fuzz/corpora/$target.tar.gz" ] ||
        tar -xzf "fuzz/corpora/$target.tar.gz" -C "$work/corpus" --no-same-owner
    "$built/$target" -runs=0 >/dev/null 2>&1
    LLVM_PROFILE_FILE=$profiles/$target.profraw "$built/$target" -runs=0 \
        "$work/corpus" "fuzz/seeds/$target" >"$work/$target.log" 2>&1 ||
        { tail -n 40 "$work/$target.log" >&2; exit 1; }
    objects="$objects -object $built/$target"
done
"$tools/llvm-profdata" merge --sparse "$profiles"/*.profraw -o "$work/all.profdata"
# shellcheck disable=SC2086 # a list of options
"$tools/llvm-cov" export $objects --instr-profile "$work/all.profdata" --summary-only \
    --ignore-filename-regex '/(registry|rustc|toolchains)/|/fuzz/|/tests/|tests\.rs$' >"$work/coverage.json"
python3 -B fuzz/coverage.py "$work/coverage.json" fuzz/COVERAGE.md
