"""Contexts: the settings that connections share."""

from __future__ import annotations

import base64
import enum
import os
import socket
import weakref
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._callbacks import raise_pending
from ._errors import check
from ._native import ffi, lib

if TYPE_CHECKING:
    from ._bio import TLSObject
    from ._connection import Session
    from ._memory import MemoryBIO
    from ._socket import Socket

StrPath = str | os.PathLike[str]
Password = str | bytes | bytearray | Callable[[], str | bytes | bytearray]
SNICallback = Callable[["Socket | TLSObject", "str | None", "Context"], None]


class Protocol(enum.IntEnum):
    """The role of the connections of a context; the values are those of the ssl module."""

    PROTOCOL_TLS_CLIENT = 16
    PROTOCOL_TLS_SERVER = 17


class VerifyMode(enum.IntEnum):
    """Whether the peer has to have a certificate; the values are those of the ssl module."""

    CERT_NONE = 0
    CERT_OPTIONAL = 1
    CERT_REQUIRED = 2


class Purpose(enum.Enum):
    """What a certificate authority is trusted for: to authenticate servers, or clients."""

    SERVER_AUTH = "serverAuth"
    CLIENT_AUTH = "clientAuth"


_AUTH_TYPES = {
    VerifyMode.CERT_NONE: lib.S2N_CERT_AUTH_NONE,
    VerifyMode.CERT_OPTIONAL: lib.S2N_CERT_AUTH_OPTIONAL,
    VerifyMode.CERT_REQUIRED: lib.S2N_CERT_AUTH_REQUIRED,
}


