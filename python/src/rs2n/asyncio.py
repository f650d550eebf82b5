"""TLS for asyncio: streams, and the transports below them.

`open_connection()` and `start_server()` are those of asyncio with a `Context` in place of the argument `ssl`. They work
on any event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ._connection import new_buffer
from ._errors import WANT_READ, Error, TruncatedError, WantReadError, ZeroReturnError
from ._memory import MemoryBIO
from ._native import ffi

if TYPE_CHECKING:
    from ._connection import Session
    from ._context import Context

__all__ = ["Transport", "create_connection", "create_server", "open_connection", "start_server"]

_ProtocolT = TypeVar("_ProtocolT", bound=asyncio.BaseProtocol)
_Callback = Callable[[asyncio.StreamReader, asyncio.StreamWriter], "Awaitable[None] | None"]
_READ_SIZE = 1 << 18
_log = logging.getLogger("rs2n")


class _Scratch(threading.local):
    """The buffer for received data, which all connections of a loop share: they copy it at once."""

    def __init__(self) -> None:
        self.memory = new_buffer(_READ_SIZE)


_scratch = _Scratch()


class Transport(asyncio.Transport):
    """The transport of the application's protocol."""

    def __init__(self, tls: _TLSProtocol) -> None:
        super().__init__()
        self._tls = tls

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Returns "rs2n_object", the `TLSObject` with the negotiated parameters, or what the socket's transport has."""
        if name in ("rs2n_object", "ssl_object"):
            return self._tls.object
        return self._tls.raw.get_extra_info(name, default)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._tls.set_protocol(protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._tls.application

    def is_closing(self) -> bool:
        return self._tls.closing

    def is_reading(self) -> bool:
        return not self._tls.paused and not self._tls.closing

    def pause_reading(self) -> None:
        self._tls.pause_reading()

    def resume_reading(self) -> None:
        self._tls.resume_reading()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._tls.raw.set_write_buffer_limits(high, low)

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._tls.raw.get_write_buffer_limits()

    def get_write_buffer_size(self) -> int:
        return self._tls.raw.get_write_buffer_size()

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        self._tls.write(data)

    def can_write_eof(self) -> bool:
        """Returns whether the connection can receive after `write_eof()`: not in TLS 1.2."""
        return self._tls.object.version() == "TLSv1.3"

    def write_eof(self) -> None:
        """Sends a close_notify."""
        self._tls.write_eof()

    def close(self) -> None:
        """Sends the data and a close_notify, and waits for that of the peer as long as `shutdown_timeout` permits."""
        self._tls.close()

    def abort(self) -> None:
        """Closes the connection at once."""
        self._tls.abort()


class _TLSProtocol(asyncio.Protocol):
    """The protocol of the socket's transport: encrypts and decrypts for the protocol of the application."""

    raw: asyncio.Transport

    def __init__(
        self,
        context: Context,
        application: asyncio.BaseProtocol,
        loop: asyncio.AbstractEventLoop,
        server_side: bool,
        server_hostname: str | None = None,
        session: Session | None = None,
        handshake_timeout: float = 60.0,
        shutdown_timeout: float = 5.0,
        suppress_ragged_eofs: bool = False,
    ) -> None:
        self._incoming, self._outgoing = MemoryBIO(), MemoryBIO()
        self.object = context.wrap_bio(self._incoming, self._outgoing, server_side, server_hostname, session)
        self.object._tls.read_ahead()
        self.set_protocol(application)
        self.transport = Transport(self)
        #: Resolved when the handshake is complete, for a client
        self.connected: asyncio.Future[None] = loop.create_future()
        self._loop = loop
        self._timeouts = (handshake_timeout, shutdown_timeout)
        self._suppress_ragged_eofs = suppress_ragged_eofs
        self._timer: asyncio.TimerHandle | None = None
        self._established = False
        self._read_eof = False
        self._wrote_eof = False
        # The application's protocol is connected until it is told otherwise, once.
        self._told_lost = False
        self.paused = False
        self.closing = False

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.application = protocol
        self._buffered = isinstance(protocol, asyncio.BufferedProtocol)

    # What the socket's transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.raw = transport  # type: ignore[assignment]
        self._timer = self._loop.call_later(self._timeouts[0], self._handshake_timed_out)
        self._proceed()

    def data_received(self, data: bytes) -> None:
        self._incoming.write(data)
        self._proceed()

    def eof_received(self) -> bool:
        self._incoming.write_eof()
        self._proceed()
        # The transport is closed by close().
        return True

    def pause_writing(self) -> None:
        if self._established and not self._told_lost:
            self.application.pause_writing()

    def resume_writing(self) -> None:
        if self._established and not self._told_lost:
            self.application.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_timer()
        self.closing = True
        if not self._established and exc is None:
            exc = ConnectionResetError("the connection was closed during the handshake")
        self._tell_lost(exc)

    # The connection

    def _proceed(self) -> None:
        """Processes what has arrived, as far as possible."""
        if self.closing and self._told_lost:
            return
        try:
            if not self._established:
                self.object.do_handshake()
                self._complete()
            if self.closing:
                self._await_close()
            else:
                self._deliver()
        except WantReadError:
            pass
        except Error as error:
            self._fail(error)
        except Exception as error:
            # Of the application's protocol or callback
            self._fail(error)
            if self._established or self.object.server_side:
                context = {"message": "error in a TLS connection", "exception": error, "protocol": self.application}
                self._loop.call_exception_handler(context)
        finally:
            self._flush()

    def _complete(self) -> None:
        self._cancel_timer()
        self._established = True
        self._flush()
        self.application.connection_made(self.transport)
        if not self.connected.done():
            self.connected.set_result(None)

    def _deliver(self) -> None:
        """Passes decrypted data to the application until there is none, or until it pauses."""
        while not self.paused and not self.closing and not self._read_eof:
            count = self._read()
            if count is None:
                break
            if count == 0:
                self._read_eof = True
                if not self.application.eof_received():  # type: ignore[attr-defined]
                    self.close()

    def _read(self) -> int | None:
        """Passes data to the application; returns the number of its bytes, 0 at the end, None if there is none yet."""
        if not self._buffered:
            count = self._receive_into(_scratch.memory, _READ_SIZE)
            if count:
                data = bytes(ffi.buffer(_scratch.memory, count))
                self.application.data_received(data)  # type: ignore[attr-defined]
            return count
        with ffi.from_buffer("char[]", self.application.get_buffer(_READ_SIZE)) as memory:  # type: ignore[attr-defined]
            count = self._receive_into(memory, len(memory))
        if count:
            self.application.buffer_updated(count)  # type: ignore[attr-defined]
        return count

    def _receive_into(self, memory: Any, size: int) -> int | None:
        # Without an exception for each time that no data is left
        connection = self.object._tls
        count = connection.receive_into(memory, size)
        if count >= 0:
            return count
        if count == WANT_READ:
            return None
        error = connection.error(count)
        if isinstance(error, ZeroReturnError) or (isinstance(error, TruncatedError) and self._suppress_ragged_eofs):
            return 0
        raise error

    def _flush(self) -> None:
        if self._outgoing.pending:
            data = self._outgoing.read()
            if not self.raw.is_closing():
                self.raw.write(data)

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        if self.closing:
            # As other transports do: the protocol was told that the connection is lost.
            return
        if self._wrote_eof:
            raise RuntimeError("cannot write after write_eof()")
        with memoryview(data) as view, view.cast("B") as rest:
            sent = 0
            try:
                while sent < len(rest):
                    sent += self.object.write(rest[sent:])
            except Error as error:
                self._fail(error)
        self._flush()

    def write_eof(self) -> None:
        if not self._wrote_eof and not self.closing:
            self._wrote_eof = True
            self.object.shutdown_send()
            self._flush()

    def pause_reading(self) -> None:
        if not self.closing and not self.paused:
            self.paused = True
            self.raw.pause_reading()

    def resume_reading(self) -> None:
        if not self.closing and self.paused:
            self.paused = False
            self.raw.resume_reading()
            # Not within this call: the protocol does not expect data before it returns.
            self._loop.call_soon(self._proceed)

    # Closing

    def close(self) -> None:
        if self.closing:
            return
        self.closing = True
        if not self._established:
            self.raw.abort()
            return
        if self.paused:
            self.raw.resume_reading()
        self._bound_close()
        self._proceed()

    def _await_close(self) -> None:
        with contextlib.suppress(TruncatedError, ZeroReturnError):
            self.object.unwrap()
        self._close_raw()

    def _close_raw(self) -> None:
        """Closes the socket's transport, which sends what it has, and then calls `connection_lost()`."""
        self._flush()
        self._bound_close()
        self.raw.close()

    def _bound_close(self, unsent: int | None = None) -> None:
        """Aborts the connection if nothing is sent any more, and no close_notify arrives, in the time for it."""
        self._cancel_timer()
        left = self.raw.get_write_buffer_size()
        if unsent is not None and left >= unsent:
            self.raw.abort()
            return
        self._timer = self._loop.call_later(self._timeouts[1], self._bound_close, left)

    def abort(self) -> None:
        self.closing = True
        self.raw.abort()

    def _handshake_timed_out(self) -> None:
        self._tell_lost(TimeoutError("the TLS handshake has timed out"))
        self.abort()

    def _fail(self, error: Exception) -> None:
        """Reports an error, and closes the socket after the blinding delay."""
        self._cancel_timer()
        self.closing = True
        _log.debug("TLS connection failed: %s", error)
        self._tell_lost(error)
        delay = self.object.blinding_delay
        if delay:
            self.raw.pause_reading()
            self._timer = self._loop.call_later(delay, self._close_failed)
        else:
            self._close_failed()

    def _close_failed(self) -> None:
        try:
            # The alert
            self.object.shutdown_send()
        except Error as error:
            _log.debug("no alert was sent: %s", error)
        self._close_raw()

    def _tell_lost(self, error: Exception | None) -> None:
        if self._told_lost:
            return
        self._told_lost = True
        if not self.connected.done():
            self.connected.set_exception(error or ConnectionAbortedError("the connection was closed"))
            # On a server, no coroutine awaits the future
            self.connected.exception()
        if self._established:
            self._loop.call_soon(self.application.connection_lost, error)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


async def create_connection(
    protocol_factory: Callable[[], _ProtocolT],
    host: str | None = None,
    port: int | None = None,
    *,
    context: Context,
    server_hostname: str | None = None,
    session: Session | None = None,
    handshake_timeout: float = 60.0,
    shutdown_timeout: float = 5.0,
    suppress_ragged_eofs: bool = False,
    **options: Any,
) -> tuple[Transport, _ProtocolT]:
    """Connects to a server, and returns the transport and the protocol when the handshake is complete.

    `server_hostname` is `host` if it is not given. The options are those of `loop.create_connection()`.
    """
    loop = asyncio.get_running_loop()
    application = protocol_factory()
    tls = _TLSProtocol(
        context,
        application,
        loop,
        server_side=False,
        server_hostname=host if server_hostname is None else server_hostname,
        session=session,
        handshake_timeout=handshake_timeout,
        shutdown_timeout=shutdown_timeout,
        suppress_ragged_eofs=suppress_ragged_eofs,
    )
    endpoint: dict[str, Any] = {"host": host, "port": port}
    await loop.create_connection(lambda: tls, **endpoint, **options)
    try:
        await tls.connected
    except asyncio.CancelledError:
        tls.abort()
        raise
    return tls.transport, application


async def create_server(
    protocol_factory: Callable[[], asyncio.BaseProtocol],
    host: Any = None,
    port: int | None = None,
    *,
    context: Context,
    handshake_timeout: float = 60.0,
    shutdown_timeout: float = 5.0,
    suppress_ragged_eofs: bool = False,
    **options: Any,
) -> asyncio.Server:
    """Creates a server; protocols are connected when their handshake is complete.

    The options are those of `loop.create_server()`.
    """
    loop = asyncio.get_running_loop()
    if not context.server_side:
        raise ValueError("the context is one of a client")

    def factory() -> _TLSProtocol:
        return _TLSProtocol(
            context,
            protocol_factory(),
            loop,
            server_side=True,
            handshake_timeout=handshake_timeout,
            shutdown_timeout=shutdown_timeout,
            suppress_ragged_eofs=suppress_ragged_eofs,
        )

    return await loop.create_server(factory, host, port, **options)


async def open_connection(
    host: str | None = None, port: int | None = None, *, context: Context, limit: int = 1 << 16, **options: Any
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connects to a server, and returns the streams. The options are those of `create_connection()`."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=limit, loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    transport, _ = await create_connection(lambda: protocol, host, port, context=context, **options)
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


async def start_server(
    client_connected_cb: _Callback,
    host: Any = None,
    port: int | None = None,
    *,
    context: Context,
    limit: int = 1 << 16,
    **options: Any,
) -> asyncio.Server:
    """Starts a server that calls `client_connected_cb(reader, writer)` for each connection.

    The options are those of `create_server()`.
    """
    loop = asyncio.get_running_loop()

    def factory() -> asyncio.StreamReaderProtocol:
        reader = asyncio.StreamReader(limit=limit, loop=loop)
        return asyncio.StreamReaderProtocol(reader, client_connected_cb, loop=loop)

    return await create_server(factory, host, port, context=context, **options)
