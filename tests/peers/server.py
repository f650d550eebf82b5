"""An HTTPS server of one request, with Python's ssl module.

Arguments: version, cipher suite (OpenSSL name), chain, key, and optionally a CA file, with which it
requires a client certificate.
"""

import socket
import ssl
import sys

version, suite, chain, key = sys.argv[1:5]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(chain, key)
tls_version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[version]
context.minimum_version = context.maximum_version = tls_version
if version == "1.2":
    context.set_ciphers(suite)
if len(sys.argv) > 5:
    context.load_verify_locations(sys.argv[5])
    context.verify_mode = ssl.CERT_REQUIRED

listener = socket.create_server(("127.0.0.1", 0))
print("port:", listener.getsockname()[1], flush=True)
plain, _ = listener.accept()
with context.wrap_socket(plain, server_side=True) as connection:
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(4096)
    connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nhello\n")
    connection.unwrap()
