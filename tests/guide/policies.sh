# A program for s2n-tls: it prints the negotiated cipher suite, or its error.
export PATH="$PWD:$PATH"
mkdir -p /usr/local/etc
cc "$PROJECT/examples-c/memory_pair.c" -o memory_pair $(pkg-config --cflags --libs s2n)
cat >program <<END
#!/bin/sh
exec "$PWD/memory_pair" default "$CERTS/ca.pem" "$CERTS/ecdsa.pem" "$CERTS/ecdsa.key" 2>&1
END
chmod +x program
