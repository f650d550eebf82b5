#!/bin/sh
# Generates the certificates that the tests of the crates read, under the file names that they expect: those
# of the examples in $1/certs, those of the tests of s2n-tls in $1/pems.
set -eu
mkdir -p "$1/certs" "$1/pems/sni" "$1/pems/permutations/rsae_pkcs_4096_sha384" \
    "$1/pems/intent/cert_chains/ku_key_cert_sign_leaf"
cd "$1"

# A self-signed certificate: CERTIFICATE KEY HASH SUBJECT ALGORITHM EXTENSION...
self_signed() {
    out=$1 key=$2 hash=$3 subject=$4 algorithm=$5
    shift 5
    for extension; do
        set -- "$@" -addext "$extension"
        shift
    done
    case $algorithm in
    rsa:*) set -- -newkey "$algorithm" "$@" ;;
    *) set -- -newkey ec -pkeyopt "ec_paramgen_curve:$algorithm" "$@" ;;
    esac
    openssl req -x509 -noenc -keyout "$key" -out "$out" "-$hash" -days 3650 -subj "$subject" \
        "$@" 2>/dev/null
}

ca_extension=basicConstraints=critical,CA:TRUE
self_signed certs/cert.pem certs/key.pem sha256 /CN=localhost P-256 "$ca_extension"
self_signed certs/cert_localhost_ipv6.pem certs/key_localhost_ipv6.pem sha256 /CN=::1 P-256 "$ca_extension" \
    subjectAltName=IP:::1
self_signed certs/cert_rsa.pem certs/key_rsa.pem sha256 /CN=localhost rsa:2048 "$ca_extension"

for hash in sha256 sha384 sha512; do
    self_signed "pems/rsa_4096_${hash}_client_cert.pem" "pems/rsa_4096_${hash}_client_key.pem" $hash \
        "/O=$hash/CN=localhost" rsa:4096 extendedKeyUsage=serverAuth,clientAuth \
        subjectAltName=DNS:127.0.0.1
done
self_signed pems/ecdsa_p384_pkcs1_cert.pem pems/ecdsa_p384_pkcs1_key.pem sha256 /CN=localhost P-384 \
    "$ca_extension" subjectAltName=DNS:127.0.0.1

self_signed pems/sni/alligator_cert.pem pems/sni/alligator_key.pem sha256 /CN=alligator rsa:2048 \
    subjectAltName=DNS:www.alligator.com
self_signed pems/sni/alligator_ecdsa_cert.pem pems/sni/alligator_ecdsa_key.pem sha256 /CN=alligator \
    P-256 subjectAltName=DNS:www.alligator.com
self_signed pems/sni/beaver_cert.pem pems/sni/beaver_key.pem sha256 /CN=beaver rsa:2048 \
    subjectAltName=DNS:www.beaver.com
self_signed pems/sni/wildcard_insect_rsa_cert.pem pems/sni/wildcard_insect_rsa_key.pem sha256 \
    /CN=insects rsa:2048 'subjectAltName=DNS:*.insect.hexapod'

# A leaf issued by a CA: CA CA-KEY LEAF LEAF-KEY EXTENSION...
leaf() {
    ca=$1 ca_key=$2 out=$3 key=$4
    shift 4
    openssl req -new -newkey rsa:2048 -noenc -keyout "$key" -out request -subj /CN=leaf 2>/dev/null
    printf '%s\n' subjectAltName=DNS:localhost "$@" >extensions
    openssl x509 -req -in request -CA "$ca" -CAkey "$ca_key" -extfile extensions -sha384 \
        -set_serial 1 -days 3650 -out "$out" 2>/dev/null
    rm request extensions
}

cd pems/permutations/rsae_pkcs_4096_sha384
self_signed ca-cert.pem ca-key.pem sha384 /CN=root rsa:2048 "$ca_extension"
leaf ca-cert.pem ca-key.pem leaf.pem server-key.pem
cat leaf.pem ca-cert.pem >server-chain.pem

# A leaf whose only key usage is keyCertSign.
cd ../../intent/cert_chains/ku_key_cert_sign_leaf
self_signed root-cert.pem root-key.pem sha256 /CN=root P-256 "$ca_extension"
leaf root-cert.pem root-key.pem cert-chain.pem leaf-key.pem keyUsage=critical,keyCertSign
