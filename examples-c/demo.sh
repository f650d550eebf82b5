#!/bin/sh
# Transfers a file of 64 MiB in each direction between the client and the server example, over TLS 1.3
# and TLS 1.2; prints the negotiated parameters and compares SHA-256 digests. $1 is the build folder. EMULATOR, if
# it is set, is the command that runs programs of another architecture.
set -eu
build=$1
EMULATOR=${EMULATOR:-}
dir=$build/demo
mkdir -p "$dir"
sh "$(dirname "$0")/../tests/certs/make.sh" "$dir/certs"
head -c 67108864 /dev/urandom >"$dir/upload"
head -c 67108864 /dev/urandom >"$dir/download"

server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true' EXIT

for policy in default_tls13 ELBSecurityPolicy-TLS-1-2-2017-01; do
    rm -f "$dir/server.log" "$dir/uploaded" "$dir/downloaded"
    mkfifo "$dir/server.log"
    $EMULATOR "$build/examples/server" -N 1 -c "$policy" -C "$dir/certs/ecdsa.pem" -K "$dir/certs/ecdsa.key" \
        -x -r "$dir/uploaded" -s "$dir/download" >"$dir/server.log" &
    server=$!
    exec 3<"$dir/server.log"
    read -r _ port <&3

    echo "== policy $policy"
    $EMULATOR "$build/examples/client" -c "$policy" -A "$dir/certs/ca.pem" \
        -x -s "$dir/upload" -r "$dir/downloaded" localhost "$port"
    wait "$server"
    server=
    exec 3<&-

    for pair in upload:uploaded download:downloaded; do
        sent=$(sha256sum <"$dir/${pair%:*}")
        received=$(sha256sum <"$dir/${pair#*:}")
        echo "sha-256 of the ${pair%:*}: ${sent%% *} sent"
        echo "sha-256 of the ${pair%:*}: ${received%% *} received"
        [ "$sent" = "$received" ] || { echo "the ${pair%:*} was changed" >&2; exit 1; }
    done
done
rm -rf "$dir"
