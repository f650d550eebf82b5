"""Certificates, contexts and peers of the tests."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import rs2n

#: Bound of everything that could wait for ever
TIMEOUT = 60
socket.setdefaulttimeout(TIMEOUT)


class Peer(threading.Thread):
    """A function that runs in a thread of its own; `result()` waits for it, and raises what it has raised."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        super().__init__(daemon=True)
        self._function, self._arguments = function, arguments
        self._result: Any = None
        self._exception: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._result = self._function(*self._arguments)
        except BaseException as error:
            self._exception = error

    def result(self) -> Any:
        self.join(TIMEOUT)
        assert not self.is_alive(), "the peer does not end"
        # Without a cycle of the traceback, the frame, and this object
        exception, self._exception = self._exception, None
        if exception is not None:
            raise exception
        return self._result

    def error(self) -> BaseException:
        self.join(TIMEOUT)
        assert not self.is_alive(), "the peer does not end"
        assert self._exception is not None, self._result
        return self._exception


@pytest.fixture(scope="session")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the certificates: see tests/certs/make.sh."""
    if "RS2N_CERTS" in os.environ:
        return Path(os.environ["RS2N_CERTS"])
    folder = tmp_path_factory.mktemp("certs")
    script = Path(__file__).resolve().parents[2] / "tests" / "certs" / "make.sh"
    subprocess.run(["sh", script, folder], check=True)
    return folder


@pytest.fixture
def server(certs: Path) -> rs2n.Context:
    """Without a blinding delay, so that failures do not take long."""
    context = rs2n.Context(rs2n.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certs / "ecdsa.pem", certs / "ecdsa.key")
    context.set_max_blinding_delay(0)
    return context


@pytest.fixture
def client(certs: Path) -> rs2n.Context:
    context = rs2n.create_default_context(cafile=certs / "ca.pem")
    context.set_max_blinding_delay(0)
    return context


@pytest.fixture
def ssl_server(certs: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certs / "ecdsa.pem", certs / "ecdsa.key")
    return context


@pytest.fixture
def ssl_client(certs: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certs / "ca.pem"))


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two connected sockets, with a timeout."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        a = socket.create_connection(listener.getsockname())
        b, _ = listener.accept()
    yield a, b
    a.close()
    b.close()


def echo(context: Any, sock: socket.socket) -> None:
    """Serves one connection: sends back what it receives, until the end of the data."""
    with context.wrap_socket(sock, server_side=True) as tls:
        while data := tls.recv(65536):
            tls.sendall(data)


def receive_all(sock: Any) -> bytes:
    data = b""
    while part := sock.recv(65536):
        data += part
    return data
