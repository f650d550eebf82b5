#!/bin/sh
# Runs BoringSSL's protocol runner on the shim, and compares its failures with results.txt: see README.md.
#
# usage: BOGO_RUNNER=.../boringssl/ssl/test/runner tests/bogo/run.sh [RUNNER-OPTION...]
#
# With options, such as -test 'Resume-*', the failures are printed, and not compared.
set -eu
cd "$(dirname "$0")/../.."
: "${BOGO_RUNNER:?is the folder ssl/test/runner of a copy of BoringSSL: see tests/bogo/README.md}"
here=$PWD/tests/bogo
build=$(realpath -m "${CARGO_TARGET_DIR:-target}")
out=$build/bogo
mkdir -p "$out"

cargo build --release
ln -sf ../release/libs2n.so "$out/libs2n.so.1"
"${CC:-cc}" -std=gnu11 -O1 -g -Wall -Wextra -Werror -I include tests/bogo/*.c -o "$out/shim" \
    -L "$build/release" -ls2n "-Wl,-rpath,$out"

binary=${BOGO_BINARY:-$out/runner}
[ -n "${BOGO_BINARY:-}" ] || (cd "$BOGO_RUNNER" && go test -c -o "$binary" .)

export BOGO_UNIMPLEMENTED="$out/unimplemented.txt"
rm -f "$BOGO_UNIMPLEMENTED"
(
    cd "$BOGO_RUNNER"
    # The runner's own status says whether anything has failed, also if it is expected.
    "$binary" -test.timeout 60m -shim-path "$out/shim" -shim-config "$here/config.json" -allow-unimplemented \
        -idle-timeout 5s -num-workers "${BOGO_WORKERS:-2}" "$@" >"$out/output.txt" 2>&1 || true
)
if [ $# -gt 0 ]; then
    cat "$out/output.txt"
    exit
fi
python3 "$here/compare.py" "$here/results.txt" "$out/output.txt" "$BOGO_UNIMPLEMENTED"
