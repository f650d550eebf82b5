"""Connections on memory buffers."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

import rs2n


def handshake(*objects: rs2n.TLSObject) -> None:
    """Performs the handshake of two objects with each other's buffers."""
    complete: set[rs2n.TLSObject] = set()
    while len(complete) < 2:
        for tls in objects:
            try:
                tls.do_handshake()
                complete.add(tls)
            except rs2n.WantReadError:
                complete.discard(tls)


@pytest.fixture
def objects(client: rs2n.Context, server: rs2n.Context) -> tuple[rs2n.TLSObject, rs2n.TLSObject]:
    to_server, to_client = rs2n.MemoryBIO(), rs2n.MemoryBIO()
    a = client.wrap_bio(to_client, to_server, server_hostname="localhost")
    b = server.wrap_bio(to_server, to_client)
    handshake(a, b)
    return a, b


def test_data_in_both_directions_and_a_close(objects: tuple[rs2n.TLSObject, rs2n.TLSObject]) -> None:
    a, b = objects
    assert a.version() == b.version() == "TLSv1.3"
    data = bytes(range(256)) * 1000
    assert a.write(data) == len(data)
    received = b""
    while len(received) < len(data):
        part = b.read(100_000)
        assert isinstance(part, bytes)
        received += part
    assert received == data
    with pytest.raises(rs2n.WantReadError):
        b.read()
    buffer = bytearray(3)
    b.write(b"answer")
    assert a.read(3, buffer) == 3
    assert buffer == b"ans"
    assert a.pending() == 3
    a.shutdown_send()
    assert b.read() == b""
    # TLS 1.3: the other direction is open.
    b.write(b"!")
    assert a.read() == b"wer!"
    b.shutdown_send()
    a.unwrap()


def test_with_an_object_of_the_ssl_module(client: rs2n.Context, ssl_server: ssl.SSLContext) -> None:
    incoming, outgoing = rs2n.MemoryBIO(), rs2n.MemoryBIO()
    theirs_in, theirs_out = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(incoming, outgoing, server_hostname="localhost")
    theirs = ssl_server.wrap_bio(theirs_in, theirs_out, server_side=True)
    for _ in range(10):
        complete = True
        for side in (ours, theirs):
            try:
                side.do_handshake()
            except (rs2n.WantReadError, ssl.SSLWantReadError):
                complete = False
        theirs_in.write(outgoing.read())
        incoming.write(theirs_out.read())
        if complete:
            break
    theirs.write(b"data")
    incoming.write(theirs_out.read())
    assert ours.read() == b"data"


def test_the_end_of_the_incoming_data_is_a_truncation(objects: tuple[rs2n.TLSObject, rs2n.TLSObject]) -> None:
    from rs2n._native import ffi

    a, _ = objects
    ffi.from_handle(a._tls._transport).incoming.write_eof()
    with pytest.raises(rs2n.TruncatedError):
        a.read()


def test_an_error_has_its_delay_and_its_alert(certs: Path) -> None:
    server = rs2n.Context(rs2n.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certs / "ecdsa.pem", certs / "ecdsa.key")
    incoming, outgoing = rs2n.MemoryBIO(), rs2n.MemoryBIO()
    tls = server.wrap_bio(incoming, outgoing)
    incoming.write(b"\x16\x03\x01\x00\x05\x01\0\0\1\0")
    with pytest.raises(rs2n.Error):
        tls.do_handshake()
    assert 0 < tls.blinding_delay <= 30
    with pytest.raises(rs2n.Error) as caught:
        tls.shutdown_send()
    assert caught.value.name == "S2N_ERR_SHUTDOWN_PAUSED"
    assert outgoing.pending == 0


def test_memory_bio() -> None:
    bio = rs2n.MemoryBIO()
    assert bio.write(b"0123456789") == 10
    assert bio.read(3) == b"012"
    bio.write_eof()
    assert not bio.eof
    with pytest.raises(ValueError, match="write_eof"):
        bio.write(b"x")
    assert bio.read() == b"3456789"
    assert bio.eof
    assert bio.read(5) == b""
