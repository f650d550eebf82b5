#!/bin/sh
# Writes encrypted forms of the test keys, made by OpenSSL, GnuTLS and OpenSSH.
#
# usage: tests/certs/encrypted_keys.sh CERTIFICATES FOLDER
#
# The passphrase of each file is "correct horse". The name begins with that of the certificate chain to which
# the key belongs; `tests/c/encrypted_keys.c` has what is expected of each file.
set -eu
certs=$1
mkdir -p "$2"
cd "$2"

passphrase='correct horse'

pkcs8() { # NAME KEY OPTION...
    name=$1 key=$2
    shift 2
    openssl pkcs8 -topk8 -in "$certs/$key.key" -passout "pass:$passphrase" "$@" -out "$key-$name.key"
}

# OpenSSL's defaults, then each cipher and each function.
pkcs8 default ecdsa
pkcs8 default rsa
pkcs8 default pss
pkcs8 default p521
for cipher in aes-128-cbc aes-192-cbc aes-256-cbc; do
    for hash in SHA1 SHA256 SHA384 SHA512; do
        pkcs8 "$cipher-$hash" ecdsa -v2 "$cipher" -v2prf "hmacWith$hash"
    done
done
pkcs8 600000 rsa -iter 600000
pkcs8 few ecdsa -iter 1
pkcs8 scrypt rsa -scrypt
pkcs8 scrypt-128 ecdsa -v2 aes-128-cbc -scrypt -scrypt_N 1024 -scrypt_r 4 -scrypt_p 3

# Algorithms that are refused.
pkcs8 refused-3des ecdsa -v2 des-ede3-cbc
pkcs8 refused-camellia ecdsa -v2 camellia-256-cbc
pkcs8 refused-sha224 ecdsa -v2prf hmacWithSHA224
pkcs8 refused-pkcs12 ecdsa -v1 PBE-SHA1-3DES

# DES is in OpenSSL's legacy provider, without which MD5 with DES cannot be written either.
pkcs8 refused-des ecdsa -v1 PBE-MD5-DES -provider legacy -provider default

for cipher in aes128 aes192 aes256 des3 camellia128; do
    refused=
    case $cipher in aes*) ;; *) refused=refused- ;; esac
    openssl rsa -in "$certs/rsa.key" -traditional "-$cipher" -passout "pass:$passphrase" \
        -out "rsa-${refused}headers-$cipher.key" 2>/dev/null
    openssl ec -in "$certs/ecdsa.key" "-$cipher" -passout "pass:$passphrase" \
        -out "ecdsa-${refused}headers-$cipher.key" 2>/dev/null
done
# With the parameters of the curve in front of the key, as `openssl ecparam -genkey` writes them.
openssl ecparam -name prime256v1 >ecdsa-parameters.key
cat ecdsa-headers-aes256.key >>ecdsa-parameters.key
# With the line ends of Windows.
sed 's/$/\r/' ecdsa-headers-aes128.key >ecdsa-lines.key

certtool() { # NAME KEY CIPHER
    command certtool --to-p8 --load-privkey "$certs/$2.key" --password "$passphrase" --pkcs-cipher "$3" \
        --outfile "$2-$1.key" >/dev/null 2>&1
}
certtool gnutls-aes128 rsa aes-128
certtool gnutls-aes192 ecdsa aes-192
certtool gnutls-aes256 rsa aes-256
certtool refused-gnutls-3des rsa 3des
certtool refused-gnutls-rc4 rsa arcfour

# Work that no tool would do: the ciphertext is of zeros.
excessive() { # NAME DERIVATION PARAMETER...
    name=$1 derivation=$2
    shift 2
    {
        printf '%s\n' 'asn1 = SEQUENCE:info' '[info]' 'algorithm = SEQUENCE:pbes2' \
            'content = FORMAT:HEX,OCTETSTRING:00000000000000000000000000000000' \
            '[pbes2]' 'oid = OID:PBES2' 'parameters = SEQUENCE:parameters' \
            '[parameters]' 'derivation = SEQUENCE:derivation' 'cipher = SEQUENCE:cipher' \
            '[cipher]' 'oid = OID:aes-128-cbc' \
            'iv = FORMAT:HEX,OCTETSTRING:00000000000000000000000000000000' \
            '[derivation]' "oid = OID:$derivation" 'parameters = SEQUENCE:numbers' \
            '[numbers]' 'salt = OCTETSTRING:salt'
        number=1
        for parameter; do
            echo "number$number = INTEGER:$parameter"
            number=$((number + 1))
        done
    } >config
    openssl asn1parse -genconf config -noout -out der
    {
        echo '-----BEGIN ENCRYPTED PRIVATE KEY-----'
        openssl base64 -in der
        echo '-----END ENCRYPTED PRIVATE KEY-----'
    } >"ecdsa-refused-$name.key"
    rm config der
}
excessive iterations PBKDF2 2147483648
excessive more-iterations PBKDF2 10000001
excessive endless PBKDF2 0x1000000000000000000000000
excessive scrypt-memory id-scrypt 1073741824 8 1
excessive scrypt-work id-scrypt 1024 8 1000

# The passphrase of these is empty, and of the maximum length.
passphrase=
pkcs8 empty ecdsa
passphrase=$(printf '%1024s' '' | tr ' ' x)
pkcs8 long ecdsa
passphrase='correct horse'

# OpenSSH reads keys of its user only.
for key in rsa ecdsa; do
    for format in PEM PKCS8; do
        install -m 600 "$certs/$key.key" "$key-openssh-$format.key"
        ssh-keygen -q -p -m "$format" -P '' -N "$passphrase" -f "$key-openssh-$format.key" >/dev/null
    done
done
install -m 600 "$certs/ecdsa.key" ecdsa-format-openssh.key
ssh-keygen -q -p -P '' -N "$passphrase" -f ecdsa-format-openssh.key >/dev/null
