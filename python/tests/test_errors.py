"""Failures: which exception, what it says, and what becomes of the connection."""

from __future__ import annotations

import errno
import pickle
import socket
import time
from pathlib import Path

import pytest
from conftest import Peer, echo, receive_all

import rs2n
from rs2n import _linger

Pair = tuple[socket.socket, socket.socket]
# A record of the handshake with a ClientHello that is malformed
GARBAGE = b"\x16\x03\x01\x00\x05\x01\0\0\1\0"


def fail(client: rs2n.Context, server: rs2n.Context, name: str = "localhost") -> tuple[BaseException, BaseException]:
    """Returns the exceptions of the client and of the server."""
    a, b = socket.socketpair()
    peer = Peer(echo, server, b)
    with (
        pytest.raises(OSError) as caught,  # noqa: PT011 - the callers check it
        client.wrap_socket(a, server_hostname=name) as tls,
    ):
        tls.recv(1)
    return caught.value, peer.error()


@pytest.mark.parametrize(
    ("certificate", "code", "detail"),
    [
        ("unknown", "S2N_ERR_CERT_UNTRUSTED", "another test root"),
        ("selfsigned", "S2N_ERR_CERT_UNTRUSTED", "selfsigned"),
        ("expired", "S2N_ERR_CERT_EXPIRED", "2001"),
        ("future", "S2N_ERR_CERT_NOT_YET_VALID", "2100"),
        ("client", "S2N_ERR_CERT_INTENT_INVALID", "client"),
    ],
)
def test_certificates_that_are_rejected(
    client: rs2n.Context, certs: Path, certificate: str, code: str, detail: str
) -> None:
    server = rs2n.Context(rs2n.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certs / f"{certificate}.pem", certs / f"{certificate}.key")
    error, of_server = fail(client, server)
    assert isinstance(error, rs2n.CertificateVerificationError)
    assert isinstance(error, ValueError)
    assert error.name == code
    assert detail in error.detail
    assert error.detail in str(error)
    assert error.debug.startswith(f"{code}: Error encountered in ")
    # The client has sent its alert, as it has no delay.
    assert isinstance(of_server, rs2n.AlertError)
    assert of_server.alert in (42, 43, 45, 46, 48)


def test_another_host_name_is_rejected(client: rs2n.Context, server: rs2n.Context) -> None:
    error, _ = fail(client, server, "other.test")
    assert isinstance(error, rs2n.CertificateVerificationError)
    assert error.name == "S2N_ERR_CERT_INVALID_HOSTNAME"
    assert '"other.test"' in error.detail
    client.check_hostname = False
    a, b = socket.socketpair()
    peer = Peer(echo, server, b)
    client.wrap_socket(a, server_hostname="other.test").close()
    peer.result()


def test_verification_can_be_switched_off_but_not_by_accident(client: rs2n.Context, certs: Path, pair: Pair) -> None:
    server = rs2n.Context(rs2n.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certs / "selfsigned.pem", certs / "selfsigned.key")
    with pytest.raises(ValueError, match="check_hostname"):
        client.verify_mode = rs2n.CERT_NONE
    client.check_hostname = False
    client.verify_mode = rs2n.CERT_NONE
    with pytest.raises(ValueError, match="enabled again"):
        client.verify_mode = rs2n.CERT_REQUIRED
    peer = Peer(echo, server, pair[1])
    client.wrap_socket(pair[0]).close()
    peer.result()


def test_a_context_without_authorities_trusts_no_certificate(server: rs2n.Context) -> None:
    error, _ = fail(rs2n.Context(), server)
    assert isinstance(error, rs2n.CertificateVerificationError)
    assert error.name == "S2N_ERR_CERT_UNTRUSTED"


def test_a_client_without_its_certificate_is_rejected(client: rs2n.Context, server: rs2n.Context, certs: Path) -> None:
    server.verify_mode = rs2n.CERT_REQUIRED
    server.load_verify_locations(certs / "ca.pem")
    error, of_server = fail(client, server)
    assert isinstance(of_server, rs2n.CertificateVerificationError)
    assert of_server.name == "S2N_ERR_MISSING_CLIENT_CERT"
    assert isinstance(error, rs2n.AlertError)
    assert error.alert == 116
    assert "certificate_required" in error.detail