class Context:
    """Settings of clients or of servers: certificates, trust, protocols, session resumption.

    Any number of connections, also in different threads, may share it. Later changes apply to connections whose
    handshake has not begun.

    A client verifies the certificate and the name of its server, and trusts no authority before
    `load_default_certs()` or `load_verify_locations()`.
    """

    def __init__(self, protocol: Protocol = Protocol.PROTOCOL_TLS_CLIENT, *, policy: str = "default_tls13") -> None:
        self.protocol = Protocol(protocol)
        self.server_side = self.protocol is Protocol.PROTOCOL_TLS_SERVER
        self._config = ffi.gc(check(lib.s2n_config_new_minimal()), lib.s2n_config_free)
        # What the library passes to callbacks; connections keep their context alive.
        self._self = ffi.new_handle(weakref.ref(self))
        self._verify_mode = VerifyMode.CERT_NONE if self.server_side else VerifyMode.CERT_REQUIRED
        self._check_hostname = not self.server_side
        self._sni_callback: SNICallback | None = None
        self._keylog_filename: str | None = None
        self._crls: dict[int, Any] = {}
        self.policy = policy
        # Several records per call, as far as the buffer and the data that has arrived go
        check(lib.s2n_config_set_recv_multi_record(self._config, True))
        if self.server_side:
            # The name in a client's certificate is the application's to judge. By default it would be compared
            # with the name of the server that the client asked for.
            self._accept_names()
        else:
            check(lib.s2n_config_set_session_tickets_onoff(self._config, 1))

    @property
    def policy(self) -> str:
        """The security policy: the name of a set of versions, cipher suites, groups and signatures."""
        return self._policy

    @policy.setter
    def policy(self, name: str) -> None:
        check(lib.s2n_config_set_cipher_preferences(self._config, _c_string(name)))
        self._policy = name

    @property
    def verify_mode(self) -> VerifyMode:
        """Whether the peer is authenticated: a server by default not, a client always its server.

        CERT_NONE on a client removes all trusted authorities, and cannot be taken back.
        """
        return self._verify_mode

    @verify_mode.setter
    def verify_mode(self, mode: VerifyMode) -> None:
        mode = VerifyMode(mode)
        if self.server_side:
            check(lib.s2n_config_set_client_auth_type(self._config, _AUTH_TYPES[mode]))
        elif mode is VerifyMode.CERT_NONE:
            if self._check_hostname:
                raise ValueError("set check_hostname to False first")
            check(lib.s2n_config_disable_x509_verification(self._config))
        elif self._verify_mode is VerifyMode.CERT_NONE:
            raise ValueError("verification cannot be enabled again: create another context")
        self._verify_mode = mode

    @property
    def check_hostname(self) -> bool:
        """Whether the certificate has to contain the name of `server_hostname`."""
        return self._check_hostname

    @check_hostname.setter
    def check_hostname(self, value: bool) -> None:
        if value and (self.server_side or self._verify_mode is VerifyMode.CERT_NONE):
            raise ValueError("check_hostname requires a client context that verifies certificates")
        if value:
            check(lib.s2n_config_set_verify_host_callback(self._config, ffi.NULL, ffi.NULL))
        else:
            self._accept_names()
        self._check_hostname = bool(value)

    def _accept_names(self) -> None:
        accept = ffi.addressof(lib, "rs2n_py_accept_name")
        check(lib.s2n_config_set_verify_host_callback(self._config, accept, ffi.NULL))

    def load_default_certs(self) -> None:
        """Trusts the certificate authorities of the operating system."""
        check(lib.s2n_config_load_system_certs(self._config))

    def load_verify_locations(
        self,
        cafile: StrPath | None = None,
        capath: StrPath | None = None,
        cadata: str | bytes | None = None,
    ) -> None:
        """Trusts the certificates of a PEM file, of the files of a folder, or of a text in PEM; bytes are DER."""
        if cafile is None and capath is None and cadata is None:
            raise TypeError("cafile, capath and cadata cannot all be omitted")
        if cafile is not None:
            self._trust(Path(cafile).read_bytes())
        if cadata is not None:
            self._trust(cadata.encode("ascii") if isinstance(cadata, str) else _pem(cadata))
        if capath is not None:
            folder = os.fsencode(capath)
            check(lib.s2n_config_set_verification_ca_location(self._config, ffi.NULL, folder))

    def _trust(self, pem: bytes) -> None:
        check(lib.s2n_config_add_pem_to_trust_store(self._config, _c_string(pem)))

    def load_cert_chain(
        self, certfile: StrPath, keyfile: StrPath | None = None, password: Password | None = None
    ) -> None:
        """Adds a certificate chain with its private key, from PEM files.

        A server may have several: it selects one by the name that the client requests, and by the type of key.

        An encrypted key requires a password, or a function that returns it. Otherwise the password is ignored, and the
        function is not called. A wrong password is the error RS2N_ERR_WRONG_PASSPHRASE.
        """
        chain_pem = Path(certfile).read_bytes()
        key_pem = chain_pem if keyfile is None else Path(keyfile).read_bytes()
        chain = ffi.gc(check(lib.s2n_cert_chain_and_key_new()), lib.s2n_cert_chain_and_key_free)
        chain_data, key_data = ffi.from_buffer("uint8_t[]", chain_pem), ffi.from_buffer("uint8_t[]", key_pem)
        provider = ffi.new_handle(lambda: _password_bytes(password))
        result = lib.rs2n_cert_chain_and_key_load_encrypted_pem_bytes(
            chain, chain_data, len(chain_pem), key_data, len(key_pem), lib.rs2n_py_passphrase, provider
        )
        raise_pending()
        check(result)
        check(lib.s2n_config_add_cert_chain_and_key_to_store(self._config, chain))

    def load_crls(self, crlfile: StrPath) -> None:
        """Loads a certificate revocation list from a PEM file, and enables the check.

        Every certificate of a peer's chain, except for that of the trusted authority, then has to be covered by a list
        that is valid now.
        """
        pem = Path(crlfile).read_bytes()
        crl = ffi.gc(check(lib.s2n_crl_new()), _free_crl)
        check(lib.s2n_crl_load_pem(crl, ffi.from_buffer("uint8_t[]", pem), len(pem)))
        issuer = ffi.new("uint64_t *")
        check(lib.s2n_crl_get_issuer_hash(crl, issuer))
        self._crls[issuer[0]] = crl
        check(lib.s2n_config_set_crl_lookup_cb(self._config, lib.rs2n_py_crl_lookup, self._self))

    def crl(self, issuer: int) -> Any:
        """Returns the list of an issuer for the callback; raises an error if it is not valid now."""
        crl = self._crls.get(issuer)
        if crl is not None:
            check(lib.s2n_crl_validate_active(crl))
            check(lib.s2n_crl_validate_not_expired(crl))
        return crl

    def set_alpn_protocols(self, protocols: Iterable[str]) -> None:
        """Sets the application protocols that are offered or accepted, most preferred first (RFC 7301)."""
        names = [ffi.new("char[]", protocol.encode("ascii")) for protocol in protocols]
        check(lib.s2n_config_set_protocol_preferences(self._config, ffi.new("char *[]", names), len(names)))

    def add_ticket_key(self, name: bytes, secret: bytes, introduction: int = 0) -> None:
        """Adds a key for the session tickets of a server, and enables tickets.

        `name` has at most 16 bytes and is sent unencrypted; `secret` has 32 bytes of `os.urandom()`, and is shared by
        the servers that resume each other's sessions; `introduction` is the time from which the key is used, in seconds
        since 1970. Tickets are encrypted with a key for two hours: add another one before.
        """
        if not self.server_side:
            raise ValueError("only servers have ticket keys")
        check(lib.s2n_config_set_session_tickets_onoff(self._config, 1))
        data = ffi.from_buffer("uint8_t[]", secret)
        check(
            lib.s2n_config_add_ticket_crypto_key(
                self._config, ffi.from_buffer("uint8_t[]", name), len(name), data, len(secret), introduction
            )
        )

    def set_num_tickets(self, number: int) -> None:
        """Sets how many tickets a server sends after a handshake of TLS 1.3; 1 by default."""
        check(lib.s2n_config_set_initial_ticket_count(self._config, number))

    def set_max_blinding_delay(self, seconds: int) -> None:
        """Sets for how long the transport of a failed connection stays open at most; 30 by default, 0 for tests."""
        check(lib.s2n_config_set_max_blinding_delay(self._config, seconds))

    @property
    def sni_callback(self) -> SNICallback | None:
        """Called by a server with the connection, the name that the client requests, and the context.

        It may select another context, with other certificates, by setting `context` of the connection. An exception
        fails the handshake, and is raised by `do_handshake()`.
        """
        return self._sni_callback

    @sni_callback.setter
    def sni_callback(self, callback: SNICallback | None) -> None:
        if not self.server_side:
            raise ValueError("only servers have an SNI callback")
        self._sni_callback = callback
        function = lib.rs2n_py_client_hello if callback else ffi.NULL
        check(lib.s2n_config_set_client_hello_cb(self._config, function, ffi.NULL))

    @property
    def keylog_filename(self) -> str | None:
        """File to which the secrets of handshakes are appended, for protocol analysers: for debugging only."""
        return self._keylog_filename

    @keylog_filename.setter
    def keylog_filename(self, path: StrPath | None) -> None:
        if path is not None:
            with open(path, "ab", opener=_open_private):
                pass
        self._keylog_filename = None if path is None else os.fspath(path)
        function = ffi.NULL if path is None else lib.rs2n_py_key_log
        check(lib.s2n_config_set_key_log_cb(self._config, function, self._self))

    def log_key(self, line: bytes) -> None:
        """Appends a line to the key log, for the callback."""
        if self._keylog_filename is not None:
            with open(self._keylog_filename, "ab", buffering=0, opener=_open_private) as file:
                file.write(line + b"\n")

    def wrap_socket(
        self,
        sock: socket.socket,
        server_side: bool | None = None,
        do_handshake_on_connect: bool = True,
        suppress_ragged_eofs: bool = False,
        server_hostname: str | None = None,
        session: Session | None = None,
    ) -> Socket:
        """Returns a TLS connection on a stream socket, which it takes over: `sock` is detached.

        `sock` may also be one that listens, whose `accept()` then returns TLS connections, or one that is not connected
        yet. `server_side` is that of the context if it is not given. The end of the stream without
        a close_notify raises `TruncatedError`: data may be missing. With `suppress_ragged_eofs` it is the end of data.
        """
        from ._socket import Socket

        return Socket._wrap(
            self,
            sock,
            self.server_side if server_side is None else server_side,
            do_handshake_on_connect,
            suppress_ragged_eofs,
            server_hostname,
            session,
        )

    def wrap_bio(
        self,
        incoming: MemoryBIO,
        outgoing: MemoryBIO,
        server_side: bool | None = None,
        server_hostname: str | None = None,
        session: Session | None = None,
    ) -> TLSObject:
        """Returns a TLS connection on memory buffers, for a transport of the application's own."""
        from ._bio import TLSObject

        side = self.server_side if server_side is None else server_side
        return TLSObject._wrap(self, incoming, outgoing, side, server_hostname, session)


