"""Runs HTTP clients of awscrt against servers with OpenSSL, and prints what both sides report.

usage: client.py CERTIFICATES WORK          the cases
       client.py CERTIFICATES throughput    the speed of a download and of an upload
"""

import concurrent.futures
import hashlib
import io
import itertools
import os
import ssl
import subprocess
import sys
import time

from awscrt import exceptions
from awscrt.http import Http2ClientConnection, HttpClientConnection, HttpHeaders, HttpRequest
from awscrt.io import (
    ClientBootstrap,
    ClientTlsContext,
    DefaultHostResolver,
    EventLoopGroup,
    Pkcs11Lib,
    TlsCipherPref,
    TlsContextOptions,
    TlsVersion,
)

import servers

TIMEOUT = 60
TLS1_2, TLS1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
PIN = "1234"
CERTS, WORK = sys.argv[1:]


class Client:
    """Connections with one TLS context."""

    loops = EventLoopGroup(2)
    bootstrap = ClientBootstrap(loops, DefaultHostResolver(loops))

    def __init__(self, options, host="localhost", alpn=None):
        self.tls = ClientTlsContext(options).new_connection_options()
        self.tls.set_server_name(host)
        if alpn:
            self.tls.set_alpn_list(alpn)

    def connect(self, port, kind=HttpClientConnection):
        made = kind.new("127.0.0.1", port, self.bootstrap, tls_connection_options=self.tls)
        return made.result(TIMEOUT)


class Exchange:
    """A request and its response, of which only the hash is kept."""

    def __init__(self, connection, method, path, upload=None):
        self.status, self.length, self.digest = None, 0, hashlib.sha256()
        headers = HttpHeaders([("host", "localhost")])
        if upload is not None:
            headers.add("content-length", str(len(upload)))
        request = HttpRequest(method, path, headers, None if upload is None else io.BytesIO(upload))
        self.stream = connection.request(request, self.on_response, self.on_body)
        self.stream.activate()

    def on_response(self, status_code, **_):
        self.status = status_code

    def on_body(self, chunk, **_):
        self.length += len(chunk)
        self.digest.update(chunk)

    def finish(self):
        try:
            self.stream.completion_future.result(TIMEOUT)
        except exceptions.AwsCrtError as error:
            return f"{error.name} after {self.length} bytes"
        return f"{self.status}, {self.length} bytes, SHA-256 {self.digest.hexdigest()[:16]}"


def options(client=None, **attributes):
    if client:
        made = TlsContextOptions.create_client_with_mtls_from_path(f"{CERTS}/{client}.pem", f"{CERTS}/{client}.key")
    else:
        made = TlsContextOptions()
    made.override_default_trust_store_from_path(ca_filepath=f"{CERTS}/ca.pem")
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


def ended(future):
    """How a connection was shut down."""
    error = future.exception(TIMEOUT)
    return f"closed: {getattr(error, 'name', error)}"


# A case is a function that returns lines of text. The cases run in threads, because aws-c-io waits for the end of
# the blinding, which is up to thirty seconds, before it reports a failed handshake.
CASES = []


def case(name, function, *arguments, **options):
    CASES.append((name, function, arguments, options))


def run_cases():
    with concurrent.futures.ThreadPoolExecutor(len(CASES)) as pool:
        running = [pool.submit(function, *arguments, **options) for _, function, arguments, options in CASES]
        for (name, *_), lines in zip(CASES, running):
            print(f"== {name}", *lines.result(), sep="\n")


def fetch(client, server, requests=(("GET", "/bytes/100"),), refused=False):
    """Requests on one connection. A connection of TLS 1.3 can be REFUSED after its handshake."""
    with server:
        try:
            connection = client.connect(server.server_port)
        except exceptions.AwsCrtError as error:
            return [error.name, server.handshakes.get(timeout=TIMEOUT)]
        lines = [server.handshakes.get(timeout=TIMEOUT), connection.version.name]
        if refused:
            return [*lines, ended(connection.shutdown_future)]
        lines += [Exchange(connection, *request).finish() for request in requests]
        return [*lines, ended(connection.close())]


def certificates():
    for name in ["ecdsa", "ecdsa384", "rsa", "p521", "ed25519", "pss", "unknown", "selfsigned", "expired", "future"]:
        case(f"certificate {name}", fetch, Client(options()), servers.Server(CERTS, name))
    for name in ["unknown", "selfsigned", "expired", "future"]:
        unverified = Client(options(verify_peer=False))
        case(f"certificate {name}, not verified", fetch, unverified, servers.Server(CERTS, name))
    for host in ["www.rs2n.test", "a.wild.rs2n.test", "other.test", "a.b.wild.rs2n.test"]:
        case(f"server name {host}", fetch, Client(options(), host), servers.Server(CERTS, "ecdsa"))
    folder = TlsContextOptions()
    folder.override_default_trust_store_from_path(ca_dirpath=f"{CERTS}/authorities")
    case("trust store in a folder", fetch, Client(folder), servers.Server(CERTS, "ecdsa"))
    case("trust store of the system", fetch, Client(TlsContextOptions()), servers.Server(CERTS, "ecdsa"))


def versions():
    for only, version in itertools.product([TLS1_2, TLS1_3], TlsVersion):
        name = f"server of {only.name}, client from {version.name}"
        case(name, fetch, Client(options(min_tls_ver=version)), servers.Server(CERTS, "rsa", versions=(only, only)))
    for certificate, preference in itertools.product(["rsa", "ecdsa"], TlsCipherPref):
        name = f"{certificate}, ciphers {preference.name}"
        if preference.is_supported():
            client = Client(options(cipher_pref=preference))
            case(name, fetch, client, servers.Server(CERTS, certificate))
        else:
            case(name, lambda: ["not supported"])


