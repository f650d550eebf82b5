"""Bindings for the s2n C API with ctypes: TLS on connected sockets.

A call waits like the methods of its socket: without a limit, for the seconds of `settimeout()`, after which it raises
`TimeoutError`, or not at all if the socket is non-blocking: then it raises `WantRead` or `WantWrite`.

The library is loaded as `libs2n.so.1`; LD_LIBRARY_PATH adds folders to the search path.
"""

import ctypes
import errno
import math
import os
import select
import time
from ctypes import CDLL, POINTER, byref, c_char_p, c_int, c_size_t, c_ssize_t, c_uint8, c_uint32, c_uint64, c_void_p

_SERVER, _CLIENT = 0, 1
_TLS10 = 31
_SELF_SERVICE_BLINDING = 1
_ERR_T_BLOCKED = 3
_BLOCKED_ON_READ = 1

_lib = CDLL("libs2n.so.1")


def _declare(result, name, *arguments):
    function = getattr(_lib, name)
    function.restype, function.argtypes = result, arguments
    return function


_errno_location = _declare(POINTER(c_int), "s2n_errno_location")
_strerror = _declare(c_char_p, "s2n_strerror", c_int, c_char_p)
_strerror_name = _declare(c_char_p, "s2n_strerror_name", c_int)
_strerror_debug = _declare(c_char_p, "s2n_strerror_debug", c_int, c_char_p)
_error_type = _declare(c_int, "s2n_error_get_type", c_int)
_init = _declare(c_int, "s2n_init")

_config_new = _declare(c_void_p, "s2n_config_new")
_config_new_minimal = _declare(c_void_p, "s2n_config_new_minimal")
_config_free = _declare(c_int, "s2n_config_free", c_void_p)
_set_policy = _declare(c_int, "s2n_config_set_cipher_preferences", c_void_p, c_char_p)
_set_max_delay = _declare(c_int, "s2n_config_set_max_blinding_delay", c_void_p, c_uint32)
_add_trust = _declare(c_int, "s2n_config_set_verification_ca_location", c_void_p, c_char_p, c_char_p)
_add_protocol = _declare(c_int, "s2n_config_append_protocol_preference", c_void_p, c_char_p, c_uint8)
_add_chain = _declare(c_int, "s2n_config_add_cert_chain_and_key_to_store", c_void_p, c_void_p)
_chain_new = _declare(c_void_p, "s2n_cert_chain_and_key_new")
_chain_free = _declare(c_int, "s2n_cert_chain_and_key_free", c_void_p)
_chain_load = _declare(
    c_int, "s2n_cert_chain_and_key_load_pem_bytes", c_void_p, c_char_p, c_uint32, c_char_p, c_uint32
)

_connection_new = _declare(c_void_p, "s2n_connection_new", c_int)
_connection_free = _declare(c_int, "s2n_connection_free", c_void_p)
_set_config = _declare(c_int, "s2n_connection_set_config", c_void_p, c_void_p)
_set_fd = _declare(c_int, "s2n_connection_set_fd", c_void_p, c_int)
_set_blinding = _declare(c_int, "s2n_connection_set_blinding", c_void_p, c_int)
_delay = _declare(c_uint64, "s2n_connection_get_delay", c_void_p)
_set_server_name = _declare(c_int, "s2n_set_server_name", c_void_p, c_char_p)
_negotiate = _declare(c_int, "s2n_negotiate", c_void_p, c_void_p)
_send = _declare(c_ssize_t, "s2n_send", c_void_p, c_char_p, c_ssize_t, c_void_p)
_recv = _declare(c_ssize_t, "s2n_recv", c_void_p, c_void_p, c_ssize_t, c_void_p)
_shutdown = _declare(c_int, "s2n_shutdown", c_void_p, c_void_p)
_shutdown_send = _declare(c_int, "s2n_shutdown_send", c_void_p, c_void_p)
_version = _declare(c_int, "s2n_connection_get_actual_protocol_version", c_void_p)
_cipher = _declare(c_char_p, "s2n_connection_get_cipher", c_void_p)
_protocol = _declare(c_char_p, "s2n_get_application_protocol", c_void_p)


class Error(Exception):
    """A failed call; `name` is the name of its error code, such as S2N_ERR_CERT_UNTRUSTED."""

    def __init__(self, code):
        self.name = _strerror_name(code).decode()
        super().__init__(f"{_strerror(code, b'EN').decode()} ({_strerror_debug(code, b'EN').decode()})")


class WantRead(BlockingIOError):
    """A call on a non-blocking socket is to be repeated when the socket is readable."""

    def __init__(self):
        super().__init__(errno.EAGAIN, "the connection waits until the socket is readable")


class WantWrite(BlockingIOError):
    """A call on a non-blocking socket is to be repeated when the socket is writable."""

    def __init__(self):
        super().__init__(errno.EAGAIN, "the connection waits until the socket is writable")


def _check(result):
    """Returns the result of a call, or raises an `Error` if it is -1 or NULL."""
    if result is None or result == -1:
        raise Error(_errno_location().contents.value)
    return result


