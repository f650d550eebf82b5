"""Encrypted private keys."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from conftest import Peer, echo, receive_all

import rs2n

PASSWORD = "correct horse"


@pytest.mark.parametrize(
    "password", [PASSWORD, PASSWORD.encode(), bytearray(PASSWORD.encode()), lambda: PASSWORD, lambda: PASSWORD.encode()]
)
def test_a_password_opens_the_key(
    password: Any, certs: Path, client: rs2n.Context, pair: tuple[socket.socket, socket.socket]
) -> None:
    server = rs2n.Context(rs2n.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certs / "ecdsa.pem", certs / "ecdsa.encrypted", password)
    peer = Peer(echo, server, pair[1])
    with client.wrap_socket(pair[0], server_hostname="localhost") as sock:
        sock.sendall(b"hi")
        sock.shutdown_send()
        assert receive_all(sock) == b"hi"
    peer.result()


def test_a_key_that_is_not_encrypted_needs_no_password(certs: Path) -> None:
    def fail() -> str:
        raise AssertionError("the function is called")

    passwords: list[Any] = [None, "ignored", fail]
    for password in passwords:
        server = rs2n.Context(rs2n.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(certs / "ecdsa.pem", certs / "ecdsa.key", password)


def test_wrong_passwords(certs: Path) -> None:
    server = rs2n.Context(rs2n.PROTOCOL_TLS_SERVER)
    passwords: list[str | bytes] = ["wrong", "", b"\xff", "x" * 1024]
    for password in passwords:
        with pytest.raises(rs2n.Error) as caught:
            server.load_cert_chain(certs / "ecdsa.pem", certs / "ecdsa.encrypted", password)
        assert caught.value.name == "RS2N_ERR_WRONG_PASSPHRASE"
        assert "damaged" in caught.value.detail


def test_what_is_no_password(certs: Path) -> None:
    files = certs / "ecdsa.pem", certs / "ecdsa.encrypted"
    server = rs2n.Context(rs2n.PROTOCOL_TLS_SERVER)
    with pytest.raises(ValueError, match="no password"):
        server.load_cert_chain(*files)
    with pytest.raises(ValueError, match="1024"):
        server.load_cert_chain(*files, "x" * 1025)
    with pytest.raises(TypeError, match="int"):
        server.load_cert_chain(*files, 1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="NoneType"):
        server.load_cert_chain(*files, lambda: None)  # type: ignore[arg-type]

    def interrupt() -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        server.load_cert_chain(*files, interrupt)
    # Nothing of these calls is left.
    server.load_cert_chain(*files, PASSWORD)
