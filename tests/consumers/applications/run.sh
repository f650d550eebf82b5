#!/bin/sh
# Runs the applications with s2n-tls and with rs2n, and compares their output. The programs in the directory $1 are
# linked with libs2n.so.1: the directory $2 has that of s2n-tls, and $3 that of rs2n. $4 is the certificates directory,
# and $5 a directory for files.
set -eu
programs=$1 reference=$2 library=$3 certs=$4 dir=$5
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$dir"

# At the same time, because Pingora waits for seconds when a process takes over, and the SDK for the end of the blinding.
jobs=
run() { # NAME LIBRARY-DIRECTORY
    LD_LIBRARY_PATH=$2 timeout 120 "$programs/clients" "$certs" >"$dir/clients.$1" &
    jobs="$jobs $!"
    LD_LIBRARY_PATH=$2 timeout 240 python3 -B "$here/proxy.py" "$programs" "$certs" "$dir/$1" >"$dir/proxy.$1" &
    jobs="$jobs $!"
}
run s2n-tls "$reference"
run rs2n "$library"
status=0
for job in $jobs; do
    wait "$job" || status=$?
done
[ "$status" -eq 0 ] || exit "$status"

for name in clients proxy; do
    diff -u "$dir/$name.s2n-tls" "$dir/$name.rs2n"
    printf '%s: %d equal lines\n' "$name" "$(wc -l <"$dir/$name.rs2n")"
done
