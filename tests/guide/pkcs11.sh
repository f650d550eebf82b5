# A server's certificate and key, a folder for tokens, and the example on a free port.
cc "$PROJECT/examples-c/pkcs11.c" -o server $(pkg-config --cflags --libs s2n) -pthread
cp "$CERTS/ca.pem" ca.pem
cp "$CERTS/ecdsa.pem" server.pem
cp "$CERTS/ecdsa.key" server.key
mkdir tokens
printf 'directories.tokendir = %s\nlog.level = ERROR\n' "$PWD/tokens" >softhsm2.conf
export SOFTHSM2_CONF="$PWD/softhsm2.conf"
mkfifo port
pkcs11() {
    shift 2
    exec ./server "$@" >port
}
# The server ends with the block.
curl() {
    trap 'kill $! && wait $!' EXIT
    read -r _ port <port
    command curl --silent --show-error --max-time 60 "$1" "$2" "https://localhost:$port/"
}
