"""TLS connections on memory buffers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from ._callbacks import Transport
from ._connection import Connection, Session, new_buffer, writable
from ._native import ffi
from ._properties import Properties

if TYPE_CHECKING:
    from ._context import Context
    from ._memory import MemoryBIO

_Self = TypeVar("_Self", bound="TLSObject")


class TLSObject(Properties):
    """A TLS connection that reads from one `MemoryBIO` and writes to another, as `ssl.SSLObject`.

    Calls raise `WantReadError` if there is not enough in the incoming buffer; the outgoing buffer may have data after
    any call, also after one that has failed. An object is used by one thread at a time.
    """

    _tls: Connection

    def __init__(self) -> None:
        raise TypeError("use Context.wrap_bio()")

    @classmethod
    def _wrap(
        cls: type[_Self],
        context: Context,
        incoming: MemoryBIO,
        outgoing: MemoryBIO,
        server_side: bool,
        server_hostname: str | None,
        session: Session | None,
    ) -> _Self:
        self = cls.__new__(cls)
        self._tls = Connection(context, self, server_side, server_hostname, session)
        self._tls.use_transport(Transport(incoming, outgoing))
        return self

    def _connection(self) -> Connection:
        return self._tls

    def do_handshake(self) -> None:
        """Performs the handshake, as far as the incoming data allows."""
        self._tls.perform(self._tls.negotiate)

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Encrypts data; returns the number of its bytes."""
        self._negotiated()
        return self._tls.perform(self._tls.send, data)

    def read(self, len: int = 16384, buffer: Any = None) -> bytes | int:  # noqa: A002 - the name in ssl
        """Returns at most `len` bytes of data, none after the peer's close_notify; or reads them into a buffer, and
        returns their number.
        """
        self._negotiated()
        if buffer is not None:
            memory, size = writable(buffer, len)
            return self._tls.perform(self._tls.receive_into, memory, size) if size else 0
        if len <= 0:
            return b""
        memory = new_buffer(len)
        count = self._tls.perform(self._tls.receive_into, memory, len)
        return bytes(ffi.buffer(memory, count))

    def unwrap(self) -> None:
        """Sends a close_notify, and waits for that of the peer. Data that arrives before it is discarded."""
        self._tls.perform(self._tls.shutdown)

    def shutdown_send(self) -> None:
        """Sends a close_notify; in TLS 1.3 the connection can still receive."""
        self._tls.perform(self._tls.shutdown_send)

    @property
    def blinding_delay(self) -> float:
        """Seconds for which the transport has to stay open after an error, so that the peer does not learn from the
        time which check has failed. Then call `shutdown_send()`, and send what is in the outgoing buffer.
        """
        return self._tls.lingering_seconds()

    def _negotiated(self) -> None:
        if not self._tls.established:
            self.do_handshake()
