"""Clients of an echo server that send random bytes until standard input ends, and compare the echo.

Arguments: CA file, port, seed. Prints "ready" when all clients are connected, a line after each 50 requests, and
at the end the numbers of connections, requests and bytes, or the first error.
"""

import random
import socket
import ssl
import sys
import threading

CLIENTS = 24
LARGEST = 60_000

ca_file, port, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
stopping = threading.Event()
connected = threading.Barrier(CLIENTS + 1)
lock = threading.Lock()
counts = {"connections": 0, "requests": 0, "bytes": 0}
errors = []


def count(**more):
    with lock:
        for name, number in more.items():
            counts[name] += number
        if "requests" in more and counts["requests"] % 50 == 0:
            print("progress", flush=True)


def connect(version):
    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = context.maximum_version = version
    plain = socket.create_connection(("127.0.0.1", port))
    count(connections=1)
    return context.wrap_socket(plain, server_hostname="localhost")


def exchange(connection, numbers):
    """Sends one request while it receives the echo, in pieces of random sizes."""
    data = numbers.randbytes(numbers.randint(1, LARGEST))
    sender = threading.Thread(target=connection.sendall, args=(data,))
    sender.start()
    echo = bytearray()
    while len(echo) < len(data):
        piece = connection.recv(numbers.randint(1, LARGEST))
        if not piece:
            raise EOFError(f"{len(echo)} of {len(data)} bytes")
        echo += piece
    sender.join()
    if echo != data:
        raise ValueError("the echo differs")
    count(requests=1, bytes=len(data))


def run(number):
    numbers = random.Random(seed + number)
    version = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3][number % 2]
    # Of four pairs of clients, one is idle until the end, and one connects for each request.
    idle, reconnects = number % 8 < 2, number % 8 in (2, 3)
    try:
        connection = connect(version)
        exchange(connection, numbers)
        connected.wait()
        if idle:
            stopping.wait()
        while not stopping.is_set():
            exchange(connection, numbers)
            if reconnects:
                connection.unwrap().close()
                connection = connect(version)
        exchange(connection, numbers)
        connection.unwrap().close()
    except Exception as error:
        with lock:
            errors.append(f"client {number}: {error!r}")
        connected.abort()
        stopping.set()


threads = [threading.Thread(target=run, args=(number,)) for number in range(CLIENTS)]
for thread in threads:
    thread.start()
try:
    connected.wait()
    print("ready", flush=True)
    sys.stdin.read()
except threading.BrokenBarrierError:
    pass
stopping.set()
for thread in threads:
    thread.join()
print(errors[0] if errors else " ".join(f"{name}={number}" for name, number in counts.items()))
sys.exit(1 if errors else 0)
