"""Connections of the package with itself on sockets."""

from __future__ import annotations

import array
import contextlib
import io
import os
import select
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import TIMEOUT, Peer, echo, receive_all

import rs2n

Pair = tuple[socket.socket, socket.socket]


def test_parameters_are_reported_on_both_sides(server: rs2n.Context, client: rs2n.Context, pair: Pair) -> None:
    server.set_alpn_protocols(["h2", "http/1.1"])
    client.set_alpn_protocols(["http/1.1"])

    def serve() -> list[object]:
        with server.wrap_socket(pair[1]) as tls:
            tls.sendall(b"data")
            return [tls.server_side, tls.version(), tls.cipher(), tls.selected_alpn_protocol(), tls.server_hostname]

    peer = Peer(serve)
    with client.wrap_socket(pair[0], server_hostname="localhost") as tls:
        assert tls.recv(100) == b"data"
        cipher = tls.cipher()
        assert cipher is not None
        assert cipher[1:] in [("TLSv1.3", 128), ("TLSv1.3", 256)]
        assert tls.group() != "NONE"
        assert not tls.session_reused
        assert [tls.server_side, tls.server_hostname] == [False, "localhost"]
        assert peer.result() == [True, "TLSv1.3", cipher, "http/1.1", "localhost"]


def test_the_chain_of_the_server_is_in_der(server: rs2n.Context, client: rs2n.Context, pair: Pair, certs: Path) -> None:

    peer = Peer(echo, server, pair[1])
    with client.wrap_socket(pair[0], server_hostname="localhost") as tls:
        chain = tls.get_verified_chain()
        names = ["ecdsa", "intermediate", "ca"]
        assert chain == [ssl.PEM_cert_to_DER_cert((certs / f"{name}.crt").read_text()) for name in names]
        assert tls.getpeercert(binary_form=True) == chain[0]
        with pytest.raises(NotImplementedError, match="binary_form"):
            tls.getpeercert()
    peer.result()


def test_large_data_in_both_directions_at_the_same_time(server: rs2n.Context, client: rs2n.Context, pair: Pair) -> None:
    data = os.urandom(20_000_000)
    peer = Peer(echo, server, pair[1])
    with client.wrap_socket(pair[0], server_hostname="localhost") as tls:

        def send() -> None:
            tls.sendall(data)
            tls.shutdown_send()

        sender = Peer(send)
        assert receive_all(tls) == data
        sender.result()
    peer.result()


def test_recv_into_takes_any_writable_buffer(server: rs2n.Context, client: rs2n.Context, pair: Pair) -> None:
    peer = Peer(echo, server, pair[1])
    with client.wrap_socket(pair[0], server_hostname="localhost") as tls:
        tls.sendall(array.array("I", [1, 2, 3]))
        numbers = array.array("I", [0, 0, 0])
        assert tls.recv_into(numbers) == 12
        assert list(numbers) == [1, 2, 3]
        assert tls.send(b"abcdef") == 6
        buffer = bytearray(10)
        assert tls.recv_into(memoryview(buffer)[2:], 3) == 3
        assert buffer == b"\0\0abc\0\0\0\0\0"
        assert tls.pending() == 3
        assert tls.read(100) == b"def"
        assert tls.write(b"x") == 1
        assert tls.read(1, buffer) == 1
        assert tls.recv(0) == b""
        with pytest.raises(BufferError, match=r"read-only|writable"):
            tls.recv_into(b"constant")
    peer.result()


def test_half_close_leaves_the_other_direction_open(server: rs2n.Context, client: rs2n.Context, pair: Pair) -> None:
    def serve() -> None:
        with server.wrap_socket(pair[1]) as tls:
            received = receive_all(tls)
            tls.sendall(b"length %d" % len(received))

    peer = Peer(serve)
    with client.wrap_socket(pair[0], server_hostname="localhost") as tls:
        tls.sendall(b"x" * 100_000)
        tls.shutdown(socket.SHUT_WR)
        with pytest.raises(rs2n.ZeroReturnError):
            tls.send(b"y")
        assert receive_all(tls) == b"length 100000"
    peer.result()


def test_unwrap_returns_the_socket_for_plain_data(server: rs2n.Context, client: rs2n.Context, pair: Pair) -> None:
    def serve() -> bytes:
        tls = server.wrap_socket(pair[1])
        assert tls.recv(10) == b""
        with tls.unwrap() as plain:
            plain.sendall(b"plain")
            return plain.recv(10)

    peer = Peer(serve)
    tls = client.wrap_socket(pair[0], server_hostname="localhost")
    with tls.unwrap() as plain:
        assert not isinstance(plain, rs2n.Socket)
        assert plain.gettimeout() == TIMEOUT
        assert plain.recv(10) == b"plain"
        plain.sendall(b"too")
    assert peer.result() == b"too"


