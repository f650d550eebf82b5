"""The rows of the tables: what is measured, in which unit, and what is better."""

# (name of the value, title, unit, decimals)
ROWS = {
    "Handshakes, CPU time from the creation of the connection to its end": [
        ("full_client_us", "client, chain verified before by its config", "µs", 1),
        ("first_client_us", "client, chain not verified before", "µs", 1),
        ("full_server_us", "server", "µs", 1),
        ("mutual_client_us", "client of mutual TLS, chain verified before", "µs", 1),
        ("mutual_server_us", "server of mutual TLS, chain verified before", "µs", 1),
        ("mutual_first_server_us", "server of mutual TLS, chain not verified before", "µs", 1),
        ("resumed_client_us", "resumed, client", "µs", 1),
        ("resumed_server_us", "resumed, server", "µs", 1),
        ("resumed_0rtt_client_us", "resumed with 100 bytes of early data, client", "µs", 1),
        ("resumed_0rtt_server_us", "resumed with 100 bytes of early data, server", "µs", 1),
        ("psk_client_us", "external PSK, client", "µs", 1),
        ("psk_server_us", "external PSK, server", "µs", 1),
        ("psk_0rtt_client_us", "external PSK with 100 bytes of early data, client", "µs", 1),
        ("psk_0rtt_server_us", "external PSK with 100 bytes of early data, server", "µs", 1),
        ("tls12_resumed_client_us", "resumed with TLS 1.2, client", "µs", 1),
        ("tls12_resumed_server_us", "resumed with TLS 1.2, server", "µs", 1),
    ],
    "Data transfer in memory": [
        ("send_default_GBps", "send, records of the default size", "GB/s", 2),
        ("send_full_GBps", "send, full records", "GB/s", 2),
        ("send_low_GBps", "send, low-latency records", "GB/s", 2),
        ("recv_default_GBps", "receive, records of the default size", "GB/s", 2),
        ("recv_full_GBps", "receive, full records", "GB/s", 2),
        ("recv_low_GBps", "receive, low-latency records", "GB/s", 2),
        ("recv_buffered_GBps", "receive, full records, several in a call", "GB/s", 2),
        ("send_64_ns", "send of 64 bytes", "ns", 0),
        ("recv_64_ns", "receive of 64 bytes", "ns", 0),
        ("round_trip_1_ns", "1 byte there and back", "ns", 0),
    ],
    "Data transfer over a Unix socket, records of the default size, calls of 64 KiB": [
        ("socket_send_ms_per_GB", "CPU time of the sender", "ms/GB", 0),
        ("socket_recv_ms_per_GB", "CPU time of the receiver", "ms/GB", 0),
        ("writes_per_MiB", "system calls of the sender", "per MiB", 0),
        ("reads_per_MiB", "system calls of the receiver", "per MiB", 0),
    ],
    "Heap of an idle connection": [
        ("heap_idle_client_bytes", "client", "bytes", 0),
        ("heap_idle_server_bytes", "server", "bytes", 0),
        ("heap_tickets_client_bytes", "client with a ticket", "bytes", 0),
        ("heap_tickets_server_bytes", "server that has sent one", "bytes", 0),
        ("heap_tls12_tickets_client_bytes", "client of TLS 1.2 with a ticket", "bytes", 0),
        ("heap_tls12_tickets_server_bytes", "server of TLS 1.2 that has sent one", "bytes", 0),
    ],
    "Server with 10,000 certificates": [
        ("certs_10000_changed_ms", "first handshake after a change of the config", "ms", 3),
        ("certs_10000_steady_us", "further handshakes", "µs", 1),
        ("certs_10000_load_us", "loading a chain and its key", "µs", 1),
    ],
    "Handshakes of both sides, a second": [
        ("cores_1_per_s", "with one thread", "1/s", 0),
        ("cores_2_per_s", "with two threads", "1/s", 0),
        ("cores_ratio", "two threads, to one", "", 2),
        ("cores_cpu_ratio", "CPU time of a handshake with two threads, to one", "", 2),
    ],
}

# The rows of `make bench-scale`
SCALE_ROWS = {
    "Certificates of a server": [
        (f"certs_{count}_{what}", f"{count:,} certificate{'s' * (count > 1)}: {title}", unit, decimals)
        for count in (1, 100, 10000)
        for what, title, unit, decimals in (
            ("changed_ms", "first handshake after a change", "ms", 3),
            ("steady_us", "further handshakes", "µs", 1),
        )
    ],
    "Idle connections, each side in a process of its own": [
        ("idle_connections", "number of connections", "", 0),
        ("idle_client_bytes", "resident memory of a client", "bytes", 0),
        ("idle_server_bytes", "resident memory of a server", "bytes", 0),
        ("idle_client_million_GB", "the same for 1,000,000 clients, extrapolated", "GB", 2),
        ("idle_server_million_GB", "the same for 1,000,000 servers, extrapolated", "GB", 2),
    ],
    "Echo server with 1,000 active of 10,000 connections": [
        ("echo_connections", "number of connections", "", 0),
        ("echo_per_s", "messages of 1 KiB there and back", "1/s", 0),
        ("echo_server_us", "CPU time of the server for a message", "µs", 2),
        ("echo_client_us", "CPU time of the clients for a message", "µs", 2),
    ],
    "Handshakes of both sides, a second": [
        ("cores_1_per_s", "with one thread", "1/s", 0),
        ("cores_2_per_s", "with two threads", "1/s", 0),
        ("cores_ratio", "two threads, to one", "", 2),
        ("cores_cpu_ratio", "CPU time of a handshake with two threads, to one", "", 2),
    ],
}

TABLES = {"bench": ROWS, "scale": SCALE_ROWS}

LIBRARIES = {
    "rs2n": "rs2n",
    "s2n-tls": "s2n-tls",
    "boringssl": "BoringSSL",
    "openssl": "OpenSSL",
    "gnutls": "GnuTLS",
    "floor": "AEAD alone",
}

# Libraries without a cache of verified chains have one value for both rows.
SAME = {"first_client_us": "full_client_us", "mutual_first_server_us": "mutual_server_us"}


def more_is_better(unit):
    return unit in ("GB/s", "1/s")
