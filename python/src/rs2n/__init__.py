"""TLS 1.3 and TLS 1.2 in the manner of the standard ssl module, on the library rs2n.

A `Context` has the settings; `Context.wrap_socket()` makes a TLS connection of a socket, and `Context.wrap_bio()` one
of memory buffers. `rs2n.asyncio` has streams. The README has examples.
"""

from ._bio import TLSObject
from ._connection import Session
from ._context import Context, Protocol, Purpose, VerifyMode, create_default_context
from ._errors import (
    AlertError,
    CertificateVerificationError,
    Error,
    ErrorType,
    TruncatedError,
    WantReadError,
    WantWriteError,
    ZeroReturnError,
    check,
)
from ._memory import MemoryBIO
from ._native import ffi, lib
from ._socket import Socket

check(lib.s2n_init())

#: The version of the library in the package
LIBRARY_VERSION: str = ffi.string(lib.rs2n_version()).decode()

PROTOCOL_TLS_CLIENT = Protocol.PROTOCOL_TLS_CLIENT
PROTOCOL_TLS_SERVER = Protocol.PROTOCOL_TLS_SERVER
CERT_NONE = VerifyMode.CERT_NONE
CERT_OPTIONAL = VerifyMode.CERT_OPTIONAL
CERT_REQUIRED = VerifyMode.CERT_REQUIRED

__all__ = [
    "CERT_NONE",
    "CERT_OPTIONAL",
    "CERT_REQUIRED",
    "LIBRARY_VERSION",
    "PROTOCOL_TLS_CLIENT",
    "PROTOCOL_TLS_SERVER",
    "AlertError",
    "CertificateVerificationError",
    "Context",
    "Error",
    "ErrorType",
    "MemoryBIO",
    "Protocol",
    "Purpose",
    "Session",
    "Socket",
    "TLSObject",
    "TruncatedError",
    "VerifyMode",
    "WantReadError",
    "WantWriteError",
    "ZeroReturnError",
    "create_default_context",
]
