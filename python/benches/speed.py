"""Compares the speed of the package with that of the standard ssl module, on a socket pair and in memory.

usage: speed.py FOLDER-OF-CERTIFICATES

The folder is one of tests/certs/make.sh. Each number is the best of five runs. Both endpoints are in one process, each
in a thread of its own for data, and in one thread for handshakes.
"""

from __future__ import annotations

import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import rs2n

BULK = 400_000_000
ECHOES = 20_000
HANDSHAKES = 500


def contexts(module: Any, certs: str) -> tuple[Any, Any]:
    """The contexts of a client and a server, without tickets, for the same cipher suites."""
    client = module.create_default_context(cafile=f"{certs}/ca.pem")
    protocol = module.PROTOCOL_TLS_SERVER
    server: Any = ssl.SSLContext(protocol) if module is ssl else rs2n.Context(protocol)
    server.load_cert_chain(f"{certs}/ecdsa.pem", f"{certs}/ecdsa.key")
    if module is ssl:
        server.num_tickets = 0
        # The curve that the policy of the package prefers
        server.set_ecdh_curve("prime256v1")
    return client, server


def connected(client: Any, server: Any) -> tuple[Any, Any]:
    a, b = socket.socketpair()
    accepted: list[Any] = []
    thread = threading.Thread(target=lambda: accepted.append(server.wrap_socket(b, server_side=True)))
    thread.start()
    tls = client.wrap_socket(a, server_hostname="localhost")
    thread.join()
    return tls, accepted[0]


def bulk(client: Any, server: Any) -> float:
    """Gigabytes per second, with buffers of 256 kB."""
    a, b = connected(client, server)
    data, buffer = bytes(1 << 18), bytearray(1 << 18)
    with a, b:
        begin = time.perf_counter()
        sender = threading.Thread(target=lambda: [a.sendall(data) for _ in range(BULK // len(data))])
        sender.start()
        received = 0
        while received < BULK // len(data) * len(data):
            received += b.recv_into(buffer)
        sender.join()
        return received / (time.perf_counter() - begin) / 1e9


def small(client: Any, server: Any) -> float:
    """Thousands of messages of 100 bytes per second, each sent and received by one thread."""
    a, b = connected(client, server)
    data, buffer = bytes(100), bytearray(100)
    with a, b:
        begin = time.perf_counter()
        for _ in range(ECHOES):
            a.sendall(data)
            b.recv_into(buffer)
        return ECHOES / (time.perf_counter() - begin) / 1e3


def handshakes(client: Any, server: Any) -> float:
    """Handshakes per second of both endpoints in one thread, with memory buffers."""
    module = ssl if isinstance(client, ssl.SSLContext) else rs2n
    wants = (ssl.SSLWantReadError, rs2n.WantReadError)
    begin = time.perf_counter()
    for _ in range(HANDSHAKES):
        a_in, a_out, b_in, b_out = (module.MemoryBIO() for _ in range(4))
        a = client.wrap_bio(a_in, a_out, server_hostname="localhost")
        b = server.wrap_bio(b_in, b_out, server_side=True)
        complete: set[Any] = set()
        while len(complete) < 2:
            for tls, source, target in ((a, a_out, b_in), (b, b_out, a_in)):
                try:
                    tls.do_handshake()
                    complete.add(tls)
                except wants:
                    pass
                if source.pending:
                    target.write(source.read())
    return HANDSHAKES / (time.perf_counter() - begin)


def main() -> None:
    certs = sys.argv[1]
    print(f"{ssl.OPENSSL_VERSION}; {rs2n.LIBRARY_VERSION}")
    measures: list[tuple[str, Callable[[Any, Any], float]]] = [
        ("bulk data, GB/s", bulk),
        ("messages of 100 bytes, thousands/s", small),
        ("handshakes of both endpoints, 1/s", handshakes),
    ]
    for name, measure in measures:
        best = {module: max(measure(*contexts(module, certs)) for _ in range(5)) for module in (ssl, rs2n)}
        print(f"{name:36}  ssl {best[ssl]:8.2f}  rs2n {best[rs2n]:8.2f}")


if __name__ == "__main__":
    main()
