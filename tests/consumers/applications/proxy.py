"""Runs the proxy of Pingora between curl and the origin server, and prints the results.

usage: proxy.py PROGRAMS-DIRECTORY CERTIFICATES-DIRECTORY DIRECTORY
       proxy.py PROGRAMS-DIRECTORY CERTIFICATES-DIRECTORY DIRECTORY SECONDS LIBRARY-DIRECTORY

The results are equal for both libraries. The second form prints the throughput instead, per second of the proxy's
processor time: the proxy runs with the library in the directory.
"""

import hashlib
import http.client
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

LARGE = 16 << 20
LIMIT = 120
# The number of times that a client makes a request without any response.
ATTEMPTS = 3
BLOCK = bytes((at ^ at >> 8) & 255 for at in range(1 << 16))


def content(length):
    """The content that the origin server generates: (at ^ at >> 8 ^ at >> 16) & 255."""
    rows = [BLOCK.translate(bytes(value ^ row & 255 for value in range(256))) for row in range((length >> 16) + 1)]
    return b''.join(rows)[:length]


def digest(data):
    return f'{len(data)} {hashlib.sha256(data).hexdigest()}'


class Proxy:
    """A process of the proxy, which receives its listening sockets over a Unix socket."""

    def __init__(self, setup, generation, certificate, library=None):
        environment = dict(os.environ)
        if library:
            environment['LD_LIBRARY_PATH'] = library
        self.process = subprocess.Popen(
            [f'{setup.programs}/proxy', generation, setup.sockets_dir.name, setup.certs, certificate,
             ','.join(map(str, setup.ports)), ','.join(setup.origins)],
            stdout=subprocess.PIPE, text=True, env=environment)
        self.lines = []
        self.ready = threading.Event()
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            if line.endswith(' has the sockets\n'):
                self.ready.set()
            else:
                self.lines.append(line)

    def wait_until_ready(self):
        assert self.ready.wait(LIMIT), 'the proxy has no sockets'

    def end(self, number):
        self.process.send_signal(number)
        self.join()

    def join(self):
        status = self.process.wait(LIMIT)
        self.reader.join()
        assert status == 0, f'the proxy exited with {status}'


