"""Memory buffers between a connection and a transport that is not a socket."""

from __future__ import annotations


class MemoryBIO:
    """A buffer of bytes that is written at one end and read at the other, as `ssl.MemoryBIO`."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._eof_written = False

    @property
    def pending(self) -> int:
        """The number of bytes in the buffer."""
        return len(self._data)

    @property
    def eof(self) -> bool:
        """Whether the end of the stream is reached: all is read, and `write_eof()` was called."""
        return self._eof_written and not self._data

    def read(self, n: int = -1) -> bytes:
        """Removes and returns at most `n` bytes, or all of them."""
        if n < 0 or n >= len(self._data):
            data = bytes(self._data)
            self._data.clear()
            return data
        data = bytes(self._data[:n])
        del self._data[:n]
        return data

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Appends data; returns its length in bytes."""
        if self._eof_written:
            raise ValueError("cannot write after write_eof()")
        before = len(self._data)
        self._data += data
        return len(self._data) - before

    def write_eof(self) -> None:
        """Marks the end of the stream."""
        self._eof_written = True