class Config:
    """A configuration, to be shared by many connections."""

    def __init__(self, policy="default_tls13", ca_file=None, chain_file=None, key_file=None, protocols=(),
                 max_delay=None):
        """Trusts the CA certificates in `ca_file`, or the system's; sends the chain in `chain_file`.

        `max_delay` limits the random blinding delay of failed connections, in seconds: see `Connection.delay`.
        """
        self._chain = None
        self._config = _check(_config_new_minimal() if ca_file or chain_file else _config_new())
        _check(_set_policy(self._config, policy.encode()))
        if max_delay is not None:
            _check(_set_max_delay(self._config, max_delay))
        if ca_file:
            _check(_add_trust(self._config, ca_file.encode(), None))
        for protocol in protocols:
            _check(_add_protocol(self._config, protocol.encode(), len(protocol)))
        if chain_file:
            with open(chain_file, "rb") as chain, open(key_file, "rb") as key:
                chain_pem, key_pem = chain.read(), key.read()
            self._chain = _check(_chain_new())
            _check(_chain_load(self._chain, chain_pem, len(chain_pem), key_pem, len(key_pem)))
            _check(_add_chain(self._config, self._chain))

    def __del__(self):
        if getattr(self, "_config", None):
            _config_free(self._config)
        if getattr(self, "_chain", None):
            _chain_free(self._chain)


class Connection:
    """A TLS connection on a connected socket. Created by `connect` and `accept`.

    The timeout of the socket applies to each call, and may be changed at any time. The descriptor is non-blocking
    from now on: call `setblocking()` before other uses of the socket.
    """

    def __init__(self, mode, sock, config, server_name=None):
        # The library repeats interrupted system calls. Waiting is done in Python, so that Ctrl-C ends it.
        os.set_blocking(sock.fileno(), False)
        # The library uses the descriptor and the config, so their owners must live as long.
        self._mode, self._sock, self._config = mode, sock, config
        self._conn = _check(_connection_new(mode))
        _check(_set_config(self._conn, config._config))
        _check(_set_fd(self._conn, sock.fileno()))
        _check(_set_blinding(self._conn, _SELF_SERVICE_BLINDING))
        if server_name:
            _check(_set_server_name(self._conn, server_name.encode()))
        if sock.gettimeout() != 0:
            self.handshake()

    def _call(self, function, *arguments):
        """Calls a function of the library until it is complete, and waits as the socket does."""
        timeout = self._sock.gettimeout()
        deadline = timeout and time.monotonic() + timeout
        blocked = c_int()
        while (result := function(self._conn, *arguments, byref(blocked))) == -1:
            code = _errno_location().contents.value
            if _error_type(code) == _ERR_T_BLOCKED:
                self._wait(blocked.value == _BLOCKED_ON_READ, deadline)
                continue
            error = Error(code)
            # The peer of a server must not learn from the time of the close which check failed. A client that
            # shows the error to its user need not wait.
            if self._mode == _SERVER and timeout != 0:
                time.sleep(self.delay)
            raise error
        return result

    def _wait(self, for_read, deadline):
        if deadline == 0:
            raise WantRead() if for_read else WantWrite()
        left = deadline and math.ceil((deadline - time.monotonic()) * 1000)
        poll = select.poll()
        poll.register(self._sock, select.POLLIN if for_read else select.POLLOUT)
        if deadline and left <= 0 or not poll.poll(left):
            raise TimeoutError("the TLS connection timed out")

    def handshake(self):
        """Performs the handshake. Only on a non-blocking socket it must be called, until it returns."""
        try:
            self._call(_negotiate)
        except Error:
            # Sends the fatal alert, but not during the delay.
            _shutdown_send(self._conn, byref(c_int()))
            raise

    @property
    def delay(self):
        """The seconds that the program has to wait before it closes the socket, after a call that failed.

        The calls of a server wait themselves, unless its socket is non-blocking. A client has to wait if it repeats
        its request by itself.
        """
        return _delay(self._conn) / 1e9

    @property
    def version(self):
        return f"TLS 1.{_check(_version(self._conn)) - _TLS10}"

    @property
    def cipher(self):
        return _check(_cipher(self._conn)).decode()

    @property
    def protocol(self):
        """The protocol negotiated by ALPN, or None."""
        protocol = _protocol(self._conn)
        return protocol and protocol.decode()

    def send(self, data):
        """Sends all of `data`, and returns its length; on a non-blocking socket it can send less.

        After `WantRead` or `WantWrite`, pass the same bytes again.
        """
        sent = 0
        while sent < len(data):
            try:
                sent += self._call(_send, data[sent:], len(data) - sent)
            except BlockingIOError:
                if sent == 0:
                    raise
                break
        return sent

    def recv(self, size=16384):
        """Receives at most `size` bytes; returns none after the peer's close_notify."""
        buffer = ctypes.create_string_buffer(size)
        received = self._call(_recv, buffer, size)
        return buffer.raw[:received]

    def close(self):
        """Sends a close_notify and waits for the peer's; does not close the socket."""
        try:
            self._call(_shutdown)
        except Error as error:
            # Many peers close the socket without a close_notify of their own.
            if error.name != "S2N_ERR_CLOSED":
                raise

    def __enter__(self):
        return self

    def __exit__(self, error, *_):
        if error is None:
            self.close()

    def __del__(self):
        if getattr(self, "_conn", None):
            _connection_free(self._conn)


def connect(sock, config, server_name):
    """Performs the handshake as a client, and verifies that the server is `server_name`.

    On a non-blocking socket, call `handshake()` of the connection.
    """
    return Connection(_CLIENT, sock, config, server_name)


def accept(sock, config):
    """Performs the handshake as a server. On a non-blocking socket, call `handshake()` of the connection."""
    return Connection(_SERVER, sock, config)


_check(_init())
