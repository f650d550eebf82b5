"""An HTTPS client, with Python's ssl module.

Arguments: version, cipher suite (OpenSSL name), CA file, port, and optionally an ALPN list.
"""

import socket
import ssl
import sys

version, suite, ca_file, port = sys.argv[1:5]
context = ssl.create_default_context(cafile=ca_file)
tls_version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[version]
context.minimum_version = context.maximum_version = tls_version
if version == "1.2":
    context.set_ciphers(suite)
if len(sys.argv) > 5:
    context.set_alpn_protocols(sys.argv[5].split(","))

plain = socket.create_connection(("127.0.0.1", int(port)))
with context.wrap_socket(plain, server_hostname="localhost") as connection:
    assert connection.cipher()[0] == suite, connection.cipher()
    connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
    page = b""
    while chunk := connection.recv(4096):
        page += chunk
print(page.decode())