def mutual():
    for only, name in itertools.product([TLS1_2, TLS1_3], ["client", "client-rsa", "unknown", None]):
        server = servers.Server(CERTS, "ecdsa", versions=(only, only), client_ca=f"{CERTS}/ca.pem")
        refused = name in ("unknown", None)
        case(f"{only.name}, certificate of the client: {name}", fetch, Client(options(name)), server, refused=refused)


def token():
    """Signs with keys in SoftHSM, a PKCS #11 token: the library suspends its handshakes meanwhile."""
    os.makedirs(f"{WORK}/tokens", exist_ok=True)
    with open(f"{WORK}/softhsm2.conf", "w") as file:
        file.write(f"directories.tokendir = {WORK}/tokens\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = f"{WORK}/softhsm2.conf"

    def util(*arguments):
        subprocess.run(["softhsm2-util", *arguments, "--pin", PIN], check=True, stdout=subprocess.DEVNULL)

    util("--init-token", "--free", "--label", "awscrt", "--so-pin", PIN)
    names = ["client", "client-rsa"]
    for number, name in enumerate(names, 1):
        util("--import", f"{CERTS}/{name}.key", "--label", name, "--id", f"0{number}", "--token", "awscrt")
    library = Pkcs11Lib(file="/usr/lib/softhsm/libsofthsm2.so", behavior=Pkcs11Lib.InitializeFinalizeBehavior.STRICT)
    for name, version in itertools.product(names, [TlsVersion.DEFAULT, TlsVersion.TLSv1_2]):
        made = TlsContextOptions.create_client_with_mtls_pkcs11(
            pkcs11_lib=library, user_pin=PIN, token_label="awscrt", private_key_label=name,
            cert_file_path=f"{CERTS}/{name}.pem",
        )
        made.override_default_trust_store_from_path(ca_filepath=f"{CERTS}/ca.pem")
        made.min_tls_ver = version
        server = servers.Server(CERTS, "ecdsa", client_ca=f"{CERTS}/ca.pem")
        case(f"key {name} in a token, from {version.name}", fetch, Client(made), server)


def protocols():
    offers = [("h2", "http/1.1"), ("http/1.1",), ("h2",), ("other",), None]
    wishes = [["h2", "http/1.1"], ["http/1.1", "h2"], ["h2"], ["http/1.1"], ["x", "y"], None]
    for offered, wanted in itertools.product(offers, wishes):
        server = servers.Server(CERTS, "ecdsa", alpn=offered)
        case(f"ALPN, server {offered}, client {wanted}", fetch, Client(options(), alpn=wanted), server)


def bodies():
    lengths = [0, 1, 16383, 16384, 16385, 1 << 20]
    # awscrt's window of HTTP/2 is 64 KiB, and each update of it is delayed by the kernel.
    for alpn, largest in [("http/1.1", 32 << 20), ("h2", 2 << 20)]:
        requests = [("GET", f"/bytes/{length}") for length in [*lengths, largest]]
        requests += [("PUT", "/", bytes(servers.body(length))) for length in [*lengths, largest]]
        case(f"{alpn}, large bodies", fetch, Client(options(), alpn=[alpn]), servers.Server(CERTS, "ecdsa"), requests)


def parallel():
    client = Client(options())
    with servers.Server(CERTS, "ecdsa") as server:
        connections = [client.connect(server.server_port) for _ in range(64)]
        lines = []
        for turn in range(4):
            exchanges = [Exchange(one, "GET", f"/bytes/{1000 * turn + at}") for at, one in enumerate(connections)]
            lines += [each.finish() for each in exchanges]
        return lines + [ended(one.close()) for one in connections]


def streams():
    client = Client(options(), alpn=["h2"])
    with servers.Server(CERTS, "ecdsa") as server:
        connection = client.connect(server.server_port, Http2ClientConnection)
        exchanges = [Exchange(connection, "GET", f"/bytes/{2000 * at}") for at in range(50)]
        exchanges += [Exchange(connection, "PUT", "/", bytes(servers.body(2000 * at))) for at in range(50)]
        return [each.finish() for each in exchanges] + [ended(connection.close())]


def ends_early(only, path):
    """The server ends the connection, with close_notify or without."""
    with servers.Server(CERTS, "ecdsa", versions=(only, only)) as server:
        connection = Client(options()).connect(server.server_port)
        return [Exchange(connection, "GET", path).finish(), ended(connection.shutdown_future)]


def throughput():
    """Prints for each direction MB/s, and milliseconds of the client's CPU time for 100 MB."""
    size = 256 << 20
    upload = bytes(servers.body(size))
    command = [sys.executable, "-B", servers.__file__, CERTS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        connection = Client(options()).connect(int(server.stdout.readline()))
        for method, path, content in [("GET", f"/bytes/{size}", None), ("PUT", "/", upload)]:
            began, cpu = time.monotonic(), time.process_time()
            Exchange(connection, method, path, content).finish()
            rate = size / 1e6 / (time.monotonic() - began)
            print(f"{method} {rate:.0f} MB/s", f"{method} {(time.process_time() - cpu) / size * 1e11:.0f} ms", sep="\n")
        ended(connection.close())


def main():
    if WORK == "throughput":
        return throughput()
    certificates()
    versions()
    mutual()
    token()
    protocols()
    bodies()
    case("64 connections", parallel)
    case("100 streams of HTTP/2", streams)
    paths = ["/close/1000", "/cut/1000", "/close/1000000", "/cut/1000000"]
    for only, path in itertools.product([TLS1_2, TLS1_3], paths):
        case(f"{only.name}, {path}", ends_early, only, path)
    run_cases()


main()
