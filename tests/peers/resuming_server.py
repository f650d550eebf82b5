"""A server of two connections, with Python's ssl module.

Arguments: version, chain, key. Prints whether each connection has resumed a session.
"""

import socket
import ssl
import sys

version, chain, key = sys.argv[1:4]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(chain, key)
tls_version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[version]
context.minimum_version = context.maximum_version = tls_version

listener = socket.create_server(("127.0.0.1", 0))
print("port:", listener.getsockname()[1], flush=True)
for _ in range(2):
    plain, _ = listener.accept()
    with context.wrap_socket(plain, server_side=True) as connection:
        print("resumed:", connection.session_reused, flush=True)
        connection.sendall(b"hello\n")
        connection.unwrap()
