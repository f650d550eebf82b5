"""Tests of the Python code in the guide, chapter languages."""

import socket
import ssl
import sys
import threading

from languages_md import Client, TlsError, lib

certs = sys.argv[1]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(f"{certs}/ecdsa.pem", f"{certs}/ecdsa.key")


def serve(listener):
    sock, _ = listener.accept()
    try:
        with context.wrap_socket(sock, server_side=True) as conn:
            while data := conn.recv(16384):
                conn.sendall(data.upper())
    except ssl.SSLError:
        sock.close()


def connect(ca, timeout=None):
    listener = socket.create_server(("127.0.0.1", 0))
    server = threading.Thread(target=serve, args=(listener,))
    server.start()
    try:
        with socket.create_connection(listener.getsockname(), timeout) as sock:
            with Client(sock, "localhost", f"{certs}/{ca}") as client:
                assert lib.s2n_connection_get_cipher(client.conn).startswith(b"TLS_AES_")
                client.send(b"hello " * 10000)
                received = b""
                while len(received) < 60000:
                    received += client.recv()
                assert received == b"HELLO " * 10000
    finally:
        server.join()
        listener.close()


connect("ca.pem")
connect("ca.pem", timeout=60)
try:
    connect("other-ca.pem")
except TlsError as error:
    assert str(error).startswith("Certificate is untrusted (S2N_ERR_CERT_UNTRUSTED: "), error
else:
    raise AssertionError("it was trusted")

# A server that does not respond.
sock, silent = socket.socketpair()
sock.settimeout(0.01)
try:
    Client(sock, "localhost")
except TimeoutError:
    pass
else:
    raise AssertionError("the handshake is complete")
