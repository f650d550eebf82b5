#!/bin/sh
# Builds and runs the soak and the storm: see README.md.
#
# usage: tests/soak/run.sh LIBRARIES
#
# LIBRARIES is the folder of the libraries from `make library`.
# MINUTES, 1 by default, is the time of the soak, and SECONDS_OF_SOAK is more exact; SEED is random by default; with
# SCENARIO only that one runs. STRIDE, 1 by default, makes every so many system calls fail.
set -eu
libraries=$(realpath "$1")
cd "$(dirname "$0")/../.."
build=$(realpath -m "${CARGO_TARGET_DIR:-target}")
out=$build/soak
seed=${SEED:-$(date +%s)}
mkdir -p "$out"

# Generated anew when their clocks could be ahead of a soak
if [ -z "$(find "$out/certs/ca.pem" -mtime -1 2>/dev/null)" ]; then
    rm -rf "$out/certs" "$out/certs.new"
    sh tests/certs/make.sh "$out/certs.new"
    mv "$out/certs.new" "$out/certs"
fi

compile() { # NAME SOURCE...
    name=$1
    shift
    "${CC:-cc}" -std=gnu11 -O1 -g -Wall -Wextra -Werror -I include "$@" -o "$out/$name" \
        -L "$libraries" -ls2n -ldl -pthread "-Wl,-rpath,$libraries"
}

compile soak tests/soak/*.c
compile storm tests/soak/storm/*.c
if [ -n "${SCENARIO:-}" ]; then
    exec "$out/soak" "$out/certs" 0 "$seed" "$SCENARIO"
fi
"$out/storm" "$out/certs" "${STRIDE:-1}"
"$out/soak" "$out/certs" "${SECONDS_OF_SOAK:-$((60 * ${MINUTES:-1}))}" "$seed"
