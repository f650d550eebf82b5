#!/bin/sh
# Generates the certificates of the tests and of the demonstration.
#
# usage: tests/certs/make.sh FOLDER
#
# Each NAME.pem is a chain of a certificate and its issuer, NAME.crt the certificate alone, and NAME.key
# its private key; NAME.encrypted is that with the passphrase "correct horse".
set -eu
mkdir -p "$1"
cd "$1"

names='subjectAltName=DNS:localhost,DNS:www.rs2n.test,DNS:*.wild.rs2n.test,IP:127.0.0.1'

# The hash of the signatures that CAs create, until it is changed.
hash=sha256

key() { # NAME ALGORITHM
    case $2 in
    ecdsa) genpkey "$1" EC ec_paramgen_curve:P-256 ;;
    p384) genpkey "$1" EC ec_paramgen_curve:P-384 ;;
    p521) genpkey "$1" EC ec_paramgen_curve:P-521 ;;
    rsa) genpkey "$1" RSA rsa_keygen_bits:2048 ;;
    ed25519) genpkey "$1" ED25519 ;;
    pss) genpkey "$1" RSA-PSS rsa_keygen_bits:2048 ;;
    # Parameters with and without a salt length.
    pss-sha384) genpkey "$1" RSA-PSS rsa_keygen_bits:2048 rsa_pss_keygen_md:sha384 \
        rsa_pss_keygen_mgf1_md:sha384 rsa_pss_keygen_saltlen:48 ;;
    pss-sha256) genpkey "$1" RSA-PSS rsa_keygen_bits:2048 rsa_pss_keygen_md:sha256 \
        rsa_pss_keygen_mgf1_md:sha256 ;;
    esac
}

genpkey() { # NAME ALGORITHM OPTION...
    name=$1 algorithm=$2
    shift 2
    for option; do
        set -- "$@" -pkeyopt "$option"
        shift
    done
    openssl genpkey -quiet -algorithm "$algorithm" "$@" -out "$name.key"
}

root_ca() { # NAME SUBJECT ALGORITHM [OPTION...]
    name=$1 subject=$2
    key "$1" "$3"
    shift 3
    openssl req -x509 -new -key "$name.key" "-$hash" -days 3650 -subj "/CN=$subject" \
        -out "$name.crt" -addext 'keyUsage=critical,keyCertSign,cRLSign' "$@" 2>/dev/null
}

signed() { # NAME ISSUER EXTENSIONS [OPTION...]
    name=$1 issuer=$2
    printf '%s\n' "$3" >"$name.ext"
    shift 3
    openssl req -new -key "$name.key" -subj "/CN=$name" -out "$name.csr" 2>/dev/null
    openssl x509 -req -in "$name.csr" -CA "$issuer.crt" -CAkey "$issuer.key" -CAcreateserial \
        "-$hash" -extfile "$name.ext" -out "$name.crt" "$@" 2>/dev/null
    rm "$name.csr" "$name.ext"
}

leaf() { # NAME ALGORITHM ISSUER USAGE [OPTION...]
    name=$1 algorithm=$2 issuer=$3 usage=$4
    shift 4
    key "$name" "$algorithm"
    signed "$name" "$issuer" "basicConstraints=CA:FALSE
extendedKeyUsage=$usage
$names" "$@"
    cat "$name.crt" "$issuer.crt" >"$name.pem"
}

# `openssl x509` cannot set the dates; `openssl ca` can, but requires a database.
dated() { # NAME ISSUER FIRST-DAY LAST-DAY
    key "$1" ecdsa
    mkdir database
    : >database/index
    cat >database/config <<END
[ca]
default_ca = database
[database]
database = database/index
new_certs_dir = database
rand_serial = yes
policy = subject
[subject]
commonName = supplied
[leaf]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
$names
END
    openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr" 2>/dev/null
    openssl ca -batch -notext -config database/config -extensions leaf -cert "$2.crt" -keyfile "$2.key" \
        -md sha256 -startdate "${3}000000Z" -enddate "${4}000000Z" -in "$1.csr" -out "$1.crt" 2>/dev/null
    cat "$1.crt" "$2.crt" >"$1.pem"
    rm -r database "$1.csr"
}

selfsigned() { # NAME
    key "$1" ecdsa
    openssl req -x509 -new -key "$1.key" -sha256 -days 3650 -subj "/CN=$1" -out "$1.crt" \
        -addext "$names" -addext 'extendedKeyUsage=serverAuth' 2>/dev/null
    cp "$1.crt" "$1.pem"
}

