"""What sockets and memory buffers report about their connection."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING

from ._connection import Connection, Session

if TYPE_CHECKING:
    from ._context import Context


class Properties(abc.ABC):
    """The negotiated parameters, with the names of the ssl module."""

    @abc.abstractmethod
    def _connection(self) -> Connection:
        """Returns the connection; raises an error if it is closed."""

    @property
    def context(self) -> Context:
        """The context; a callback of `Context.sni_callback` may set another one."""
        return self._connection().context

    @context.setter
    def context(self, context: Context) -> None:
        self._connection().use_context(context)

    @property
    def server_side(self) -> bool:
        """Whether this is the server."""
        return self._connection().server_side

    @property
    def server_hostname(self) -> str | None:
        """The name of the server: that of the client's argument, or on a server the one that the client requested."""
        connection = self._connection()
        return connection.requested_name() if connection.server_side else connection.server_hostname

    @property
    def session(self) -> Session | None:
        """The session of a client, to be passed to its next connection; set it before the handshake.

        In TLS 1.3 it arrives after the handshake, together with the first data.
        """
        return self._connection().session

    @session.setter
    def session(self, session: Session) -> None:
        self._connection().offer(session)

    @property
    def session_reused(self) -> bool:
        """Whether the handshake has resumed a session."""
        return self._connection().session_reused

    def pending(self) -> int:
        """Returns the number of bytes that can be received without reading from the transport."""
        return self._connection().pending

    def version(self) -> str | None:
        """Returns the version, such as "TLSv1.3"; None before the handshake is complete."""
        return self._connection().version()

    def cipher(self) -> tuple[str, str, int] | None:
        """Returns the cipher suite, the version, and the length of the key in bits."""
        return self._connection().cipher()

    def group(self) -> str | None:
        """Returns the name of the key exchange group, such as "X25519MLKEM768"."""
        return self._connection().group()

    def selected_alpn_protocol(self) -> str | None:
        """Returns the application protocol that was negotiated."""
        return self._connection().selected_alpn_protocol()

    def compression(self) -> None:
        """Returns None: TLS compression is insecure, and not supported."""
        return

    def getpeercert(self, binary_form: bool = False) -> bytes | None:
        """Returns the verified certificate of the peer in DER; None if it has none.

        Only `binary_form` is supported: a package such as cryptography parses the certificate.
        """
        if not binary_form:
            raise NotImplementedError("certificates are not parsed: pass binary_form=True")
        chain = self._connection().chain()
        return chain[0] if chain else None

    def get_verified_chain(self) -> list[bytes]:
        """Returns the verified chain in DER, from the peer's certificate to the trusted one."""
        return self._connection().chain()

    def export_keying_material(self, label: str, length: int, context: bytes = b"") -> bytes:
        """Derives a secret that only the two sides of a TLS 1.3 connection know (RFC 8446, 7.5)."""
        return self._connection().export_keying_material(label.encode("ascii"), length, context)
