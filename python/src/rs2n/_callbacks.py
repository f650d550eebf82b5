"""Callbacks of the library.

The library calls them within a call, in its thread. An exception must not propagate through its frames: it is kept for
the thread, the callback fails, and so does the call, which then raises the exception.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from typing import Any, Protocol

from ._memory import MemoryBIO
from ._native import ffi, lib


class Transport:
    """The memory buffers of a connection."""

    def __init__(self, incoming: MemoryBIO, outgoing: MemoryBIO) -> None:
        self.incoming = incoming
        self.outgoing = outgoing


class ContextCallbacks(Protocol):
    """What callbacks use of a context."""

    def log_key(self, line: bytes) -> None: ...

    def crl(self, issuer: int) -> Any: ...


class _Pending(threading.local):
    exception: BaseException | None = None


_pending = _Pending()


def raise_pending() -> None:
    """Raises the exception that a callback has raised in this thread's last call."""
    exception, _pending.exception = _pending.exception, None
    if exception is not None:
        try:
            raise exception
        finally:
            del exception


def _keep(kind: Any, exception: BaseException, traceback: Any) -> None:
    del kind, traceback
    _pending.exception = exception


def _callback(error: int) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Defines a callback of build_native.py that returns `error` if it raises an exception."""
    return ffi.def_extern(error=error, onerror=_keep)  # type: ignore[no-any-return]


@_callback(-1)
def rs2n_py_receive(io: Any, buffer: Any, size: int) -> int:
    incoming: MemoryBIO = ffi.from_handle(io).incoming
    count = min(size, len(incoming._data))
    if count == 0 and not incoming._eof_written:
        ffi.errno = errno.EAGAIN
        return -1
    ffi.memmove(buffer, incoming._data, count)
    del incoming._data[:count]
    return count


@_callback(-1)
def rs2n_py_transmit(io: Any, data: Any, length: int) -> int:
    outgoing: MemoryBIO = ffi.from_handle(io).outgoing
    outgoing._data += ffi.buffer(data, length)
    return length


@_callback(-1)
def rs2n_py_client_hello(conn: Any, context: Any) -> int:
    del context
    ffi.from_handle(lib.s2n_connection_get_ctx(conn))().received_client_hello()
    return 0


@_callback(-1)
def rs2n_py_key_log(context: Any, conn: Any, line: Any, length: int) -> int:
    del conn
    callbacks: ContextCallbacks = ffi.from_handle(context)()
    callbacks.log_key(bytes(ffi.buffer(line, length)))
    return 0


@_callback(-1)
def rs2n_py_crl_lookup(lookup: Any, context: Any) -> int:
    callbacks: ContextCallbacks = ffi.from_handle(context)()
    issuer = ffi.new("uint64_t *")
    if lib.s2n_crl_lookup_get_cert_issuer_hash(lookup, issuer) < 0:
        return -1
    crl = callbacks.crl(issuer[0])
    status: int = lib.s2n_crl_lookup_ignore(lookup) if crl is None else lib.s2n_crl_lookup_set(lookup, crl)
    return status


@_callback(-1)
def rs2n_py_passphrase(context: Any, buffer: Any, size: int, length: Any) -> int:
    passphrase: bytes | bytearray = ffi.from_handle(context)()
    if len(passphrase) > size:
        raise ValueError(f"the password is longer than {size} bytes")
    ffi.memmove(buffer, passphrase, len(passphrase))
    length[0] = len(passphrase)
    return 0
