"""HTTP servers with Python's TLS, which is OpenSSL: HTTP/1.1, and HTTP/2 if ALPN selects it.

Each server records what it observed of its handshakes, for comparison.

usage: servers.py CERTIFICATES    runs a server until its input ends, and prints its port
"""

import hashlib
import http.server
import queue
import re
import socket
import ssl
import sys
import threading

import h2.config
import h2.connection
import h2.events

# Bodies repeat this block of no particular pattern.
BLOCK = hashlib.shake_256(b"body").digest(1 << 20)


def body(length):
    return memoryview((BLOCK * (length // len(BLOCK) + 1))[:length])


def context(certs, name, *, versions=None, client_ca=None, alpn=("h2", "http/1.1")):
    """A context for the certificate NAME, which requires client certificates of an issuer in CLIENT_CA."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(f"{certs}/{name}.pem", f"{certs}/{name}.key")
    if versions:
        made.minimum_version, made.maximum_version = versions
    if client_ca:
        made.load_verify_locations(client_ca)
        made.verify_mode = ssl.CERT_REQUIRED
    if alpn:
        made.set_alpn_protocols(list(alpn))
    return made


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and the body's start in one write.
    wbufsize = -1

    def do_GET(self):
        length = int(re.search(r"\d*$", self.path)[0] or 0)
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        content = body(length)
        if self.path.startswith("/cut"):
            # Ends the connection, without close_notify, in the middle of the body.
            self.wfile.write(content[: length // 2])
            self.wfile.flush()
            self.close_connection = True
            return
        for start in range(0, length, len(BLOCK)):
            self.wfile.write(content[start : start + len(BLOCK)])
        if self.path.startswith("/close"):
            self.wfile.flush()
            self.close_connection = True
            try:
                self.connection.unwrap()
            except OSError:
                # The client need not answer with a close_notify.
                pass

    def do_PUT(self):
        digest = hashlib.sha256()
        left = int(self.headers["Content-Length"])
        while left:
            chunk = self.rfile.read(min(left, len(BLOCK)))
            if not chunk:
                raise ConnectionResetError("the body is incomplete")
            digest.update(chunk)
            left -= len(chunk)
        reply = digest.hexdigest().encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_):
        pass


class Http2:
    """One connection of HTTP/2."""

    def __init__(self, tls):
        self.tls = tls
        self.state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        self.paths = {}
        self.uploads = {}
        self.unsent = {}

    def run(self):
        self.state.initiate_connection()
        self.flush()
        while data := self.tls.recv(1 << 16):
            for event in self.state.receive_data(data):
                self.process(event)
            self.send_bodies()
            self.flush()

    def flush(self):
        self.tls.sendall(self.state.data_to_send())

    def process(self, event):
        if isinstance(event, h2.events.RequestReceived):
            headers = dict(event.headers)
            self.paths[event.stream_id] = headers[b":path"].decode()
            self.uploads[event.stream_id] = hashlib.sha256() if headers[b":method"] == b"PUT" else None
        elif isinstance(event, h2.events.DataReceived):
            self.uploads[event.stream_id].update(event.data)
            self.state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            stream = event.stream_id
            upload = self.uploads.pop(stream)
            length = int(re.search(r"\d*$", self.paths.pop(stream))[0] or 0)
            content = memoryview(upload.hexdigest().encode()) if upload else body(length)
            self.state.send_headers(stream, [(":status", "200"), ("content-length", str(len(content)))])
            self.unsent[stream] = content

    def send_bodies(self):
        """Sends what the windows of flow control permit."""
        for stream, content in list(self.unsent.items()):
            while size := min(
                len(content), self.state.local_flow_control_window(stream), self.state.max_outbound_frame_size
            ):
                self.state.send_data(stream, content[:size].tobytes())
                content = content[size:]
            self.unsent[stream] = content
            if not content:
                self.state.end_stream(stream)
                del self.unsent[stream]


class Server(http.server.ThreadingHTTPServer):
    """A server in threads of this process, at a port that the kernel chose."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, *arguments, **options):
        super().__init__(("127.0.0.1", 0), Handler)
        self.tls_context = context(*arguments, **options)
        # What the server knows after each handshake: a line of text.
        self.handshakes = queue.Queue()
        self.thread = threading.Thread(target=self.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.thread.join()
        self.server_close()

    def finish_request(self, request, client_address):
        # Otherwise updates of HTTP/2's windows wait for acknowledgements.
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            tls = self.tls_context.wrap_socket(request, server_side=True)
        except OSError as error:
            reason = getattr(error, "reason", None) or type(error).__name__
            # rs2n sends an alert, where s2n-tls ends the connection: see docs/COMPATIBILITY.md.
            if "ALERT" in reason or isinstance(error, ssl.SSLZeroReturnError):
                reason = "the client ended the handshake"
            self.handshakes.put(f"server: {reason}")
            return
        peer = tls.getpeercert()
        subject = dict(pair for names in peer["subject"] for pair in names)["commonName"] if peer else "none"
        self.handshakes.put(
            f"server: {tls.version()} {tls.cipher()[0]}, ALPN {tls.selected_alpn_protocol()}, client {subject}"
        )
        try:
            if tls.selected_alpn_protocol() == "h2":
                Http2(tls).run()
            else:
                Handler(tls, client_address, self)
        except OSError:
            # The client reports connections that end early.
            pass


if __name__ == "__main__":
    with Server(sys.argv[1], "ecdsa") as alone:
        print(alone.server_port, flush=True)
        sys.stdin.read()
