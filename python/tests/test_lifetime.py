"""Lifetimes: closing in other threads, exceptions in callbacks, objects that are freed, fork."""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import threading
import warnings
import weakref
from pathlib import Path
from typing import Any

import pytest
from conftest import TIMEOUT, Peer, echo, receive_all

import rs2n
from rs2n import _socket

Pair = tuple[socket.socket, socket.socket]


def test_a_closed_socket_raises(server: rs2n.Context, client: rs2n.Context, pair: Pair) -> None:
    peer = Peer(echo, server, pair[1])
    tls = client.wrap_socket(pair[0], server_hostname="localhost")
    tls.close()
    tls.close()
    peer.result()
    for call in (lambda: tls.recv(1), lambda: tls.send(b"x"), tls.do_handshake, tls.version, tls.unwrap):
        with pytest.raises(OSError, match=r"closed|no TLS connection"):
            call()
    with pytest.raises(OSError, match="no TLS connection"):
        _ = tls.session


def test_close_in_another_thread_ends_a_call_that_waits(
    server: rs2n.Context, client: rs2n.Context, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = Peer(echo, server, pair[1])
    tls = client.wrap_socket(pair[0], server_hostname="localhost")
    waiting = threading.Event()
    wait = _socket.Socket._wait

    def observed(self: rs2n.Socket, result: int, end: float | None) -> None:
        if self is tls:
            waiting.set()
        wait(self, result, end)

    monkeypatch.setattr(_socket.Socket, "_wait", observed)
    receiver = Peer(tls.recv, 10)
    assert waiting.wait(TIMEOUT)
    # Each direction is for one thread.
    for call in (tls.recv, tls.unwrap):
        with pytest.raises(RuntimeError, match="another thread"):
            call()
    tls.close()
    error = receiver.error()
    assert isinstance(error, OSError)
    assert "closed" in str(error)
    assert tls.fileno() == -1
    # The descriptor is shut down to end the call, so that no close_notify follows.
    assert isinstance(peer.error(), rs2n.TruncatedError)


def test_a_call_within_a_callback_is_rejected(server: rs2n.Context, client: rs2n.Context, pair: Pair) -> None:
    errors = []

    def callback(tls: object, *_: object) -> None:
        assert isinstance(tls, rs2n.Socket)
        with pytest.raises(rs2n.Error) as caught:
            tls._connection().perform(tls._connection().negotiate)
        errors.append(caught.value)

    server.sni_callback = callback
    peer = Peer(echo, server, pair[1])
    client.wrap_socket(pair[0], server_hostname="localhost").close()
    peer.result()
    assert [(error.name, error.type) for error in errors] == [("S2N_ERR_REENTRANCY", rs2n.ErrorType.USAGE)]


class InterruptError(Exception):
    pass


def test_a_signal_ends_a_call_that_waits_without_a_timeout(
    server: rs2n.Context, client: rs2n.Context, pair: Pair
) -> None:
    def interrupt(*_: object) -> None:
        raise InterruptError

    peer = Peer(echo, server, pair[1])
    with client.wrap_socket(pair[0], server_hostname="localhost") as tls:
        tls.settimeout(None)
        previous = signal.signal(signal.SIGALRM, interrupt)
        try:
            with pytest.raises(InterruptError):  # noqa: PT012 - the signal may arrive before the call
                signal.setitimer(signal.ITIMER_REAL, 0.05)
                tls.recv(1)
        finally:
            signal.signal(signal.SIGALRM, previous)
        # The connection can still be used.
        tls.sendall(b"x")
        assert tls.recv(1) == b"x"
    peer.result()


class CallbackError(Exception):
    pass


def test_an_exception_of_the_sni_callback_is_raised_by_the_handshake(
    server: rs2n.Context, client: rs2n.Context, pair: Pair
) -> None:
    def callback(*_: object) -> None:
        raise CallbackError("from the callback")

    server.sni_callback = callback
    peer = Peer(echo, server, pair[1])
    with (
        pytest.raises(OSError),  # noqa: PT011 - the end of the connection, or an alert
        client.wrap_socket(pair[0], server_hostname="localhost") as tls,
    ):
        tls.recv(1)
    error = peer.error()
    assert isinstance(error, CallbackError)
    assert str(error) == "from the callback"


def test_an_exception_of_the_key_log_is_raised_by_the_handshake(
    server: rs2n.Context, client: rs2n.Context, pair: Pair, tmp_path: Path
) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    client.keylog_filename = folder / "keys"
    (folder / "keys").unlink()
    folder.rmdir()
    peer = Peer(echo, server, pair[1])
    with pytest.raises(FileNotFoundError):
        client.wrap_socket(pair[0], server_hostname="localhost")
    peer.join(TIMEOUT)


def test_connections_and_contexts_are_freed_without_the_collector(
    server: rs2n.Context, certs: Path, pair: Pair
) -> None:
    gc.disable()
    try:
        client = rs2n.create_default_context(cafile=certs / "ca.pem")
        peer = Peer(echo, server, pair[1])
        tls = client.wrap_socket(pair[0], server_hostname="localhost")
        references: list[weakref.ref[Any]] = [weakref.ref(tls), weakref.ref(tls._connection()), weakref.ref(client)]
        tls.close()
        peer.result()
        del tls
        del client
        assert [reference() for reference in references] == [None, None, None]
    finally:
        gc.enable()


def test_many_connections_leave_neither_memory_nor_descriptors(certs: Path) -> None:
    script = """
import gc, os, socket, sys, threading, rs2n
certs = sys.argv[1]
server = rs2n.Context(rs2n.PROTOCOL_TLS_SERVER)
server.load_cert_chain(certs + "/ecdsa.pem", certs + "/ecdsa.key")
client = rs2n.create_default_context(cafile=certs + "/ca.pem")

def once():
    a, b = rs2n.MemoryBIO(), rs2n.MemoryBIO()
    objects = client.wrap_bio(a, b, server_hostname="localhost"), server.wrap_bio(b, a)
    for _ in range(4):
        for tls in objects:
            try:
                tls.do_handshake()
            except rs2n.WantReadError:
                pass
    objects[0].write(bytes(100_000))
    x, y = socket.socketpair()
    with x, y, client.wrap_socket(x, server_hostname="localhost", do_handshake_on_connect=False):
        pass

def resident():
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")

for _ in range(100):
    once()
before, descriptors = resident(), len(os.listdir("/proc/self/fd"))
for _ in range(500):
    once()
assert len(os.listdir("/proc/self/fd")) == descriptors
# Each connection has at least 10 kB: a leak would be 5 MB.
assert resident() - before < 2_000_000, resident() - before
"""
    subprocess.run([sys.executable, "-W", "error", "-c", script, str(certs)], check=True, timeout=TIMEOUT)


def test_an_unclosed_socket_is_closed_with_a_warning(server: rs2n.Context, client: rs2n.Context, pair: Pair) -> None:
    peer = Peer(echo, server, pair[1])
    tls = client.wrap_socket(pair[0], server_hostname="localhost")
    descriptor = tls.fileno()
    # Not what other tests have left
    gc.collect()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del tls
        gc.collect()
    assert [warning.category for warning in caught] == [ResourceWarning]
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
    assert isinstance(peer.error(), rs2n.TruncatedError)


def test_after_fork_close_sends_nothing_in_the_connection_of_the_other_process(certs: Path) -> None:
    """The parent accepts and closes its copy, the child serves, as socketserver.ForkingMixIn."""
    script = """
import os, socket, sys, rs2n
certs = sys.argv[1]
server = rs2n.Context(rs2n.PROTOCOL_TLS_SERVER)
server.load_cert_chain(certs + "/ecdsa.pem", certs + "/ecdsa.key")
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
sock, _ = listener.accept()
tls = server.wrap_socket(sock)
parent, child = socket.socketpair()
pid = os.fork()
if pid == 0:
    parent.close()
    # After the parent has closed its copy
    assert child.recv(1) == b""
    tls.sendall(b"from the child")
    tls.shutdown(socket.SHUT_WR)
    tls.close()
    os._exit(0)
child.close()
tls.close()
parent.close()
assert os.waitpid(pid, 0)[1] == 0
"""
    command = [sys.executable, "-c", script, str(certs)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        client = rs2n.create_default_context(cafile=certs / "ca.pem")
        plain = socket.create_connection(("127.0.0.1", port))
        with client.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False) as tls:
            assert receive_all(tls) == b"from the child"
        assert process.wait(TIMEOUT) == 0


def test_another_library_in_the_process_keeps_its_symbols() -> None:
    """The extension exports nothing of the library, and needs no libs2n.so."""
    from rs2n import _native

    path = _native.__file__
    with open(path, "rb") as file:
        assert b"libs2n.so.1\0" not in file.read()
    handle = __import__("ctypes").CDLL(path)
    assert not hasattr(handle, "s2n_negotiate")
    assert not hasattr(handle, "aws_lc_0_0_0_SSL_new")
    assert hasattr(handle, "PyInit__native")
