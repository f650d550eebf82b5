"""A client that connects twice, with Python's ssl module, and offers the first session again.

Arguments: version, CA file, port, and optionally `no-ticket`. Prints whether each connection has
resumed a session.
"""

import socket
import ssl
import sys

version, ca_file, port = sys.argv[1:4]
context = ssl.create_default_context(cafile=ca_file)
tls_version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[version]
context.minimum_version = context.maximum_version = tls_version
if sys.argv[4:] == ["no-ticket"]:
    context.options |= ssl.OP_NO_TICKET

session = None
for _ in range(2):
    plain = socket.create_connection(("127.0.0.1", int(port)))
    with context.wrap_socket(plain, server_hostname="localhost", session=session) as connection:
        # The ticket of TLS 1.3 precedes the data.
        while connection.recv(4096):
            pass
        session = connection.session
        print("resumed:", connection.session_reused, flush=True)
        connection.unwrap()
