"""TLS connections on sockets."""

from __future__ import annotations

import errno
import math
import select
import socket
import threading
import time
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from ._connection import Connection, Session, new_buffer, writable
from ._errors import WANT_READ, WANT_WRITE, TruncatedError, ZeroReturnError
from ._linger import process
from ._native import ffi
from ._properties import Properties

if TYPE_CHECKING:
    from ._context import Context

_Self = TypeVar("_Self", bound="Socket")
_CHUNK = 1 << 18


class Socket(Properties, socket.socket):
    """A TLS connection on a stream socket, as `ssl.SSLSocket`. `Context.wrap_socket()` creates it.

    One thread may send while another receives. `close()` may be called in any thread: calls that wait in others fail.
    """

    # Set by _wrap()
    _wrapping: tuple[Context, bool, str | None, Session | None]
    _timeout: float | None
    _suppress_ragged_eofs: bool
    _do_handshake_on_connect: bool
    _lock: threading.Lock
    _handshake_lock: threading.RLock
    _sending: threading.Lock
    _receiving: threading.Lock
    _calls: int
    _closing: bool
    _forks: int
    # None before the socket is connected, and after it is closed
    _tls: Connection | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise TypeError("use Context.wrap_socket()")

    @classmethod
    def _wrap(
        cls: type[_Self],
        context: Context,
        sock: socket.socket,
        server_side: bool,
        do_handshake_on_connect: bool,
        suppress_ragged_eofs: bool,
        server_hostname: str | None,
        session: Session | None,
    ) -> _Self:
        if sock.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) != socket.SOCK_STREAM:
            raise NotImplementedError("only stream sockets are supported")
        if isinstance(sock, Socket):
            raise NotImplementedError("TLS in TLS requires wrap_bio()")
        self = cls.__new__(cls)
        timeout = sock.gettimeout()
        # The arguments are validated before the socket is taken over.
        tls = Connection(context, self, server_side, server_hostname, session)
        connected = _is_connected(sock)
        socket.socket.__init__(self, sock.family, sock.type, sock.proto, sock.detach())
        self._wrapping = (context, server_side, server_hostname, session)
        self._timeout = timeout
        self._suppress_ragged_eofs = suppress_ragged_eofs
        self._do_handshake_on_connect = do_handshake_on_connect
        self._lock = threading.Lock()
        # A callback of the handshake may call methods, which then fail instead of waiting for ever.
        self._handshake_lock = threading.RLock()
        # The library rejects a second call in a direction only while the first is within it, and not while the first
        # waits: the rest of a record would then be counted as the data of the second.
        self._sending = threading.Lock()
        self._receiving = threading.Lock()
        self._calls = 0
        self._closing = False
        self._forks = process.forks
        self._tls = None
        if connected:
            self._attach(tls)
        return self

    def _attach(self, tls: Connection) -> None:
        """Begins TLS on the socket, which is connected."""
        # All waiting is done in Python, so that signals, timeouts and close() end it.
        super().settimeout(0)
        tls.use_descriptor(self.fileno())
        self._tls = tls
        if self._do_handshake_on_connect and self._timeout != 0:
            try:
                self.do_handshake()
            except BaseException:
                self.close()
                raise

    def _connection(self) -> Connection:
        tls = self._tls
        if tls is None:
            raise OSError(errno.EBADF if self._closing else errno.ENOTCONN, "the socket has no TLS connection")
        return tls

    # Calls: each is counted, so that close() closes the descriptor when none uses it any more.

    def _enter(self) -> Connection:
        with self._lock:
            if self._closing:
                raise _closed()
            tls = self._connection()
            self._calls += 1
            return tls

    def _leave(self) -> None:
        with self._lock:
            self._calls -= 1
            last = self._closing and self._calls == 0
        if last:
            self._finish()

    def _call(self, function: Callable[..., int], *arguments: Any, end: float | None = None) -> int:
        """Performs a call on the established connection, waiting until `end`, or as the timeout permits."""
        direction = self._receiving if function is Connection.receive_into else self._sending
        _claim(direction)
        try:
            tls = self._enter()
            try:
                if not tls.established:
                    self._negotiate(tls)
                return self._repeat(tls, function, tls, *arguments, end=end)
            finally:
                self._leave()
        finally:
            direction.release()

    def _negotiate(self, tls: Connection) -> None:
        # Two threads may begin to send and to receive at the same time.
        with self._handshake_lock:
            if not tls.established:
                self._repeat(tls, Connection.negotiate, tls)

    def _repeat(self, tls: Connection, function: Callable[..., int], *arguments: Any, end: float | None = None) -> int:
        while (result := function(*arguments)) < 0:
            if self._closing:
                raise _closed()
            if self._timeout == 0 or result not in (WANT_READ, WANT_WRITE):
                raise tls.error(result, sending=function is Connection.send)
            if end is None and self._timeout is not None:
                end = time.monotonic() + self._timeout
            self._wait(result, end)
        return result

    def _wait(self, result: int, end: float | None) -> None:
        """Waits until the descriptor is ready."""
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN if result == WANT_READ else select.POLLOUT)
        left = None if end is None else max(0, math.ceil((end - time.monotonic()) * 1000))
        ready = poll.poll(left)
        if self._closing:
            raise _closed()
        if not ready:
            raise TimeoutError("the TLS connection has timed out")

    def do_handshake(self, block: bool = False) -> None:
        """Performs the handshake. Receiving and sending do it, too, if it was not done before."""
        del block
        tls = self._enter()
        try:
            self._negotiate(tls)
        finally:
            self._leave()

    def send(self, data: Any, flags: int = 0) -> int:
        """Sends data, and returns the number of bytes, which may be less."""
        _no_flags(flags)
        return self._call(Connection.send, data)

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Sends all of the data. The timeout applies to the whole call."""
        _no_flags(flags)
        end = None if not self._timeout else time.monotonic() + self._timeout
        sent = self._call(Connection.send, data)
        with memoryview(data) as view:
            if sent == view.nbytes:
                return
            with view.cast("B") as rest:
                while sent < len(rest):
                    sent += self._call(Connection.send, rest[sent:], end=end)

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """Sends the content of a file; returns the number of bytes."""
        file.seek(offset)
        sent = 0
        while count is None or sent < count:
            data = file.read(_CHUNK if count is None else min(_CHUNK, count - sent))
            if not data:
                break
            self.sendall(data)
            sent += len(data)
        return sent

    def write(self, data: Any) -> int:
        """Does the same as `send()`."""
        return self.send(data)

    def recv(self, bufsize: int = 16384, flags: int = 0) -> bytes:
        """Receives at most `bufsize` bytes of data; none after the end of the data."""
        _no_flags(flags)
        if bufsize < 0:
            raise ValueError("the size is negative")
        memory = new_buffer(bufsize)
        return bytes(ffi.buffer(memory, self._receive(memory, bufsize)))

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        """Receives data into a buffer, without a copy; returns the number of bytes, 0 after the end of the data."""
        _no_flags(flags)
        memory, size = writable(buffer, nbytes)
        with memory:
            return self._receive(memory, size)

    def read(self, len: int = 16384, buffer: Any = None) -> bytes | int:  # noqa: A002 - the name in ssl
        """Does the same as `recv()`, or as `recv_into()` if there is a buffer."""
        return self.recv(len) if buffer is None else self.recv_into(buffer, len)

    def _receive(self, memory: Any, size: int) -> int:
        if size == 0:
            return 0
        try:
            return self._call(Connection.receive_into, memory, size)
        except ZeroReturnError:
            return 0
        except TruncatedError:
            if self._suppress_ragged_eofs and self._connection().established:
                return 0
            raise

    # Closing

    def shutdown_send(self) -> None:
        """Sends a close_notify: the peer reads the end of the data. In TLS 1.3 this side can still receive."""
        self._call(Connection.shutdown_send)

    def shutdown(self, how: int) -> None:
        """Sends a close_notify if `how` includes sending, and shuts the socket down."""
        if self._tls is not None and how in (socket.SHUT_WR, socket.SHUT_RDWR) and self._tls.established:
            self.shutdown_send()
        super().shutdown(how)

    def unwrap(self) -> socket.socket:
        """Closes TLS in both directions, and returns the socket, for data without TLS.

        Waits for the close_notify of the peer; data that arrives before it is discarded.
        """
        _claim(self._receiving)
        try:
            self._call(Connection.shutdown)
        except TruncatedError:
            if not self._suppress_ragged_eofs:
                raise
        finally:
            self._receiving.release()
        timeout = self._timeout
        plain = socket.socket(self.family, self.type, self.proto, self.detach())
        plain.settimeout(timeout)
        return plain

    def detach(self) -> int:
        """Ends the use of TLS without a message to the peer, and returns the descriptor."""
        with self._lock:
            self._closing = True
            self._tls = None
        return super().detach()

    def _real_close(self) -> None:
        # Called by close() of the base class when no file of makefile() is open.
        with self._lock:
            if self._closing:
                return
            self._closing = True
            busy = self._calls > 0
        if not busy:
            self._finish()
            return
        try:
            # Wakes the threads that wait; the last of them closes the descriptor.
            super().shutdown(socket.SHUT_RDWR)
        except OSError as error:
            if error.errno != errno.ENOTCONN:
                raise

    def _finish(self, collected: bool = False) -> None:
        tls, self._tls = self._tls, None
        if tls is not None:
            seconds = tls.lingering_seconds()
            if seconds > 0:
                process.lingering.hold(tls, super().detach(), seconds, wait=not collected)
                return
            # A copy of the connection in another process may still be used. Garbage collection can run between a
            # call of the library and the query for its error.
            if not collected and self._forks == process.forks:
                tls.close_notify()
        super()._real_close()  # type: ignore[misc]

    def __del__(self) -> None:
        # Also of an object that could not be initialized
        if getattr(self, "_tls", None) is None:
            super().__del__()  # type: ignore[misc]
        elif self.fileno() >= 0 and not self._closing:
            try:
                warnings.warn(f"unclosed {self!r}", ResourceWarning, source=self, stacklevel=2)
            finally:
                self._closing = True
                self._finish(collected=True)

    # Sockets

    def gettimeout(self) -> float | None:
        return self._timeout

    @property
    def timeout(self) -> float | None:
        """The same as `gettimeout()`."""
        return self._timeout

    def settimeout(self, value: float | None) -> None:
        """Sets the timeout of each call. The descriptor itself is always non-blocking."""
        if value is not None and value < 0:
            raise ValueError("the timeout is negative")
        self._timeout = value
        if self._tls is None:
            super().settimeout(value)

    def getblocking(self) -> bool:
        return self._timeout != 0

    def setblocking(self, flag: bool) -> None:
        self.settimeout(None if flag else 0.0)

    def accept(self) -> tuple[Socket, Any]:
        """Accepts a connection. `do_handshake_on_connect` decides whether its handshake is done here, or by its first
        call in the thread that serves it.
        """
        plain, address = super().accept()
        context, server_side, _, _ = self._wrapping
        try:
            wrapped = context.wrap_socket(plain, server_side, self._do_handshake_on_connect, self._suppress_ragged_eofs)
        except BaseException:
            plain.close()
            raise
        return wrapped, address

    def connect(self, address: Any) -> None:
        """Connects the socket, and performs the handshake."""
        if self._tls is not None:
            raise OSError(errno.EISCONN, "the socket is connected")
        super().connect(address)
        context, server_side, server_hostname, session = self._wrapping
        self._attach(Connection(context, self, server_side, server_hostname, session))

    def connect_ex(self, address: Any) -> int:
        """Does the same as `connect()`; returns the error of the connection attempt."""
        try:
            self.connect(address)
        except BlockingIOError as error:
            return error.errno or errno.EINPROGRESS
        return 0

    def dup(self) -> NoReturn:
        raise NotImplementedError("a TLS connection cannot be duplicated")

    def recvfrom(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ValueError("recvfrom() is not for TLS connections")

    def recvfrom_into(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ValueError("recvfrom_into() is not for TLS connections")

    def recvmsg(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ValueError("recvmsg() is not for TLS connections")

    def recvmsg_into(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ValueError("recvmsg_into() is not for TLS connections")

    def sendto(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ValueError("sendto() is not for TLS connections")

    def sendmsg(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ValueError("sendmsg() is not for TLS connections")


def _claim(direction: threading.Lock) -> None:
    if not direction.acquire(blocking=False):
        raise RuntimeError("another thread uses this direction of the connection")


def _is_connected(sock: socket.socket) -> bool:
    try:
        sock.getpeername()
    except OSError as error:
        if error.errno not in (errno.ENOTCONN, errno.EINVAL):
            raise
        return False
    return True


def _closed() -> OSError:
    return OSError(errno.EBADF, "the socket is closed")


def _no_flags(flags: int) -> None:
    if flags:
        raise ValueError("flags are not for TLS connections")