class Setup:
    """The origin server, and the listening sockets of the proxy."""

    def __init__(self, programs, certs, directory):
        self.programs, self.certs, self.dir = programs, certs, directory
        os.makedirs(directory, exist_ok=True)
        # The path of a Unix socket is short.
        self.sockets_dir = tempfile.TemporaryDirectory()
        self.origin = subprocess.Popen([f'{programs}/origin', certs], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.origins = self.origin.stdout.readline().decode().split()
        self.sockets = [socket.create_server(('127.0.0.1', 0)) for _ in range(4)]
        # The flag belongs to the socket, and Pingora does not set it on sockets that it receives.
        for listening in self.sockets:
            listening.setblocking(False)
        self.ports = [listening.getsockname()[1] for listening in self.sockets]
        self.tls13, self.tls12, self.mutual, _ = self.ports
        self.processes = []

    def start(self, *arguments):
        proxy = Proxy(self, *arguments)
        self.processes.append(proxy)
        return proxy

    def send_sockets(self):
        """Takes the part of a previous process, which hands over its sockets."""
        names = ' '.join(f'127.0.0.1:{port}' for port in self.ports)
        with socket.socket(socket.AF_UNIX) as channel:
            end = time.monotonic() + LIMIT
            # The new process reports nothing before it listens.
            while channel.connect_ex(f'{self.sockets_dir.name}/upgrade') != 0:
                assert time.monotonic() < end, 'the proxy does not listen'
                time.sleep(0.02)
            socket.send_fds(channel, [names.encode()], [listening.fileno() for listening in self.sockets])
        for listening in self.sockets:
            listening.close()

    def close(self):
        for proxy in self.processes:
            if proxy.process.poll() is None:
                proxy.process.kill()
                proxy.process.wait()
                proxy.reader.join()
        self.origin.stdin.close()
        self.origin.wait(LIMIT)
        self.sockets_dir.cleanup()

    def command(self, port, path, *options, route='h1'):
        return ['curl', '--silent', '--no-progress-meter', '--ipv4', '--max-time', str(LIMIT),
                '--cacert', f'{self.certs}/ca.pem', '--header', f'x-route: {route}', *options,
                f'https://localhost:{port}/{path}']

    def curl(self, port, path, *options, route='h1', **arguments):
        """Returns the exit status of curl, the headers and the body."""
        headers = f'{self.dir}/headers-{threading.get_ident()}'
        done = subprocess.run(
            self.command(port, path, '--dump-header', headers, *options, route=route),
            stdout=subprocess.PIPE, check=False, **arguments)
        fields = {}
        if os.path.exists(headers):
            with open(headers, encoding='ascii') as text:
                for line in text:
                    name, _, value = line.strip().partition(': ')
                    fields[name.lower()] = value
                    if line.startswith('HTTP/'):
                        fields['status'] = ' '.join(line.split()[:2])
            os.remove(headers)
        return done.returncode, fields, done.stdout


def shown(fields):
    return ', '.join(fields.get(name, '-') for name in ('status', 'x-proxy', 'x-version', 'x-tls'))


VERSIONS = ('--http1.1', '--http2')


def versions(setup):
    for port, title in ((setup.tls13, 'TLS 1.3'), (setup.tls12, 'TLS 1.2')):
        for version in VERSIONS:
            for route in ('h1', 'h2'):
                status, fields, body = setup.curl(port, 'bytes/1000', version, route=route)
                assert body == content(1000)
                print(f'{title} {version}, upstream {route}: {status}, {shown(fields)}')
    for title, options in (
            ('TLS 1.2 only', ['--tls-max', '1.2']),
            ('another CA', ['--cacert', f'{setup.certs}/other-ca.pem']),
    ):
        status, fields, _ = setup.curl(setup.tls13, 'bytes/10', *options)
        print(f'{title}: {status}, {shown(fields)}')


def client_certificates(setup):
    for version in VERSIONS:
        for name in ('client', 'client-rsa', 'unknown', None):
            options = ['--cert', f'{setup.certs}/{name}.pem', '--key', f'{setup.certs}/{name}.key'] if name else []
            status, fields, body = setup.curl(setup.mutual, 'bytes/10', version, *options)
            # The request can be sent before the alert is received, so that curl's statuses differ.
            print(f'{version}, client certificate {name}: {status == 0}, {len(body)}, {shown(fields)}')


def upstreams(setup):
    for route in ('mutual', 'no-certificate', 'unknown', 'unverified', 'expired', 'wrong-name', 'other-name', 'tls12',
                  'psk', 'wrong-psk', 'none'):
        status, fields, body = setup.curl(setup.tls13, 'bytes/1000', route=route)
        print(f'upstream {route}: {status}, {shown(fields)}, {body == content(1000)}')


def large_bodies(setup):
    data = content(LARGE)
    path = f'{setup.dir}/large'
    with open(path, 'wb') as file:
        file.write(data)
    for version in VERSIONS:
        for route in ('h1', 'h2', 'psk', 'mutual'):
            _, _, body = setup.curl(setup.tls13, f'bytes/{LARGE}', version, route=route)
            assert body == data, 'received'
            options = [version, '--header', 'Expect:', '--data-binary', f'@{path}']
            _, _, body = setup.curl(setup.tls13, 'hash', *options, route=route)
            assert body.decode() == digest(data), 'sent'
            print(f'{version}, upstream {route}: received and sent {digest(data)}')


    # With HTTP/2 on either side, the proxy does not copy megabytes in both directions at the same time.
    options = ['--http1.1', '--header', 'Expect:', '--data-binary', f'@{path}']
    _, _, body = setup.curl(setup.tls13, 'echo', *options)
    print(f'echoed: {body == data}')


def connections(setup):
    names = ['%{num_connects} %{http_code} %header{x-connection}\\n']
    for version in VERSIONS:
        done = subprocess.run(
            setup.command(setup.tls13, 'bytes/[100-129]', version, '--output', '/dev/null', '--write-out', *names),
            stdout=subprocess.PIPE, check=True, text=True)
        rows = [line.split() for line in done.stdout.splitlines()]
        connects = sum(int(row[0]) for row in rows)
        upstream = len({row[2] for row in rows})
        print(f'{version}: {len(rows)} requests, {connects} connection, upstream reused: {upstream < len(rows)}')
        assert {row[1] for row in rows} == {'200'}
    for version in VERSIONS:
        for route in ('h1', 'h2'):
            subprocess.run(
                setup.command(setup.tls13, 'bytes/[1000-1199]', version, '--parallel', '--parallel-max', '40',
                              '--output', f'{setup.dir}/parallel-#1', '--fail', route=route),
                check=True)
            for length in range(1000, 1200):
                with open(f'{setup.dir}/parallel-{length}', 'rb') as file:
                    assert file.read() == content(length)
                os.remove(f'{setup.dir}/parallel-{length}')
            print(f'{version}, upstream {route}: 200 parallel requests')


class Upload:
    """A request whose second half is sent later, and whose first half has been echoed."""

    def __init__(self, setup):
        context = ssl.create_default_context(cafile=f'{setup.certs}/ca.pem')
        self.socket = context.wrap_socket(
            socket.create_connection(('127.0.0.1', setup.tls13), LIMIT), server_hostname='localhost')
        self.socket.sendall(b'POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n')
        self.half = content(10000)
        self.send(self.half)
        self.response = http.client.HTTPResponse(self.socket, method='POST')
        self.response.begin()
        assert self.response.read(len(self.half)) == self.half, 'the first half'

    def send(self, data):
        self.socket.sendall(b'%x\r\n%b\r\n' % (len(data), data))

    def finish(self):
        self.send(self.half)
        self.send(b'')
        assert self.response.read() == self.half, 'the second half'
        self.socket.close()
        return self.response.headers['x-proxy']


def upgrade(setup, old):
    """A second process takes over the sockets during requests."""
    outcomes, stop = [], threading.Event()

    def load(version):
        while not stop.is_set():
            # An ending process closes or resets connections on which no request has arrived yet, some during their
            # handshake: clients repeat a request without any response.
            for _ in range(ATTEMPTS):
                status, fields, body = setup.curl(setup.tls13, 'bytes/10000', version)
                if status == 0 or fields:
                    break
            outcomes.append((status, fields.get('x-proxy'), len(body)))

    upload = Upload(setup)
    threads = [threading.Thread(target=load, args=(version,)) for version in VERSIONS]
    for thread in threads:
        thread.start()
    try:
        new = setup.start('second', 'rsa')
        old.process.send_signal(signal.SIGQUIT)
        new.wait_until_ready()
        server = upload.finish()
        old.join()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    outcomes.append(setup.curl(setup.tls13, 'bytes/10')[:2])
    print(f'upgrade: the upload that was running is completed by {server}')
    print(f'upgrade: failed requests: {[row for row in outcomes[:-1] if row[0] != 0 or row[2] != 10000]}')
    servers = sorted({str(row[1]) for row in outcomes[:-1]})
    print(f'upgrade: served by {servers}, then by {outcomes[-1][1]["x-proxy"]}')
    certificate = ssl.get_server_certificate(('127.0.0.1', setup.tls13))
    with open(f'{setup.certs}/rsa.crt', encoding='ascii') as expected:
        print(f'upgrade: new certificate: {certificate.strip() == expected.read().strip()}')
    return new


def errors(processes):
    """Prints the failed handshakes and requests, without ports."""
    lines = set()
    for process in processes:
        for line in process.lines:
            line = re.sub(r'(127\.0\.0\.1|localhost):\d+', r'\1', line.strip())
            # A server of s2n-tls ends a connection with a client that it rejects; that of rs2n sends its alert.
            if re.search('while (reading response|writing request) headers', line):
                line = 'ERROR Fail to proxy: no response'
            line = re.sub('failed: (connection is closed|TLS alert received), SNI', 'failed: by the server, SNI', line)
            if line.startswith(('ERROR Downstream handshake error', 'ERROR Fail to proxy')):
                lines.add(line)
    for line in sorted(lines):
        print(line)


def test(setup):
    first = setup.start('first', 'ecdsa')
    setup.send_sockets()
    first.wait_until_ready()
    for part in (versions, client_certificates, upstreams, large_bodies, connections):
        part(setup)
    second = upgrade(setup, first)
    second.end(signal.SIGINT)
    errors([first, second])


def processor_time(process):
    """The seconds of processor time of a process: proc_pid_stat(5)."""
    with open(f'/proc/{process.pid}/stat', encoding='ascii') as stat:
        fields = stat.read().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def throughput(setup, seconds, library):
    """Runs curl for a time, and prints requests and megabytes per second."""
    proxy = setup.start('first', 'ecdsa', library)
    setup.send_sockets()
    proxy.wait_until_ready()
    for title, version, route, unit, path, count, scale, *options in (
            ('HTTP/1.1', '--http1.1', 'h1', 'requests/s', 'bytes/100', 300, 1),
            ('HTTP/1.1', '--http1.1', 'h1', 'connections/s', 'bytes/100', 30, 1, '--header', 'Connection: close'),
            ('HTTP/1.1', '--http1.1', 'h1', 'MB/s', f'bytes/{LARGE}', 4, LARGE / 1e6),
            ('HTTP/2', '--http2', 'h2', 'requests/s', 'bytes/100', 300, 1),
            ('HTTP/2', '--http2', 'h2', 'MB/s', f'bytes/{LARGE}', 4, LARGE / 1e6),
    ):
        done, start, before = 0, time.monotonic(), processor_time(proxy.process)
        while time.monotonic() < start + seconds:
            subprocess.run(
                setup.command(setup.tls13, f'{path}?[1-{count}]', version, '--output', '/dev/null', *options,
                              route=route),
                check=True)
            done += count
        print(f'Pingora, {title}, {unit}\t{done * scale / (processor_time(proxy.process) - before):.1f}')
    proxy.end(signal.SIGINT)


def main(programs, certs, directory, seconds=None, library=None):
    setup = Setup(programs, certs, directory)
    try:
        if seconds:
            throughput(setup, float(seconds), library)
        else:
            test(setup)
    finally:
        setup.close()


if __name__ == '__main__':
    main(*sys.argv[1:])
