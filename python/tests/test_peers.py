"""Connections with the standard ssl module, in both roles and versions."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import pytest
from conftest import Peer, echo, receive_all

import rs2n

Pair = tuple[socket.socket, socket.socket]
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
NAMES = {ssl.TLSVersion.TLSv1_2: "TLSv1.2", ssl.TLSVersion.TLSv1_3: "TLSv1.3"}


@pytest.mark.parametrize("version", VERSIONS)
def test_client_of_an_ssl_server(
    client: rs2n.Context, ssl_server: ssl.SSLContext, pair: Pair, version: ssl.TLSVersion
) -> None:
    ssl_server.minimum_version = ssl_server.maximum_version = version
    ssl_server.set_alpn_protocols(["http/1.1"])
    client.set_alpn_protocols(["h2", "http/1.1"])
    peer = Peer(echo, ssl_server, pair[1])
    with client.wrap_socket(pair[0], server_hostname="localhost") as tls:
        assert tls.version() == NAMES[version]
        assert tls.selected_alpn_protocol() == "http/1.1"
        tls.sendall(b"x" * 1_000_000)
        received = 0
        while received < 1_000_000:
            received += len(tls.recv(100_000))
    peer.result()


@pytest.mark.parametrize("version", VERSIONS)
def test_server_of_an_ssl_client(
    server: rs2n.Context, ssl_client: ssl.SSLContext, pair: Pair, version: ssl.TLSVersion
) -> None:
    ssl_client.minimum_version = ssl_client.maximum_version = version
    peer = Peer(echo, server, pair[1])
    with ssl_client.wrap_socket(pair[0], server_hostname="localhost", suppress_ragged_eofs=False) as tls:
        assert tls.version() == NAMES[version]
        tls.sendall(b"x" * 10_000)
        received = 0
        while received < 10_000:
            received += len(tls.recv(100_000))
        tls.unwrap()
    peer.result()


@pytest.mark.parametrize("version", VERSIONS)
def test_sessions_of_an_ssl_server_are_resumed(
    client: rs2n.Context, ssl_server: ssl.SSLContext, version: ssl.TLSVersion
) -> None:
    ssl_server.minimum_version = ssl_server.maximum_version = version
    session, reused = None, []
    for _ in range(2):
        a, b = socket.socketpair()
        peer = Peer(echo, ssl_server, b)
        with client.wrap_socket(a, server_hostname="localhost", session=session) as tls:
            tls.sendall(b"data")
            assert tls.recv(10) == b"data"
            session = tls.session
            reused.append(tls.session_reused)
        peer.result()
    assert reused == [False, True]


@pytest.mark.parametrize("version", VERSIONS)
def test_client_certificates(
    server: rs2n.Context, ssl_client: ssl.SSLContext, pair: Pair, certs: Path, version: ssl.TLSVersion
) -> None:
    server.verify_mode = rs2n.CERT_REQUIRED
    server.load_verify_locations(certs / "ca.pem")
    ssl_client.maximum_version = version
    ssl_client.load_cert_chain(certs / "client.pem", certs / "client.key")

    def serve() -> bytes | None:
        with server.wrap_socket(pair[1]) as tls:
            tls.sendall(b"welcome")
            return tls.getpeercert(True)

    peer = Peer(serve)
    with ssl_client.wrap_socket(pair[0], server_hostname="localhost") as tls:
        assert receive_all(tls) == b"welcome"
    assert peer.result() == ssl.PEM_cert_to_DER_cert((certs / "client.crt").read_text())


def test_certificate_of_our_client_reaches_the_ssl_server(
    client: rs2n.Context, ssl_server: ssl.SSLContext, pair: Pair, certs: Path
) -> None:
    ssl_server.verify_mode = ssl.CERT_REQUIRED
    ssl_server.load_verify_locations(certs / "ca.pem")
    client.load_cert_chain(certs / "client.pem", certs / "client.key")

    def serve() -> bytes | None:
        with ssl_server.wrap_socket(pair[1], server_side=True) as tls:
            tls.sendall(b"welcome")
            return tls.getpeercert(True)

    peer = Peer(serve)
    # The ssl module closes without a close_notify.
    with client.wrap_socket(pair[0], server_hostname="localhost", suppress_ragged_eofs=True) as tls:
        assert receive_all(tls) == b"welcome"
    assert peer.result() == ssl.PEM_cert_to_DER_cert((certs / "client.crt").read_text())
