#!/bin/sh
# Compares the tables of the API with the reference, or with `update` writes them.
#
# usage: tests/abi/reference/run.sh check|update
#
# errors.tsv, alerts.tsv and policies.tsv are printed by a program that is linked with the archive of the crate
# s2n-tls-sys, functions.tsv is read from its headers. types.tsv is written by hand: all names in the headers
# must be in it, and a compiler checks its values against them.
set -eu
mode=$1
cd "$(dirname "$0")/../../.."
tables=tests/abi here=tests/abi/reference

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
work=$target/abi
mkdir -p "$work"
# shellcheck disable=SC2046 # four paths
set -- $(sh $here/archive.sh)
archive=$1 crypto=$2 api=$3 openssl=$4

# The archive may contain bitcode for link-time optimization, which is disabled here.
clang -std=gnu11 -fuse-ld=lld -Wl,--lto-O0 -I"$api/.." -I"$api" -I"$openssl" -w $here/facts.c \
    -o "$work/facts" "$archive" "$crypto" -lpthread -ldl -lm
for table in errors alerts policies; do
    "$work/facts" $table >"$work/$table.tsv"
done
python3 -B $here/declarations.py "$api/.." $tables/types.tsv >"$work/functions.tsv"

for table in errors alerts policies functions; do
    case $mode in
    update) cp "$work/$table.tsv" $tables/$table.tsv ;;
    *) diff -u "$work/$table.tsv" $tables/$table.tsv ;;
    esac
done
if [ "$mode" = update ]; then
    python3 -B $here/policies.py $tables/policies.tsv core/src/policy/table
fi

# The headers of the API, under the names that they have here. The exported internal functions have headers only
# here: those of the reference declare the internals of the library as well.
headers=$work/include
rm -rf "$headers"
mkdir -p "$headers/s2n"
ln -s "$api/s2n.h" "$headers"
ln -s "$api/unstable" "$PWD/include/s2n/quic.h" "$headers/s2n"
cp include/s2n/internal.h "$headers/s2n"
# In s2n.h here, in an internal header there.
sed -n 's/^\(s2n_config_add_cert_chain\)\t\(.*\)\t\(.*\)/\2 \1(\3);/p' $tables/functions.tsv \
    >>"$headers/s2n/internal.h"
REFERENCE_HEADERS=$headers cargo test --quiet --locked --test header prototypes_types_and_values
echo "the tables of the API are those of the reference"