def test_makefile_and_sendfile(server: rs2n.Context, client: rs2n.Context, pair: Pair) -> None:
    peer = Peer(echo, server, pair[1])
    tls = client.wrap_socket(pair[0], server_hostname="localhost")
    with tls, tls.makefile("rwb") as file:
        file.write(b"first\nsecond\n")
        file.flush()
        assert file.readline() == b"first\n"
        assert file.readline() == b"second\n"
        assert tls.sendfile(io.BytesIO(b"0123456789"), 2, 5) == 5
        assert file.read(5) == b"23456"
    assert tls.fileno() == -1
    peer.result()


def test_timeouts(server: rs2n.Context, client: rs2n.Context, pair: Pair) -> None:
    done = threading.Event()

    def serve() -> None:
        with server.wrap_socket(pair[1]) as tls:
            assert done.wait(TIMEOUT)
            receive_all(tls)

    peer = Peer(serve)
    with client.wrap_socket(pair[0], server_hostname="localhost") as tls:
        tls.settimeout(0.05)
        assert tls.gettimeout() == tls.timeout == 0.05
        with pytest.raises(TimeoutError):
            tls.recv(1)
        with pytest.raises(TimeoutError):
            tls.sendall(bytes(100_000_000))
        done.set()
    peer.result()


def test_handshake_times_out_with_a_silent_peer(client: rs2n.Context, pair: Pair) -> None:
    pair[0].settimeout(0.05)
    with pytest.raises(TimeoutError):
        client.wrap_socket(pair[0], server_hostname="localhost")


def test_non_blocking_socket(server: rs2n.Context, client: rs2n.Context, pair: Pair) -> None:
    pair[0].setblocking(False)
    with client.wrap_socket(pair[0], server_hostname="localhost") as tls:
        assert tls.version() is None
        assert not tls.getblocking()

        def complete(function: Callable[..., Any], *arguments: Any) -> Any:
            while True:
                try:
                    return function(*arguments)
                except rs2n.WantReadError:
                    assert select.select([tls], [], [], TIMEOUT)[0]
                except rs2n.WantWriteError:
                    assert select.select([], [tls], [], TIMEOUT)[1]

        with pytest.raises(rs2n.WantReadError) as caught:
            tls.do_handshake()
        assert isinstance(caught.value, BlockingIOError)
        peer = Peer(echo, server, pair[1])
        complete(tls.do_handshake)
        with pytest.raises(rs2n.WantReadError):
            tls.recv(10)
        assert complete(tls.send, b"data") == 4
        assert complete(tls.recv, 10) == b"data"
        # Until the buffers of the sockets are full: the server stops to receive while it cannot send.
        big, sent = bytes(1 << 20), 0
        with contextlib.suppress(rs2n.WantWriteError):
            while True:
                sent += tls.send(big)
        while sent:
            sent -= len(complete(tls.recv, 1 << 20))
        # The call that was blocked is repeated with its data.
        sent = complete(tls.send, big)
        while sent:
            sent -= len(complete(tls.recv, 1 << 20))
        tls.setblocking(True)
    peer.result()


def test_the_first_call_performs_the_handshake(server: rs2n.Context, client: rs2n.Context, pair: Pair) -> None:
    def serve() -> None:
        with server.wrap_socket(pair[1], do_handshake_on_connect=False) as tls:
            tls.sendall(tls.recv(10))

    peer = Peer(serve)
    with client.wrap_socket(pair[0], server_hostname="localhost", do_handshake_on_connect=False) as tls:
        # Two threads begin with the handshake.
        received = Peer(tls.recv, 10)
        tls.sendall(b"data")
        assert received.result() == b"data"
    peer.result()


