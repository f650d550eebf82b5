#!/bin/sh
# Prints what the connections of different threads write in common during their handshakes.
#
# usage: benches/contention/run.sh [LIBRARY-FOLDER]
#
# Without a folder, the library is built with debug information, which takes some minutes.
set -eu
cd "$(dirname "$0")/../.."
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
dir=$target/bench/contention
mkdir -p "$dir"
library=${1:-}
if [ -z "$library" ]; then
    library=$dir/lib
    CARGO_TARGET_DIR=$target/debuginfo CARGO_PROFILE_RELEASE_DEBUG=1 \
        CARGO_PROFILE_RELEASE_STRIP=none make --no-print-directory library \
        CARGO_TARGET_DIR="$target/debuginfo" BUILD="$library" >"$dir/library.log" 2>&1 ||
        { cat "$dir/library.log"; exit 1; }
fi
[ -e "$dir/certs/client.pem" ] || sh tests/certs/make.sh "$dir/certs"
clang -O2 -Wall -Wextra -Werror -pthread -Iinclude -Ibenches benches/contention/*.c benches/measure.c \
    benches/pipe.c benches/endpoint.c -o "$dir/handshakes" -L"$library" -ls2n -Wl,-rpath,"$library"
for mode in full mutual tickets; do
    "$dir/handshakes" "$dir/certs" $mode >"$dir/$mode.writes"
    echo "== $mode"
    python3 -B benches/contention/report.py "$dir/$mode.writes" | tee "$dir/$mode.txt"
done