def create_default_context(
    purpose: Purpose = Purpose.SERVER_AUTH,
    *,
    cafile: StrPath | None = None,
    capath: StrPath | None = None,
    cadata: str | bytes | None = None,
) -> Context:
    """Returns a context for clients (`SERVER_AUTH`), which trusts the authorities that are named or otherwise those of
    the system; or for servers (`CLIENT_AUTH`). The environment variable SSLKEYLOGFILE sets `keylog_filename`.
    """
    client = Purpose(purpose) is Purpose.SERVER_AUTH
    context = Context(Protocol.PROTOCOL_TLS_CLIENT if client else Protocol.PROTOCOL_TLS_SERVER)
    if cafile is not None or capath is not None or cadata is not None:
        context.load_verify_locations(cafile, capath, cadata)
    elif client:
        context.load_default_certs()
    keylog = os.environ.get("SSLKEYLOGFILE")
    if keylog:
        context.keylog_filename = keylog
    return context


def _free_crl(crl: Any) -> None:
    lib.s2n_crl_free(ffi.new("struct s2n_crl **", crl))


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _c_string(text: str | bytes) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    if b"\0" in data:
        raise ValueError("the text contains a NUL")
    return data


def _password_bytes(password: Password | None) -> bytes | bytearray:
    if password is None:
        raise ValueError("the private key is encrypted, and there is no password")
    provided = password() if callable(password) else password
    if isinstance(provided, str):
        return provided.encode()
    if isinstance(provided, bytes | bytearray):
        return provided
    raise TypeError(f"the password is str, bytes or bytearray, not {type(provided).__name__}")


def _pem(data: bytes) -> bytes:
    encoded = base64.encodebytes(data)
    return b"-----BEGIN CERTIFICATE-----\n" + encoded + b"-----END CERTIFICATE-----\n"
