"""A connection of the library, with the part that sockets and memory buffers share."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from ._callbacks import Transport, raise_pending
from ._errors import WantReadError, WantWriteError, check, connection_error
from ._native import ffi, lib

if TYPE_CHECKING:
    from ._context import Context

_new_buffer: Final = ffi.new_allocator(should_clear_after_alloc=False)


class Session:
    """A session that a client can resume, with the same context and the same server.

    It is secret: whoever has it can resume the session.
    """

    __slots__ = ("_chain", "_context", "_data", "_server_hostname")

    def __init__(self, context: Context, server_hostname: str | None, data: bytes, chain: list[bytes]) -> None:
        self._context = context
        self._server_hostname = server_hostname
        self._data = data
        # Of the handshake with certificates: a resumed one has none.
        self._chain = chain

    def __repr__(self) -> str:
        return f"<rs2n.Session of {self._server_hostname}>"


class Connection:
    """The connection, without its transport.

    Results of calls are numbers of bytes, or negative: see native/glue.c.
    """

    def __init__(
        self,
        context: Context,
        owner: Any,
        server_side: bool,
        server_hostname: str | None,
        session: Session | None,
    ) -> None:
        if server_side != context.server_side:
            raise ValueError(f"the context is one of a {'server' if context.server_side else 'client'}")
        if server_side and server_hostname is not None:
            raise ValueError("server_hostname is the name of the server that a client connects to")
        if not server_side and context.check_hostname and not server_hostname:
            raise ValueError("check_hostname requires server_hostname")
        mode = lib.S2N_SERVER if server_side else lib.S2N_CLIENT
        self.handle: Final = ffi.gc(check(lib.s2n_connection_new(mode)), lib.s2n_connection_free)
        self.server_side: Final = server_side
        self.server_hostname = server_hostname
        self.established = False
        self._failed = False
        self._write_closed = False
        self._transport: Any = None
        self._offered: Session | None = None
        self._owner = weakref.ref(owner)
        # The handle must live as long as the library may pass it to a callback.
        self._self = ffi.new_handle(weakref.ref(self))
        check(lib.s2n_connection_set_ctx(self.handle, self._self))
        check(lib.s2n_connection_set_blinding(self.handle, lib.S2N_SELF_SERVICE_BLINDING))
        self.context = context
        self.use_context(context)
        if server_hostname:
            check(lib.s2n_set_server_name(self.handle, _host_name(server_hostname)))
        if session is not None:
            self.offer(session)

    def use_context(self, context: Context) -> None:
        """Takes the config of a context, before or during the handshake."""
        if context.server_side != self.server_side:
            raise ValueError("the context has the other role")
        check(lib.s2n_connection_set_config(self.handle, context._config))
        self.context = context

    def use_descriptor(self, descriptor: int) -> None:
        check(lib.s2n_connection_set_fd(self.handle, descriptor))

    def use_transport(self, transport: Transport) -> None:
        self._transport = ffi.new_handle(transport)
        check(lib.s2n_connection_set_recv_cb(self.handle, lib.rs2n_py_receive))
        check(lib.s2n_connection_set_recv_ctx(self.handle, self._transport))
        check(lib.s2n_connection_set_send_cb(self.handle, lib.rs2n_py_transmit))
        check(lib.s2n_connection_set_send_ctx(self.handle, self._transport))

    def read_ahead(self) -> None:
        """Reads more than the current record from the transport, which then belongs to this connection alone."""
        check(lib.s2n_connection_set_recv_buffering(self.handle, True))

    def negotiate(self) -> int:
        result: int = lib.rs2n_py_negotiate(self.handle)
        if result >= 0:
            raise_pending()
            self.established = True
        return result

    def send(self, data: Any) -> int:
        with ffi.from_buffer("char[]", data) as buffer:
            if len(buffer) == 0:
                return 0
            return lib.rs2n_py_send(self.handle, buffer, len(buffer))  # type: ignore[no-any-return]

    def receive_into(self, buffer: Any, size: int) -> int:
        return lib.rs2n_py_recv(self.handle, buffer, size)  # type: ignore[no-any-return]

    def shutdown(self) -> int:
        result: int = lib.rs2n_py_shutdown(self.handle)
        self._write_closed = True
        return result

    def shutdown_send(self) -> int:
        result: int = lib.rs2n_py_shutdown_send(self.handle)
        self._write_closed = True
        return result

    def error(self, result: int, sending: bool = False) -> OSError:
        """Returns the exception for a negative result, or raises that of a callback."""
        raise_pending()
        error = connection_error(self.handle, result, sending, self._write_closed)
        if not isinstance(error, (WantReadError, WantWriteError)):
            self._failed = True
        return error

    def perform(self, call: Callable[..., int], *arguments: Any) -> int:
        """Returns the result of a call that does not wait, or raises its error."""
        result = call(*arguments)
        if result < 0:
            raise self.error(result, sending=call == self.send)
        return result

    def received_client_hello(self) -> None:
        """Calls the application's callback, which can select another context."""
        callback = self.context.sni_callback
        owner = self._owner()
        if callback is None or owner is None:
            return
        result = callback(owner, self.requested_name(), self.context)
        if result is not None:
            raise TypeError("the SNI callback has to return None, or to raise an exception")

    def requested_name(self) -> str | None:
        hello = lib.s2n_connection_get_client_hello(self.handle)
        if hello == ffi.NULL:
            return None
        length = ffi.new("uint16_t *")
        if lib.s2n_client_hello_get_server_name_length(hello, length) < 0 or length[0] == 0:
            return None
        name = ffi.new("uint8_t[]", length[0])
        check(lib.s2n_client_hello_get_server_name(hello, name, length[0], length))
        return bytes(ffi.buffer(name, length[0])).decode("ascii", "backslashreplace")

    def lingering_seconds(self) -> float:
        """Returns how long the transport has to stay open after an error: see the chapter on blinding of the guide.

        A client whose handshake has failed has sent no secret that an attacker could find out by repetition.
        """
        if not self._failed or not (self.server_side or self.established):
            return 0.0
        delay: int = lib.s2n_connection_get_delay(self.handle)
        return min(delay / 1e9, 3600.0)

    def close_notify(self) -> None:
        """Sends a close_notify, or the alert of an error, if that is possible without waiting."""
        # Not in place of data that is not sent yet, which only a call with that data can send.
        if self._failed or (self.established and not self._write_closed):
            self.shutdown_send()

    @property
    def session(self) -> Session | None:
        length = lib.s2n_connection_get_session_length(self.handle)
        if self.server_side or length <= 0:
            return None
        data = ffi.new("uint8_t[]", length)
        length = check(lib.s2n_connection_get_session(self.handle, data, length))
        serialized = bytes(ffi.buffer(data, length))
        return Session(self.context, self.server_hostname, serialized, self.chain()) if length else None

    def offer(self, session: Session) -> None:
        """Offers a session in the handshake."""
        if self.server_side:
            raise ValueError("only clients offer sessions")
        if session._context is not self.context or session._server_hostname != self.server_hostname:
            raise ValueError("the session is one of another context, or of another server")
        check(lib.s2n_connection_set_session(self.handle, session._data, len(session._data)))
        self._offered = session

    @property
    def session_reused(self) -> bool:
        return bool(lib.s2n_connection_is_session_resumed(self.handle))

    @property
    def pending(self) -> int:
        return lib.s2n_peek(self.handle)  # type: ignore[no-any-return]

    def version(self) -> str | None:
        if not self.established:
            return None
        return _VERSIONS.get(lib.s2n_connection_get_actual_protocol_version(self.handle))

    def cipher(self) -> tuple[str, str, int] | None:
        version = self.version()
        if version is None:
            return None
        name = ffi.string(check(lib.s2n_connection_get_cipher(self.handle))).decode()
        return name, version, 128 if "AES128" in name or "AES_128" in name else 256

    def group(self) -> str | None:
        if not self.established:
            return None
        name = ffi.new("const char **")
        check(lib.s2n_connection_get_key_exchange_group(self.handle, name))
        return ffi.string(name[0]).decode()  # type: ignore[no-any-return]

    def selected_alpn_protocol(self) -> str | None:
        name = lib.s2n_get_application_protocol(self.handle)
        return None if name == ffi.NULL else ffi.string(name).decode()

    def chain(self) -> list[bytes]:
        """Returns the peer's verified chain in DER, its own certificate first; empty if it has none."""
        if self._offered is not None and self.session_reused:
            return list(self._offered._chain)
        chain = ffi.gc(check(lib.s2n_cert_chain_and_key_new()), lib.s2n_cert_chain_and_key_free)
        if not self.established or lib.s2n_connection_get_peer_cert_chain(self.handle, chain) < 0:
            return []
        count, size = ffi.new("uint32_t *"), ffi.new("uint32_t *")
        certificate, der = ffi.new("struct s2n_cert **"), ffi.new("const uint8_t **")
        check(lib.s2n_cert_chain_get_length(chain, count))
        certificates = []
        for index in range(count[0]):
            check(lib.s2n_cert_chain_get_cert(chain, certificate, index))
            check(lib.s2n_cert_get_der(certificate[0], der, size))
            certificates.append(bytes(ffi.buffer(der[0], size[0])))
        return certificates

    def export_keying_material(self, label: bytes, length: int, context: bytes) -> bytes:
        secret = ffi.new("uint8_t[]", length)
        check(
            lib.s2n_connection_tls_exporter(
                self.handle, label, len(label), ffi.from_buffer("uint8_t[]", context), len(context), secret, length
            )
        )
        return bytes(ffi.buffer(secret))


def new_buffer(size: int) -> Any:
    """Returns a buffer whose content is undefined."""
    return _new_buffer("char[]", size)


def writable(buffer: Any, size: int | None) -> tuple[Any, int]:
    """Returns the memory of a writable buffer, and the number of its bytes that are to be used."""
    memory = ffi.from_buffer("char[]", buffer, require_writable=True)
    if size is not None and size < 0:
        raise ValueError("the size is negative")
    return memory, min(size, len(memory)) if size else len(memory)


def _host_name(name: str) -> bytes:
    # A name with a trailing dot is the same name, and certificates have it without.
    encoded = name.rstrip(".").encode("ascii") if name.isascii() else name.rstrip(".").encode("idna")
    if b"\0" in encoded:
        raise ValueError("the name of the server contains a NUL")
    return encoded


_VERSIONS = {lib.S2N_TLS12: "TLSv1.2", lib.S2N_TLS13: "TLSv1.3"}
