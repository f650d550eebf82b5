"""Streams and transports of asyncio."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import TIMEOUT

import rs2n
import rs2n.asyncio

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
# A record of the handshake with a ClientHello that is malformed
GARBAGE = b"\x16\x03\x01\x00\x05\x01\0\0\1\0"


def run(main: Awaitable[Any]) -> Any:
    async def bounded() -> Any:
        return await asyncio.wait_for(main, TIMEOUT)

    return asyncio.run(bounded())


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def serving(
    context: rs2n.Context,
    work: Callable[[int], Awaitable[Any]],
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]] = echo,
    **options: Any,
) -> Any:
    """Runs a server during `work(port)`."""
    tasks: list[asyncio.Task[Any]] = []

    async def tracked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.append(task)
        await serve(reader, writer)

    server = await rs2n.asyncio.start_server(tracked, "127.0.0.1", 0, context=context, **options)
    async with server:
        result = await work(server.sockets[0].getsockname()[1])
        await asyncio.gather(*tasks)
        return result


def test_many_connections_with_large_data(server: rs2n.Context, client: rs2n.Context) -> None:
    async def exchange(port: int) -> None:
        reader, writer = await rs2n.asyncio.open_connection("localhost", port, context=client)
        data = bytes(range(256)) * 4000

        async def send() -> None:
            writer.write(data)
            await writer.drain()
            writer.write_eof()

        sender = asyncio.create_task(send())
        # Half-close: the server answers after the end of what it receives.
        assert await reader.read() == data
        await sender
        writer.close()
        await writer.wait_closed()

    async def work(port: int) -> None:
        await asyncio.gather(*(exchange(port) for _ in range(100)))

    run(serving(server, work))


def test_extra_info(server: rs2n.Context, client: rs2n.Context) -> None:
    client.set_alpn_protocols(["a"])
    server.set_alpn_protocols(["a"])

    async def work(port: int) -> None:
        reader, writer = await rs2n.asyncio.open_connection("localhost", port, context=client)
        tls = writer.get_extra_info("rs2n_object")
        assert isinstance(tls, rs2n.TLSObject)
        assert tls.selected_alpn_protocol() == "a"
        assert tls.server_hostname == "localhost"
        assert writer.get_extra_info("peername")[1] == port
        assert writer.get_extra_info("no such thing", 5) == 5
        assert writer.can_write_eof()
        assert not writer.is_closing()
        writer.close()
        assert writer.is_closing()
        await writer.wait_closed()
        assert await reader.read() == b""

    run(serving(server, work))


def test_flow_control_in_both_directions(server: rs2n.Context, client: rs2n.Context) -> None:
    """A reader that does not read stops the writer; then all of the data arrives."""
    size = 30_000_000

    async def send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x" * size)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def work(port: int) -> None:
        reader, writer = await rs2n.asyncio.open_connection("localhost", port, context=client)
        # Until the transport is paused by its reader
        transport = writer.transport
        assert isinstance(transport, rs2n.asyncio.Transport)
        while transport.is_reading():
            await asyncio.sleep(0.001)
        assert len(reader._buffer) < 2_000_000  # type: ignore[attr-defined]
        received = 0
        while data := await reader.read(1 << 20):
            received += len(data)
        assert received == size
        writer.close()
        await writer.wait_closed()

    run(serving(server, work, send, shutdown_timeout=1.0))


def test_the_ssl_module_of_asyncio_as_the_peer(
    server: rs2n.Context, client: rs2n.Context, ssl_client: ssl.SSLContext, ssl_server: ssl.SSLContext
) -> None:
    async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x" * 100_000)
        assert await reader.readexactly(100_000) == b"x" * 100_000
        writer.close()
        await writer.wait_closed()

    async def theirs(port: int) -> None:
        await exchange(*await asyncio.open_connection("localhost", port, ssl=ssl_client))

    run(serving(server, theirs))

    async def ours() -> None:
        async with await asyncio.start_server(echo, "127.0.0.1", 0, ssl=ssl_server) as server:
            port = server.sockets[0].getsockname()[1]
            await exchange(*await rs2n.asyncio.open_connection("localhost", port, context=client))

    run(ours())


def test_sessions(server: rs2n.Context, client: rs2n.Context) -> None:
    server.add_ticket_key(b"key", b"0123456789abcdef0123456789abcdef")

    async def work(port: int) -> list[bool]:
        session, reused = None, []
        for _ in range(2):
            options: dict[str, Any] = {"context": client, "session": session}
            reader, writer = await rs2n.asyncio.open_connection("localhost", port, **options)
            writer.write(b"data")
            await reader.readexactly(4)
            tls = writer.get_extra_info("rs2n_object")
            session = tls.session
            reused.append(tls.session_reused)
            writer.close()
            await writer.wait_closed()
        return reused

    assert run(serving(server, work)) == [False, True]


def test_untrusted_server(server: rs2n.Context, certs: Path) -> None:
    client = rs2n.create_default_context(cafile=certs / "other-ca.pem")

    async def work(port: int) -> None:
        with pytest.raises(rs2n.CertificateVerificationError):
            await rs2n.asyncio.open_connection("localhost", port, context=client)

    run(serving(server, work))


def test_handshake_timeout(client: rs2n.Context) -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            with pytest.raises(TimeoutError):
                await rs2n.asyncio.open_connection("127.0.0.1", port, context=client, handshake_timeout=0.05)

    run(main())


def test_cancelled_handshake(client: rs2n.Context) -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            opening = rs2n.asyncio.open_connection("127.0.0.1", silent.getsockname()[1], context=client)
            task = asyncio.create_task(opening)
            accepted, _ = await asyncio.to_thread(silent.accept)
            assert await asyncio.to_thread(accepted.recv, 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            accepted.close()

    run(main())


def test_close_does_not_wait_for_a_silent_peer_for_ever(server: rs2n.Context, client: rs2n.Context) -> None:
    released = asyncio.Event()

    async def ignore(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert isinstance(writer.transport, rs2n.asyncio.Transport)
        writer.transport.pause_reading()
        await released.wait()
        writer.transport.abort()

    async def work(port: int) -> None:
        options: dict[str, Any] = {"context": client, "shutdown_timeout": 0.05}
        _, writer = await rs2n.asyncio.open_connection("localhost", port, **options)
        writer.close()
        await writer.wait_closed()
        released.set()

    run(serving(server, work, ignore))


@pytest.mark.parametrize("suppress", [True, False])
def test_truncation(server: rs2n.Context, client: rs2n.Context, suppress: bool) -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"data")
        # The transport of the socket, below TLS
        writer.transport._tls.raw.close()  # type: ignore[attr-defined]
        await writer.wait_closed()

    async def work(port: int) -> None:
        options: dict[str, Any] = {"context": client, "suppress_ragged_eofs": suppress}
        reader, writer = await rs2n.asyncio.open_connection("localhost", port, **options)
        assert await reader.readexactly(4) == b"data"
        if suppress:
            assert await reader.read() == b""
        else:
            with pytest.raises(rs2n.TruncatedError):
                await reader.read()
        writer.close()
        if suppress:
            await writer.wait_closed()

    run(serving(server, work, cut))


def test_server_closes_a_failed_connection_after_the_delay(certs: Path) -> None:
    server = rs2n.Context(rs2n.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certs / "ecdsa.pem", certs / "ecdsa.key")
    server.set_max_blinding_delay(3)

    async def work(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        begin = time.monotonic()
        writer.write(GARBAGE)
        # Meanwhile the loop serves others.
        assert (await reader.read())[:1] == b"\x15"
        assert time.monotonic() - begin >= 0.99
        writer.close()
        await writer.wait_closed()

    run(serving(server, work))


def test_an_exception_of_the_sni_callback_is_reported_to_the_loop(server: rs2n.Context, client: rs2n.Context) -> None:
    def callback(*_: object) -> None:
        raise LookupError("from the callback")

    server.sni_callback = callback
    reported = []

    async def work(port: int) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context["exception"]))
        with pytest.raises(OSError):  # noqa: PT011 - the end of the connection, or an alert
            await rs2n.asyncio.open_connection("localhost", port, context=client)

    run(serving(server, work))
    assert [str(error) for error in reported] == ["from the callback"]


def test_buffered_protocols(server: rs2n.Context, client: rs2n.Context) -> None:
    class Buffered(asyncio.BufferedProtocol):
        def __init__(self) -> None:
            self.buffer = bytearray(100)
            self.received = b""
            self.lost = asyncio.get_running_loop().create_future()

        def get_buffer(self, sizehint: int) -> bytearray:
            return self.buffer

        def buffer_updated(self, nbytes: int) -> None:
            self.received += self.buffer[:nbytes]

        def connection_lost(self, exc: Exception | None) -> None:
            self.lost.set_result(exc)

    async def work(port: int) -> None:
        transport, protocol = await rs2n.asyncio.create_connection(Buffered, "localhost", port, context=client)
        assert transport.get_protocol() is protocol
        transport.writelines([b"0123456789"] * 50)
        transport.write_eof()
        assert await protocol.lost is None
        assert protocol.received == b"0123456789" * 50

    run(serving(server, work))
