#!/bin/sh
# Runs clients with OpenSSL against the server $1, with the certificates in $2, and prints what they and the server
# report. Works in the directory $3.
set -eu
server=$1 certs=$2 dir=$3

start() { # ARGUMENT...
    mkfifo "$dir/$part.in" "$dir/$part.out"
    timeout 300 "$server" "$@" <"$dir/$part.in" >"$dir/$part.out" &
    exec 3>"$dir/$part.in" 4<"$dir/$part.out"
    read -r port <&4
}

# The server reports failed connections when their blinding ends, which is in no particular order.
stop() {
    exec 3>&-
    sort <&4 | sed 's/^/server: /'
    wait
}

request() { # OPTION...
    curl --silent --max-time 60 --cacert "$certs/ca.pem" "$@"
}

get() { # NAME PATH OPTION...
    printf '%s: ' "$1"
    path=$2
    shift 2
    status=0
    : >"$dir/$part.body"
    request --output "$dir/$part.body" "$@" "https://localhost:$port/$path" \
        --write-out '%{http_code}, %{http_version}, %{size_download} bytes' || status=$?
    # rs2n sends an alert, where s2n-tls ends the connection: see docs/COMPATIBILITY.md.
    case $status in 35 | 52 | 56 | 98) status='ended by the server' ;; esac
    echo ", curl: $status, SHA-256 $(sha256sum <"$dir/$part.body" | cut -c 1-16)"
}

handshake() { # NAME OPTION...
    echo "$1:"
    shift
    timeout 60 openssl s_client -connect "127.0.0.1:$port" -servername localhost -CAfile "$certs/ca.pem" -brief "$@" \
        </dev/null 2>&1 | grep -E '^(Protocol|Cipher|Peer|Hash|Signature|Server Temp|Verif)' || echo failed
}

handshakes() { # CERTIFICATE
    start "$certs/$1.pem" "$certs/$1.key"
    handshake "$1, defaults"
    for group in X25519 P-256 P-384; do
        handshake "$1, TLS 1.3, $group" -tls1_3 -groups "$group"
        # In TLS 1.2 rs2n signs with the hash that matches the curve of a key: see docs/COMPATIBILITY.md.
        [ "$1" = ecdsa384 ] || handshake "$1, TLS 1.2, $group" -tls1_2 -groups "$group"
    done
    for suite in TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256; do
        handshake "$1, $suite" -tls1_3 -ciphersuites "$suite"
    done
    get "$1" 1000
    stop
}

bodies() {
    start "$certs/ecdsa.pem" "$certs/ecdsa.key"
    for size in 0 1 16384 16385 1000000 67108864; do
        get "download $size" "$size"
        get "download $size, TLS 1.2" "$size" --tls-max 1.2
    done
    head -c 20000000 /dev/zero | openssl enc -aes-128-ctr -K 00 -iv 00 >"$dir/upload" 2>/dev/null
    for options in '--tls-max 1.3' '--tls-max 1.2' '--header Transfer-Encoding:chunked'; do
        # shellcheck disable=SC2086 # two options
        echo "upload, $options: $(request --upload-file "$dir/upload" $options "https://localhost:$port/")"
    done
    echo 'requests on one connection:'
    request --output /dev/null --write-out '%{http_code}, %{num_connects} connections\n' \
        "https://localhost:$port/[1000-1099]" | sort | uniq -c
    echo 'requests on parallel connections:'
    request --output /dev/null --write-out '%{http_code}, %{size_download} bytes\n' --parallel --parallel-immediate \
        --parallel-max 32 --no-progress-meter "https://localhost:$port/[100000-100099]" \
        | awk '{ bytes += $2; codes[$1]++ } END { print codes["200,"], "with", bytes, "bytes" }'
    get 'another authority' 10 --cacert "$certs/other-ca.pem"
    stop
}

mutual() {
    start "$certs/ecdsa.pem" "$certs/ecdsa.key" "$certs/ca.pem"
    for version in 1.2 1.3; do
        for name in client client-rsa unknown; do
            get "mutual TLS $version, $name" 1000 --tls-max "$version" --cert "$certs/$name.pem" --key "$certs/$name.key"
        done
        get "mutual TLS $version, no certificate" 1000 --tls-max "$version"
    done
    stop
}

# At the same time, because each server waits for the end of its connections' blinding.
rm -rf "$dir"
mkdir -p "$dir"
for part in ecdsa ecdsa384 rsa; do
    handshakes "$part" >"$dir/$part.log" &
done
for part in bodies mutual; do
    "$part" >"$dir/$part.log" &
done
wait
for part in ecdsa ecdsa384 rsa bodies mutual; do
    # The last line of a server that ended.
    grep -q '^server: .* bytes allocated' "$dir/$part.log" || { echo "$part: the server failed" >&2; exit 1; }
    cat "$dir/$part.log"
done
