#!/bin/sh
# Measures rs2n and s2n-tls alternately, and prints the medians of each benchmark side by side.
#
# usage: benches/run.sh [ROUNDS [handshakes | bulk | heap]]
#
# s2n-tls is built from its crate, and runs twice in every round: by default, and with memory locking
# disabled (S2N_DONT_MLOCK=1), which otherwise costs more than its cryptography.
set -eu
rounds=${1:-5}
group=${2:-}
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-$PWD/target}
dir=$target/bench
mkdir -p "$dir/lib"

make --no-print-directory library CARGO_TARGET_DIR="$target" BUILD="$dir/lib" \
    >"$dir/library.log" 2>&1 || { cat "$dir/library.log"; exit 1; }
CARGO_TARGET_DIR=$dir/reference cargo build --release --quiet --locked \
    --manifest-path benches/reference/Cargo.toml
sh tests/certs/make.sh "$dir/certs"

# clang and lld: the objects of s2n-tls are bitcode for link-time optimization.
clang -O2 -Wall -Wextra -Werror -Iinclude benches/bench.c -o "$dir/rs2n" \
    -L"$dir/lib" -ls2n -Wl,-rpath,"$dir/lib"
clang -O2 -flto -fuse-ld=lld -Wno-override-module -Iinclude benches/bench.c -o "$dir/s2n-tls" \
    "$dir/reference/release/libreference.a" -lpthread -ldl -lm 2>/dev/null

rm -f "$dir"/*.results "$dir"/*.medians
set -- "$dir/certs/ecdsa.pem" "$dir/certs/ecdsa.key" ${group:+"$group"}
round=0
while [ "$round" -lt "$rounds" ]; do
    "$dir/rs2n" "$@" >>"$dir/rs2n.results"
    S2N_DONT_MLOCK=1 "$dir/s2n-tls" "$@" >>"$dir/s2n-tls.results"
    "$dir/s2n-tls" "$@" >>"$dir/locked.results"
    case $group in
    '' | bulk) "$dir/reference/release/raw_aead" >>"$dir/aead.results" ;;
    esac
    round=$((round + 1))
done

medians() { # FILE
    sort -k1,1 -k2,2g "$1" | awk '
        $1 != name { if (name != "") print name, value[int((n + 1) / 2)]; name = $1; n = 0 }
        { value[++n] = $2 }
        END { print name, value[int((n + 1) / 2)] }'
}

for results in "$dir"/*.results; do
    medians "$results" >"${results%.results}.medians"
done

echo "medians of $rounds rounds; the ratio is rs2n to s2n-tls without memory locking"
printf '%-40s %10s %10s %8s %14s\n' benchmark rs2n s2n-tls ratio 's2n-tls locked'
join "$dir/rs2n.medians" "$dir/s2n-tls.medians" | join - "$dir/locked.medians" | awk '
    { printf "%-40s %10s %10s %8.2f %14s\n", $1, $2, $3, $2 / $3, $4 }'
if [ -f "$dir/aead.medians" ]; then
    echo
    echo "AEAD without a record layer"
    cat "$dir/aead.medians"
fi
