"""Tests of the sockets that examples-python/s2n.py accepts: blocking, with a timeout, non-blocking.

Argument: the folder of the certificates.
"""

import select
import signal
import socket
import sys
import threading

import s2n

certs = sys.argv[1]
server_config = s2n.Config(chain_file=f"{certs}/ecdsa.pem", key_file=f"{certs}/ecdsa.key")
client_config = s2n.Config(ca_file=f"{certs}/ca.pem")
DATA = bytes(range(256)) * 8192


def fails(kind, call, *arguments):
    """Returns the exception of a call that must raise it."""
    try:
        call(*arguments)
    except kind as error:
        return error
    raise AssertionError(f"{call} has not raised {kind}")


def pair(client_timeout, server):
    """Returns a client's connection, with this timeout, and the thread of its server."""
    client, accepted = socket.socketpair()
    client.settimeout(client_timeout)
    thread = threading.Thread(target=server, args=(accepted,))
    thread.start()
    return client, thread


def echo(sock):
    """Returns all data when the client has sent it: the socket buffers are too small for it."""
    with sock, s2n.accept(sock, server_config) as connection:
        received = b""
        while len(received) < len(DATA):
            received += connection.recv()
        connection.send(received)


def transfer(timeout):
    sock, server = pair(timeout, echo)
    with sock, s2n.connect(sock, client_config, "localhost") as connection:
        assert sock.gettimeout() == timeout
        assert connection.send(DATA) == len(DATA)
        received = b""
        while data := connection.recv():
            received += data
        assert received == DATA
    server.join()


def wait_for(sock, error):
    """Waits as an event loop does."""
    poll = select.poll()
    poll.register(sock, select.POLLIN if isinstance(error, s2n.WantRead) else select.POLLOUT)
    poll.poll()


def until_done(sock, call, *arguments):
    while True:
        try:
            return call(*arguments)
        except (s2n.WantRead, s2n.WantWrite) as error:
            wait_for(sock, error)


def non_blocking():
    sock, server = pair(0, echo)
    with sock:
        connection = s2n.connect(sock, client_config, "localhost")
        until_done(sock, connection.handshake)
        assert fails(BlockingIOError, connection.recv).errno is not None
        sent, partial = 0, 0
        while sent < len(DATA):
            count = until_done(sock, connection.send, DATA[sent:])
            partial += sent + count < len(DATA)
            sent += count
        assert partial > 0
        received = b""
        while data := until_done(sock, connection.recv):
            received += data
        assert received == DATA
        until_done(sock, connection.close)
    server.join()


def timeouts():
    """A timeout ends the handshake, a receiving and a sending call, and changes at any time."""
    sock, silent = socket.socketpair()
    sock.settimeout(0.01)
    fails(TimeoutError, s2n.connect, sock, client_config, "localhost")
    sock.close()
    silent.close()

    proceed = threading.Event()

    def pause(sock):
        with sock, s2n.accept(sock, server_config) as connection:
            proceed.wait()
            received = 0
            while data := connection.recv():
                received += len(data)
            assert received >= len(DATA), received

    sock, server = pair(60, pause)
    with sock:
        connection = s2n.connect(sock, client_config, "localhost")
        sock.settimeout(0.01)
        fails(TimeoutError, connection.recv)
        # The connection continues: the timeout was no error of it.
        fails(TimeoutError, connection.send, DATA)
        proceed.set()
        sock.settimeout(None)
        # What was sent is not known, as with sendall() of a socket.
        connection.send(DATA)
        connection.close()
    server.join()


class Interrupted(Exception):
    pass


def interrupt(*_):
    raise Interrupted()


def signals():
    """A signal, such as that of Ctrl-C, ends a call on a blocking socket."""
    proceed = threading.Event()

    def silent(sock):
        with sock:
            connection = s2n.accept(sock, server_config)
            proceed.wait()
            connection.close()

    sock, server = pair(None, silent)
    with sock, s2n.connect(sock, client_config, "localhost") as connection:
        signal.signal(signal.SIGALRM, interrupt)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        fails(Interrupted, connection.recv)
        proceed.set()
    server.join()


def untrusted():
    """A client raises the error at once, with the delay left to wait for; a server waits for it itself."""
    outcome = []

    def server(sock):
        with sock:
            outcome.append(fails(s2n.Error, s2n.accept, sock, server_config))

    sock, thread = pair(None, server)
    other = s2n.Config(ca_file=f"{certs}/other-ca.pem")
    sock.setblocking(False)
    connection = s2n.connect(sock, other, "localhost")
    error = fails(s2n.Error, until_done, sock, connection.handshake)
    assert error.name == "S2N_ERR_CERT_UNTRUSTED"
    assert str(error).startswith("Certificate is untrusted (S2N_ERR_CERT_UNTRUSTED: "), error
    assert 5 < connection.delay < 30, connection.delay
    # No alert is sent before: the server reads the end of the stream.
    sock.close()
    thread.join()
    assert outcome[0].name == "S2N_ERR_CLOSED", outcome


transfer(None)
transfer(60)
non_blocking()
timeouts()
signals()
untrusted()
