"""An HTTPS client, and an HTTPS server of one request.

    https_get.py [--ca FILE] [--timeout SECONDS] URL     prints the response body
    https_get.py --serve CHAIN KEY                       serves one request, on a port that it prints
    https_get.py --demo CHAIN KEY --ca FILE              runs the server and the client

CHAIN, KEY and FILE are PEM files.
"""

import argparse
import socket
import sys
import threading
from urllib.parse import urlsplit

import s2n


def get(url, config, timeout=None):
    """Sends a GET request; returns the head and the body of the response.

    Raises `TimeoutError` if the server sends or accepts nothing for `timeout` seconds.
    """
    parts = urlsplit(url)
    request = f"GET {parts.path or '/'} HTTP/1.0\r\nHost: {parts.hostname}\r\n\r\n"
    with socket.create_connection((parts.hostname, parts.port or 443), timeout) as sock:
        with s2n.connect(sock, config, parts.hostname) as connection:
            connection.send(request.encode())
            response = b""
            while data := connection.recv():
                response += data
    head, _, body = response.partition(b"\r\n\r\n")
    return head.decode(), body.decode()


def serve_one(listener, config):
    """Serves one request with the negotiated parameters."""
    sock, _ = listener.accept()
    with sock, s2n.accept(sock, config) as connection:
        request = b""
        while b"\r\n\r\n" not in request:
            data = connection.recv()
            if not data:
                return
            request += data
        page = f"version: {connection.version}\ncipher: {connection.cipher}\nalpn: {connection.protocol}\n"
        connection.send(f"HTTP/1.0 200 OK\r\nContent-Length: {len(page)}\r\n\r\n{page}".encode())


def main():
    parser = argparse.ArgumentParser(description="An HTTPS client, and an HTTPS server of one request.")
    parser.add_argument("url", nargs="?")
    parser.add_argument("--ca", help="CA certificates to trust; the system's if not given")
    parser.add_argument("--serve", nargs=2, metavar=("CHAIN", "KEY"), help="serve one request")
    parser.add_argument("--demo", nargs=2, metavar=("CHAIN", "KEY"), help="serve one request and send it")
    parser.add_argument("--timeout", type=float, help="seconds to wait for the server; no limit if not given")
    parser.add_argument("--max-delay", type=int, help="longest blinding delay after a failure, in seconds")
    arguments = parser.parse_args()

    server = None
    if arguments.serve or arguments.demo:
        chain, key = arguments.serve or arguments.demo
        config = s2n.Config(chain_file=chain, key_file=key, max_delay=arguments.max_delay)
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        if arguments.serve:
            print("port:", port, flush=True)
            return serve_one(listener, config)
        # ctypes releases the GIL during a call, so that the two threads do not block each other.
        server = threading.Thread(target=serve_one, args=(listener, config))
        server.start()
        arguments.url = f"https://localhost:{port}/"
    if not arguments.url:
        parser.error("the URL is required")

    config = s2n.Config(ca_file=arguments.ca, max_delay=arguments.max_delay)
    head, body = get(arguments.url, config, arguments.timeout)
    print(body, end="")
    if server:
        server.join()
    return 0 if " 200 " in head.splitlines()[0] else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (s2n.Error, OSError) as error:
        sys.exit(str(error))
