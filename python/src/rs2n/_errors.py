"""Exceptions, and their creation from the errors of the library."""

from __future__ import annotations

import enum
import errno
import functools
import os
from typing import Any

from ._native import ffi, lib

# Results of the calls in native/glue.c, besides numbers of bytes and errors
WANT_READ = -lib.S2N_BLOCKED_ON_READ
WANT_WRITE = -lib.S2N_BLOCKED_ON_WRITE


class ErrorType(enum.IntEnum):
    """What a program can do about an error: the types of `s2n_error_get_type()`."""

    IO = lib.S2N_ERR_T_IO
    CLOSED = lib.S2N_ERR_T_CLOSED
    BLOCKED = lib.S2N_ERR_T_BLOCKED
    ALERT = lib.S2N_ERR_T_ALERT
    PROTO = lib.S2N_ERR_T_PROTO
    INTERNAL = lib.S2N_ERR_T_INTERNAL
    USAGE = lib.S2N_ERR_T_USAGE


class Error(OSError):
    """A failure of TLS, or of a call of the library."""

    #: Number of the error in the C API
    code: int
    #: Name of the error in the C API, such as S2N_ERR_CERT_UNTRUSTED
    name: str
    #: Type of the error, which says what can be done about it
    type: ErrorType
    #: Name of the error, and its place in the source of the library
    debug: str
    #: The particulars, such as the subject of the certificate; empty if there are none
    detail: str

    def __init__(self, code: int, detail: str = "", debug: str = "") -> None:
        message, self.name, self.type = _describe(code)
        super().__init__(code, message)
        self.code = code
        self.debug = debug
        self.detail = detail

    def __str__(self) -> str:
        text = f"{self.strerror} ({self.name})"
        return f"{text}: {self.detail}" if self.detail else text

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.code, self.detail, self.debug)


class _WouldBlockError(Error, BlockingIOError):
    def __init__(self, code: int = 0, detail: str = "", debug: str = "") -> None:
        del code
        super().__init__(_IO_BLOCKED, detail, debug)
        # What callers of non-blocking sockets check
        self.errno = errno.EAGAIN


class WantReadError(_WouldBlockError):
    """The call is to be repeated when there is more data to read."""


class WantWriteError(_WouldBlockError):
    """The call is to be repeated, with the same data, when data can be written."""


class ZeroReturnError(Error):
    """A close_notify has closed the connection, so that no more data can be sent."""


class TruncatedError(Error):
    """The stream has ended without a close_notify: an attacker may have cut the data off."""


class AlertError(Error):
    """The peer has rejected the connection with an alert."""

    #: The AlertDescription of RFC 8446, 6
    alert: int

    def __init__(self, code: int, detail: str = "", debug: str = "", alert: int = -1) -> None:
        super().__init__(code, detail, debug)
        self.alert = alert

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.code, self.detail, self.debug, self.alert)


class CertificateVerificationError(Error, ValueError):
    """The certificate of the peer is not acceptable; `name` and `detail` say why."""


def check(result: Any) -> Any:
    """Returns the result of a call, or raises an `Error` if it is negative or NULL."""
    if result == ffi.NULL if isinstance(result, ffi.CData) else result < 0:
        raise last_error()
    return result


def last_error() -> Error:
    """Returns the error of this thread's last call."""
    code: int = lib.s2n_errno_location()[0]
    detail = ffi.new("char[]", 512)
    lib.rs2n_error_detail(detail, len(detail))
    return Error(code, _text(detail), _text(lib.s2n_strerror_debug(code, ffi.NULL)))


def connection_error(handle: Any, result: int, sending: bool, write_closed: bool) -> OSError:
    """Returns the exception for a negative result of a function in native/glue.c.

    `sending` is whether the call sends data, and `write_closed` whether a close_notify was sent before.
    """
    if result == WANT_READ:
        return WantReadError()
    if result == WANT_WRITE:
        return WantWriteError()
    # No function of this package makes a connection wait for the application.
    code = -result & 0xFFFFFFFF if result < -lib.S2N_BLOCKED_ON_EARLY_DATA else _ASYNC_BLOCKED
    debug = _text(lib.s2n_strerror_debug(code, ffi.NULL))
    system = -result >> 32
    if system:
        return OSError(system, os.strerror(system))
    detail = _detail(handle)
    kind = lib.s2n_error_get_type(code)
    if kind == ErrorType.ALERT:
        return AlertError(code, detail, debug, lib.s2n_connection_get_alert(handle))
    if kind == ErrorType.CLOSED:
        if lib.s2n_connection_get_alert(handle) == 0 or (sending and write_closed):
            return ZeroReturnError(code, detail, debug)
        return (Error if sending else TruncatedError)(code, detail, debug)
    error = Error(code, detail, debug)
    if error.name.startswith(("S2N_ERR_CERT_", "S2N_ERR_CRL_", "S2N_ERR_MISSING_CLIENT_CERT")):
        return CertificateVerificationError(code, detail, debug)
    return error


@functools.cache
def _describe(code: int) -> tuple[str, str, ErrorType]:
    """Returns the message, the name and the type of an error. There are some hundreds of errors."""
    message, name = _text(lib.s2n_strerror(code, ffi.NULL)), _text(lib.s2n_strerror_name(code))
    return message, name, ErrorType(lib.s2n_error_get_type(code))


def _detail(handle: Any) -> str:
    buffer = ffi.new("char[]", 1024)
    lib.rs2n_connection_error_detail(handle, buffer, len(buffer))
    return _text(buffer)


def _text(string: Any) -> str:
    return ffi.string(string).decode("utf-8", "replace")  # type: ignore[no-any-return]


# The numbers of errors are part of the ABI: the type, and an index.
_IO_BLOCKED = ErrorType.BLOCKED << 26
_ASYNC_BLOCKED = _IO_BLOCKED + 1
