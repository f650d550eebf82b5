#!/bin/sh
# Creates a CA, a leaf, delegated responders, and the OCSP responses of OpenSSL about the leaf in the folder $1.
set -eu
cd "$1"

key() { # NAME
    openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"
}

issue() { # NAME EXTENSIONS
    key "$1"
    printf '%s\n' "$2" >"$1.ext"
    openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
    openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
        -extfile "$1.ext" -out "$1.pem"
}

key ca
openssl req -x509 -new -key ca.key -days 2 -subj '/CN=a root' -out ca.pem \
    -addext 'keyUsage=critical,keyCertSign,cRLSign,digitalSignature'
issue leaf 'basicConstraints=CA:FALSE
subjectAltName=DNS:localhost'
issue other 'basicConstraints=CA:FALSE'
issue delegate 'basicConstraints=CA:FALSE
extendedKeyUsage=OCSPSigning'

index() { # STATUS [REVOKED]
    for name in leaf other; do
        serial=$(openssl x509 -in "$name.pem" -noout -serial | cut -d= -f2)
        case $name in
        leaf) printf '%s\t491231000000Z\t%s\t%s\tunknown\t/CN=leaf\n' "$1" "${2-}" "$serial" ;;
        other) printf 'V\t491231000000Z\t\t%s\tunknown\t/CN=other\n' "$serial" ;;
        esac
    done >index
}

respond() { # NAME SIGNER [OPTION...]
    name=$1 signer=$2
    shift 2
    openssl ocsp -issuer ca.pem -cert leaf.pem -no_nonce -reqout request
    openssl ocsp -index index -CA ca.pem -rsigner "$signer.pem" -rkey "$signer.key" \
        -reqin request -respout "$name.der" "$@"
}

index V
respond by_name ca -ndays 1 -resp_no_certs
respond by_key ca -ndays 1 -resp_no_certs -resp_key_id
respond with_certificate ca -ndays 1
respond by_delegate_name delegate -ndays 1
respond by_delegate_key delegate -ndays 1 -resp_key_id
respond without_delegate delegate -ndays 1 -resp_no_certs
respond by_wrong_delegate other -ndays 1
respond without_next_update ca
index R 260101000000Z
respond revoked ca -ndays 1
index R 260101000000Z,keyCompromise
respond revoked_with_reason ca -ndays 1

index V
openssl ocsp -issuer ca.pem -cert other.pem -cert leaf.pem -no_nonce -reqout request
openssl ocsp -index index -CA ca.pem -rsigner ca.pem -rkey ca.key -ndays 1 -reqin request -respout several.der
openssl ocsp -issuer ca.pem -cert other.pem -no_nonce -reqout request
openssl ocsp -index index -CA ca.pem -rsigner ca.pem -rkey ca.key -ndays 1 -reqin request -respout of_other.der
openssl ocsp -issuer ca.pem -cert leaf.pem -reqout request
openssl ocsp -index index -CA ca.pem -rsigner ca.pem -rkey ca.key -ndays 1 -resp_no_certs \
    -reqin request -respout with_nonce.der
: >index
openssl ocsp -issuer ca.pem -cert leaf.pem -no_nonce -reqout request
openssl ocsp -index index -CA ca.pem -rsigner ca.pem -rkey ca.key -ndays 1 -reqin request -respout unknown.der
# No request, so the responder reports malformedRequest.
printf '\060\003\012\001\001' >malformed_request.der
