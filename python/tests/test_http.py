"""Modules of the standard library, which take a context of this package in place of theirs.

Their annotations require one of the ssl module: such arguments are `Any` here.
"""

from __future__ import annotations

import http.client
import http.server
import smtplib
import socket
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Peer

import rs2n


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer(b"path " + self.path.encode())

    def do_POST(self) -> None:
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Does not print what clients are expected to do."""


@pytest.fixture
def port(server: rs2n.Context) -> Iterator[int]:
    with Server(("127.0.0.1", 0), Handler) as web:
        web.socket = server.wrap_socket(web.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=web.serve_forever, args=(0.01,))
        thread.start()
        yield web.server_port
        web.shutdown()
        thread.join()


def test_http_client(client: Any, port: int) -> None:
    connection = http.client.HTTPSConnection("localhost", port, context=client, timeout=30)
    connection.request("GET", "/a")
    assert connection.getresponse().read() == b"path /a"
    assert isinstance(connection.sock, rs2n.Socket)
    # On the same connection
    body = bytes(range(256)) * 10_000
    connection.request("POST", "/", body)
    assert connection.getresponse().read() == body
    connection.close()


def test_urllib(client: Any, port: int) -> None:
    with urllib.request.urlopen(f"https://localhost:{port}/b", context=client) as response:
        assert response.status == 200
        assert response.read() == b"path /b"


def test_urllib_rejects_an_untrusted_server(port: int, certs: Path) -> None:
    context: Any = rs2n.create_default_context(cafile=certs / "other-ca.pem")
    with pytest.raises(urllib.error.URLError) as caught:
        urllib.request.urlopen(f"https://localhost:{port}/", context=context)
    assert isinstance(caught.value.reason, rs2n.CertificateVerificationError)


def test_a_client_of_the_ssl_module(ssl_client: ssl.SSLContext, port: int) -> None:
    with urllib.request.urlopen(f"https://localhost:{port}/c", context=ssl_client) as response:
        assert response.read() == b"path /c"


def test_a_silent_client_does_not_stop_the_server(client: Any, port: int) -> None:
    with (
        socket.create_connection(("127.0.0.1", port)),
        urllib.request.urlopen(f"https://localhost:{port}/d", context=client) as response,
    ):
        assert response.read() == b"path /d"


def test_smtp_changes_to_tls_on_the_same_connection(
    server: rs2n.Context, client: Any, pair: tuple[socket.socket, socket.socket]
) -> None:
    def serve() -> list[bytes]:
        sock, lines = pair[1], []
        sock.sendall(b"220 ready\r\n")
        answers = [b"250-localhost\r\n250 STARTTLS\r\n", b"220 go ahead\r\n"]
        for answer in answers:
            lines.append(sock.recv(1000))
            sock.sendall(answer)
        with server.wrap_socket(sock) as tls:
            for answer in [b"250 localhost\r\n", b"250 nothing done\r\n", b"221 bye\r\n"]:
                lines.append(tls.recv(1000))
                tls.sendall(answer)
        return lines

    class Client(smtplib.SMTP):
        def _get_socket(self, *_: object) -> socket.socket:
            return pair[0]

    peer = Peer(serve)
    with Client("localhost") as smtp:
        assert smtp.starttls(context=client)[0] == 220
        assert isinstance(smtp.sock, rs2n.Socket)
        assert smtp.ehlo("name")[0] == 250
        assert smtp.noop() == (250, b"nothing done")
    lines = peer.result()
    assert [line.split()[0].lower() for line in lines] == [b"ehlo", b"starttls", b"ehlo", b"noop", b"quit"]