def test_listening_and_unconnected_sockets_can_be_wrapped(server: rs2n.Context, client: rs2n.Context) -> None:
    with server.wrap_socket(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.settimeout(TIMEOUT)

        def serve() -> None:
            tls, _ = listener.accept()
            assert isinstance(tls, rs2n.Socket)
            with tls:
                tls.sendall(b"data")

        peer = Peer(serve)
        with client.wrap_socket(socket.socket(), server_hostname="localhost") as tls:
            with pytest.raises(OSError, match="no TLS connection"):
                tls.send(b"not connected")
            tls.settimeout(TIMEOUT)
            tls.connect(listener.getsockname())
            assert receive_all(tls) == b"data"
            with pytest.raises(OSError, match="connected"):
                tls.connect(listener.getsockname())
        peer.result()


def test_sessions_are_resumed(server: rs2n.Context, client: rs2n.Context, certs: Path) -> None:
    server.add_ticket_key(b"key", os.urandom(32))
    session = None
    chains, reused = [], []
    for _ in range(3):
        a, b = socket.socketpair()
        peer = Peer(echo, server, b)
        with client.wrap_socket(a, server_hostname="localhost", session=session) as tls:
            tls.sendall(b"data")
            assert tls.recv(10) == b"data"
            session = tls.session
            reused.append(tls.session_reused)
            chains.append(tls.get_verified_chain())
        peer.result()
    assert reused == [False, True, True]
    assert len(chains[0]) == 3
    assert chains[1] == chains[2] == chains[0]

    # Only with the same server and context
    other = rs2n.create_default_context(cafile=certs / "ca.pem")
    for context, name in [(client, "www.rs2n.test"), (other, "localhost")]:
        a, b = socket.socketpair()
        with a, b, pytest.raises(ValueError, match="session"):
            context.wrap_socket(a, server_hostname=name, session=session)


def test_certificates_by_server_name(server: rs2n.Context, client: rs2n.Context, certs: Path) -> None:
    other = rs2n.Context(rs2n.PROTOCOL_TLS_SERVER)
    other.load_cert_chain(certs / "rsa.pem", certs / "rsa.key")
    names = []

    def select_context(tls: object, name: str | None, context: rs2n.Context) -> None:
        assert isinstance(tls, rs2n.Socket)
        assert context is server
        names.append(name)
        if name == "www.rs2n.test":
            tls.context = other

    server.sni_callback = select_context
    leaves = []
    for name in ("localhost", "www.rs2n.test"):
        a, b = socket.socketpair()
        peer = Peer(echo, server, b)
        with client.wrap_socket(a, server_hostname=name) as tls:
            leaves.append(tls.getpeercert(True))
        peer.result()
    assert names == ["localhost", "www.rs2n.test"]
    assert leaves[0] != leaves[1]


@pytest.mark.parametrize(
    ("name", "requested"),
    [("127.0.0.1", None), ("localhost.", "localhost"), ("a.wild.rs2n.test", "a.wild.rs2n.test")],
)
def test_names_that_identify_the_server(
    server: rs2n.Context, client: rs2n.Context, pair: Pair, name: str, requested: str | None
) -> None:
    def serve() -> str | None:
        with server.wrap_socket(pair[1]) as tls:
            tls.sendall(b"x")
            return tls.server_hostname

    peer = Peer(serve)
    with client.wrap_socket(pair[0], server_hostname=name) as tls:
        assert tls.recv(1) == b"x"
    # RFC 6066, 3: addresses are not sent as names.
    assert peer.result() == requested


def test_a_second_chain_serves_another_type_of_key(
    server: rs2n.Context, ssl_client: ssl.SSLContext, pair: Pair, certs: Path
) -> None:
    server.load_cert_chain(certs / "rsa.pem", certs / "rsa.key")

    ssl_client.maximum_version = ssl.TLSVersion.TLSv1_2
    ssl_client.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")
    peer = Peer(echo, server, pair[1])
    with ssl_client.wrap_socket(pair[0], server_hostname="localhost") as tls:
        cipher = tls.cipher()
        assert cipher is not None
        assert cipher[0] == "ECDHE-RSA-AES128-GCM-SHA256"
        tls.unwrap()
    peer.result()


def test_key_log(server: rs2n.Context, client: rs2n.Context, pair: Pair, tmp_path: Path) -> None:
    client.keylog_filename = tmp_path / "keys"
    peer = Peer(echo, server, pair[1])
    client.wrap_socket(pair[0], server_hostname="localhost").close()
    peer.result()
    labels = {line.split()[0] for line in (tmp_path / "keys").read_text().splitlines()}
    assert {"CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"} <= labels
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o600


def test_both_sides_export_the_same_secret(server: rs2n.Context, client: rs2n.Context, pair: Pair) -> None:
    def serve() -> bytes:
        with server.wrap_socket(pair[1]) as tls:
            return tls.export_keying_material("EXPERIMENTAL test", 20, b"context")

    peer = Peer(serve)
    with client.wrap_socket(pair[0], server_hostname="localhost") as tls:
        secret = tls.export_keying_material("EXPERIMENTAL test", 20, b"context")
        assert len(secret) == 20
        assert peer.result() == secret


@pytest.mark.parametrize("method", ["recvfrom", "recvfrom_into", "recvmsg", "recvmsg_into", "sendto", "sendmsg"])
def test_calls_that_would_bypass_tls_raise(client: rs2n.Context, pair: Pair, method: str) -> None:
    with client.wrap_socket(pair[0], server_hostname="localhost", do_handshake_on_connect=False) as tls:
        with pytest.raises(ValueError, match="not for TLS"):
            getattr(tls, method)(b"x")
        with pytest.raises(ValueError, match="flags"):
            tls.send(b"x", socket.MSG_OOB)
        with pytest.raises(NotImplementedError):
            tls.dup()