def test_revoked_certificates_are_rejected(client: rs2n.Context, certs: Path) -> None:
    client.load_crls(certs / "ca.crl")
    client.load_crls(certs / "intermediate.crl")
    good = rs2n.Context(rs2n.PROTOCOL_TLS_SERVER)
    good.load_cert_chain(certs / "ecdsa.pem", certs / "ecdsa.key")
    a, b = socket.socketpair()
    peer = Peer(echo, good, b)
    client.wrap_socket(a, server_hostname="localhost").close()
    peer.result()

    revoked = rs2n.Context(rs2n.PROTOCOL_TLS_SERVER)
    revoked.load_cert_chain(certs / "rsa.pem", certs / "rsa.key")
    error, _ = fail(client, revoked)
    assert isinstance(error, rs2n.CertificateVerificationError)
    assert error.name == "S2N_ERR_CERT_REVOKED"


def test_without_a_common_application_protocol_there_is_none(
    client: rs2n.Context, server: rs2n.Context, pair: Pair
) -> None:
    client.set_alpn_protocols(["h2"])
    server.set_alpn_protocols(["http/1.1"])
    peer = Peer(echo, server, pair[1])
    with client.wrap_socket(pair[0], server_hostname="localhost") as tls:
        assert tls.selected_alpn_protocol() is None
    peer.result()


@pytest.mark.parametrize("suppress", [True, False])
def test_truncation(client: rs2n.Context, server: rs2n.Context, pair: Pair, suppress: bool) -> None:
    def serve() -> None:
        tls = server.wrap_socket(pair[1])
        tls.sendall(b"data")
        # Without a close_notify
        socket.socket(fileno=tls.detach()).close()

    peer = Peer(serve)
    with client.wrap_socket(pair[0], server_hostname="localhost", suppress_ragged_eofs=suppress) as tls:
        assert tls.recv(10) == b"data"
        if suppress:
            assert tls.recv(10) == b""
        else:
            with pytest.raises(rs2n.TruncatedError) as caught:
                tls.recv(10)
            assert caught.value.type is rs2n.ErrorType.CLOSED
            assert caught.value.name == "S2N_ERR_CLOSED"
    peer.result()


def test_the_end_of_the_stream_in_the_handshake_is_an_error(client: rs2n.Context, pair: Pair) -> None:
    pair[1].shutdown(socket.SHUT_WR)
    with pytest.raises(rs2n.TruncatedError):
        client.wrap_socket(pair[0], server_hostname="localhost")


def test_garbage_is_an_error_with_a_detail(server: rs2n.Context, pair: Pair) -> None:
    pair[0].sendall(GARBAGE)
    with pytest.raises(rs2n.Error) as caught:
        server.wrap_socket(pair[1])
    error = caught.value
    assert error.name == "S2N_ERR_BAD_MESSAGE"
    assert error.type is rs2n.ErrorType.PROTO
    assert error.detail
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.code, copy.detail, str(copy)) == (error.code, error.detail, str(error))


def test_a_reset_is_the_error_of_the_system(client: rs2n.Context, server: rs2n.Context, pair: Pair) -> None:
    def serve() -> None:
        tls = server.wrap_socket(pair[1])
        # Closing then sends a reset.
        tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        socket.socket(fileno=tls.detach()).close()

    peer = Peer(serve)
    with client.wrap_socket(pair[0], server_hostname="localhost") as tls:
        peer.result()
        with pytest.raises(ConnectionResetError) as caught:
            tls.recv(10)
        assert caught.value.errno == errno.ECONNRESET


