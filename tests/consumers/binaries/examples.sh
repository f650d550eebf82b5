#!/bin/sh
# Runs the example programs in the directory $1 against each other, and prints their output except for ports
# and times. $2 is the certificates directory, $3 a directory for files that the programs write.
set -eu
bin=$1 certs=$2 dir=$3
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$dir"
ca=$certs/ca.pem chain=$certs/ecdsa.pem key=$certs/ecdsa.key

server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true' EXIT

# Starts a server, whose first line of output contains its port.
serve() { # PROGRAM ARGUMENT...
    rm -f "$dir/pipe"
    mkfifo "$dir/pipe"
    timeout 60 "$@" >"$dir/pipe" 2>"$dir/errors" &
    server=$!
    exec 3<"$dir/pipe"
    read -r _ port <&3
}

for policy in default_tls13 20240501; do
    "$bin/memory_pair" "$policy" "$ca" "$chain" "$key"
done
"$bin/duplex" "$ca" "$chain" "$key" 5
"$bin/half_close" "$ca" "$chain" "$key"
"$bin/sendv" "$ca" "$chain" "$key" 2>/dev/null

head -c 1000000 /dev/zero | tr '\0' x >"$dir/file"
for policy in default_tls13 20240501; do
    serve "$bin/server" -N 1 -c "$policy" -C "$chain" -K "$key" -A "$ca" -a h2,http/1.1 -x \
        -r "$dir/received" -s "$dir/file"
    timeout 60 "$bin/client" -c "$policy" -A "$ca" -C "$certs/client.pem" -K "$certs/client.key" \
        -a http/1.1 -x -s "$dir/file" -r "$dir/back" localhost "$port" | grep -v '^seconds\|^GB'
    grep -v '^seconds\|^GB' <&3
    wait "$server"
    server=
    cmp "$dir/file" "$dir/received"
    cmp "$dir/file" "$dir/back"
done

serve "$bin/server" -N 1 -c default_tls13 -C "$certs/unknown.pem" -K "$certs/unknown.key" -b 0
timeout 60 "$bin/client" -A "$ca" -b 0 localhost "$port" 2>&1 | cut -d '(' -f 1 || true
wait "$server" || echo "the server exited with $?"
server=

serve "$bin/echo_server" 0 "$chain" "$key"
for loop in gnutls_loop openssl_loop rustls_loop; do
    timeout 60 "$bin/$loop" localhost "$port" "$ca" <"$dir/file" | cmp - "$dir/file"
    echo "$loop: echoed"
done
kill "$server"
wait "$server" || true

serve "$bin/async_key" 0 "$chain" "$key" 2
for version in -tls1_2 -tls1_3; do
    openssl s_client -connect "127.0.0.1:$port" -CAfile "$ca" -verify_return_error -quiet "$version" \
        </dev/null 2>"$dir/s_client"
done
wait "$server"
server=

# External pre-shared keys: the server has two, and the last two clients have another secret or identity.
secret=$(printf '%064d' 1) other=$(printf '%064d' 2)
printf '%s\n' "first:$secret" "second:$other" >"$dir/keys"
serve "$bin/psk" server -N 4 -b 0 "$dir/keys"
for line in "first:$secret" "second:$other" "first:$other" "third:$secret"; do
    echo "$line" >"$dir/key"
    timeout 60 "$bin/psk" client -b 0 "$dir/key" localhost "$port" 2>/dev/null \
        || echo "the client exited with $?"
done
cat <&3
wait "$server" || echo "the server exited with $?"
server=
cut -d ' ' -f 1,2 <"$dir/errors"

# The examples in C++ and in Python.
serve "$bin/server" -N 1 -c default_tls13 -C "$chain" -K "$key" -a http/1.1
timeout 60 "$bin/fetch" localhost "$port" "$ca" 2>&1
wait "$server"
server=
timeout 60 python3 -B "$here/../../../examples-python/https_get.py" --demo "$chain" "$key" --ca "$ca"
