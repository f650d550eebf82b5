cp "$CERTS/ecdsa.pem" server.pem
cp "$CERTS/ecdsa.key" server.key