root_ca ca 'rs2n test root' ecdsa
root_ca other-ca 'another test root' ecdsa
key intermediate ecdsa
signed intermediate ca 'basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign' -days 3650

leaf ecdsa ecdsa intermediate serverAuth -days 3650
leaf ecdsa384 p384 intermediate serverAuth -days 3650
leaf rsa rsa intermediate serverAuth -days 3650
leaf client ecdsa intermediate clientAuth -days 3650
leaf client-rsa rsa intermediate clientAuth -days 3650
leaf unknown ecdsa other-ca serverAuth -days 3650
# The public name of Encrypted ClientHello
all_names=$names
names='subjectAltName=DNS:public.rs2n.test'
leaf public ecdsa intermediate serverAuth -days 3650
names=$all_names
# An address as the common name, without alternative names
names='keyUsage=digitalSignature'
leaf 192.0.2.7 ecdsa intermediate serverAuth -days 3650
names=$all_names
dated expired intermediate 20000101 20010101
dated future intermediate 21000101 21010101
selfsigned selfsigned

# An encrypted key, as OpenSSL encrypts it by default.
openssl pkcs8 -topk8 -in ecdsa.key -passout 'pass:correct horse' -out ecdsa.encrypted

# Less common keys and signatures.
leaf p521 p521 intermediate serverAuth -days 3650
leaf ed25519 ed25519 intermediate serverAuth -days 3650
leaf pss pss intermediate serverAuth,clientAuth -days 3650
leaf pss-sha256 pss-sha256 intermediate serverAuth -days 3650
leaf pss-sha384 pss-sha384 intermediate serverAuth -days 3650
root_ca pss-ca 'a test root of RSA-PSS' pss -sigopt rsa_pss_saltlen:digest
leaf under-pss ecdsa pss-ca serverAuth -days 3650 -sigopt rsa_pss_saltlen:digest
hash=sha1
leaf sha1 ecdsa intermediate serverAuth -days 3650

# RFC 9151 requires P-384 and SHA-384 in every certificate: a chain that conforms, and one each with
# another key, another signature, and another key of the root.
hash=sha384
root_ca cnsa-ca 'a test root of P-384' p384
leaf cnsa p384 cnsa-ca serverAuth -days 3650
leaf cnsa-p256 ecdsa cnsa-ca serverAuth -days 3650
leaf cnsa-root p384 ca serverAuth -days 3650
hash=sha256
leaf cnsa-sha256 p384 cnsa-ca serverAuth -days 3650

for name in ca other-ca pss-ca cnsa-ca; do
    cp "$name.crt" "$name.pem"
done

# Revocation status: in NAME.ocsp of the intermediate CA and in its CRL `rsa` is revoked and `ecdsa` is
# not; the CRL of the root is empty.
mkdir database
: >database/index
for name in ecdsa rsa; do
    serial=$(openssl x509 -in "$name.crt" -noout -serial | cut -d= -f2)
    case $name in
    ecdsa) printf 'V\t350101000000Z\t\t%s\tunknown\t/CN=%s\n' "$serial" "$name" ;;
    rsa) printf 'R\t350101000000Z\t260101000000Z\t%s\tunknown\t/CN=%s\n' "$serial" "$name" ;;
    esac >>database/index
done
echo 01 >database/number
cat >database/config <<END
[ca]
default_ca = database
[database]
database = database/index
crlnumber = database/number
crl_extensions = crl
[crl]
authorityKeyIdentifier = keyid:always
END
crl() { # NAME ISSUER
    openssl ca -gencrl -config database/config -cert "$2.crt" -keyfile "$2.key" -md sha256 \
        -crldays 3650 -out "$1.crl" 2>/dev/null
}
for name in ecdsa rsa; do
    openssl ocsp -issuer intermediate.crt -cert "$name.crt" -reqout "$name.req" -no_nonce
    openssl ocsp -index database/index -CA intermediate.crt -rsigner intermediate.crt \
        -rkey intermediate.key -reqin "$name.req" -respout "$name.ocsp" -ndays 365 2>/dev/null
    rm "$name.req"
done
crl intermediate intermediate
: >database/index
crl ca ca
rm -r database

openssl genpkey -genparam -quiet -algorithm DH -pkeyopt group:modp_2048 -out dh.pem