def test_server_keeps_the_socket_of_a_failed_connection_for_the_delay(certs: Path, pair: Pair) -> None:
    server = rs2n.Context(rs2n.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certs / "ecdsa.pem", certs / "ecdsa.key")
    # The delay is between a third of it and all of it.
    server.set_max_blinding_delay(3)
    pair[0].sendall(GARBAGE)
    begin = time.monotonic()
    with pytest.raises(rs2n.Error):
        server.wrap_socket(pair[1])
    failed = time.monotonic()
    assert len(_linger.process.lingering) == 1
    # The alert, and the end of the stream
    received = receive_all(pair[0])
    closed = time.monotonic()
    assert received[:1] == b"\x15"
    assert closed - begin >= 0.99
    # Neither the call nor close() waits.
    assert failed - begin < closed - begin
    assert len(_linger.process.lingering) == 0


def test_client_does_not_wait_after_a_failed_handshake(certs: Path, server: rs2n.Context) -> None:
    client = rs2n.create_default_context(cafile=certs / "other-ca.pem")
    client.set_max_blinding_delay(30)
    begin = time.monotonic()
    error, of_server = fail(client, server)
    assert isinstance(error, rs2n.CertificateVerificationError)
    # Without an alert, which would have to wait
    assert isinstance(of_server, rs2n.TruncatedError)
    assert time.monotonic() - begin < 10
    assert len(_linger.process.lingering) == 0


def test_misuse_of_contexts(certs: Path, server: rs2n.Context, client: rs2n.Context, pair: Pair) -> None:
    with pytest.raises(rs2n.Error) as caught:
        rs2n.Context(policy="no such policy")
    assert caught.value.name == "S2N_ERR_INVALID_SECURITY_POLICY"
    assert caught.value.type is rs2n.ErrorType.USAGE
    with pytest.raises(FileNotFoundError):
        client.load_verify_locations(certs / "no such file")
    with pytest.raises(rs2n.Error) as caught:
        client.load_verify_locations(certs / "ecdsa.key")
    assert caught.value.name in ("S2N_ERR_INVALID_PEM", "S2N_ERR_NO_CERTIFICATE_IN_PEM", "S2N_ERR_DECODE_CERTIFICATE")
    with pytest.raises(rs2n.Error) as caught:
        server.load_cert_chain(certs / "ecdsa.pem", certs / "rsa.key")
    assert caught.value.name == "S2N_ERR_KEY_MISMATCH"
    with pytest.raises(ValueError, match="server_hostname"):
        client.wrap_socket(pair[0])
    with pytest.raises(ValueError, match="client"):
        client.wrap_socket(pair[0], server_side=True)
    with pytest.raises(ValueError, match="server"):
        server.wrap_socket(pair[0], server_hostname="localhost")
    with socket.socket(type=socket.SOCK_DGRAM) as datagrams, pytest.raises(NotImplementedError, match="stream"):
        client.wrap_socket(datagrams, server_hostname="localhost")
    with pytest.raises(TypeError):
        rs2n.Socket()
    # Nothing has taken the socket over.
    assert pair[0].fileno() >= 0


def test_a_connection_that_the_peer_has_closed(client: rs2n.Context, server: rs2n.Context, pair: Pair) -> None:
    def serve() -> None:
        tls = server.wrap_socket(pair[1])
        tls.shutdown_send()
        assert receive_all(tls) == b"after the close_notify"
        tls.close()

    peer = Peer(serve)
    with client.wrap_socket(pair[0], server_hostname="localhost", suppress_ragged_eofs=False) as tls:
        assert tls.recv(10) == b""
        assert tls.recv(10) == b""
        # TLS 1.3: the other direction is open.
        tls.sendall(b"after the close_notify")
        tls.shutdown_send()
    peer.result()


def test_sockets_that_linger_are_limited(certs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_linger, "LIMIT", 1)
    server = rs2n.Context(rs2n.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certs / "ecdsa.pem", certs / "ecdsa.key")
    server.set_max_blinding_delay(1)
    begin = time.monotonic()
    pairs = [socket.socketpair() for _ in range(3)]
    for ours, theirs in pairs:
        ours.sendall(GARBAGE)
        with pytest.raises(rs2n.Error):
            server.wrap_socket(theirs)
        assert len(_linger.process.lingering) <= 1
    # The second has waited for the delay of the first, which is at least a third of a second.
    assert time.monotonic() - begin >= 0.33
    for ours, _ in pairs:
        assert receive_all(ours)
        ours.close()
