//! Resumption of sessions with OpenSSL, GnuTLS, Python and curl, in both roles of the tools.

use std::fs;
use std::process::Stdio;

use crate::common::*;
use crate::parties::{gnutls_server, leaf, report, strs};
use crate::peers::{Process, Report, cert, chain_and_key};
use crate::support::root;

const PAGE: &str = "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n";

/// A server of two connections that sends a page to each, and its reports.
struct TwoConnections {
    server: Server,
    reports: String,
}

impl TwoConnections {
    /// Starts a server that closes after the page.
    fn start(name: &str, resumption: Resumption, more: &[&str]) -> Self {
        Self::lingering(name, resumption, &[&["--linger", "0"], more].concat())
    }

    fn lingering(name: &str, resumption: Resumption, more: &[&str]) -> Self {
        let dir = folder(name);
        let (page, reports) = (path(&dir, "page"), path(&dir, "reports"));
        fs::write(&page, PAGE).expect("writable");
        let json_option = format!("--json={reports}");
        let keys = ticket_keys(&dir, &[1]);
        let own = ["--connections", "2", "--send", &page];
        let resumption = match resumption {
            Resumption::Tickets => &["--ticket-key-file", keys.as_str()][..],
            Resumption::Cache => &["--session-cache"],
        };
        let args = [&own[..], &[&json_option], resumption, more].concat();
        Self {
            server: Server::start_with_input(&args, Stdio::null()),
            reports,
        }
    }

    /// Checks that the second connection resumed the session of the first one, if `expected`.
    fn expect(self, expected: bool, context: &str) {
        let report = self.server.finish();
        let came = resumed(&self.reports);
        assert_eq!(came, [false, expected], "{context}: {report:?}");
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resumption {
    Tickets,
    Cache,
}

/// The versions of the other programs, and how a server resumes the sessions of each.
const CASES: [(&str, Resumption, bool); 4] = [
    ("1.3", Resumption::Tickets, true),
    ("1.2", Resumption::Tickets, true),
    ("1.2", Resumption::Cache, true),
    // The cache has sessions of TLS 1.2 only.
    ("1.3", Resumption::Cache, false),
];

/// Runs `openssl s_client` until the server closes.
fn s_client(port: &str, args: &[&str]) -> Report {
    let (ca, place) = (cert("ca.pem"), format!("127.0.0.1:{port}"));
    let own = ["s_client", "-connect", &place, "-CAfile", &ca];
    let args = [&own[..], &["-verify_return_error", "-ign_eof"], args].concat();
    let client = report("openssl", &args);
    assert!(client.stdout.contains("hello"), "{client:?}");
    client
}

fn openssl_version(version: &str) -> String {
    format!("-tls{}", version.replace('.', "_"))
}

#[test]
fn openssl_clients_resume() {
    let dir = folder("openssl-resumes");
    let session = path(&dir, "session");
    for (version, resumption, expected) in CASES {
        let option = openssl_version(version);
        for more in [&[][..], &["-no_ticket"]] {
            // In TLS 1.3 the option concerns servers only.
            let expected = expected
                && (more.is_empty() || version == "1.3" || resumption == Resumption::Cache);
            let peer = TwoConnections::start("openssl-server", resumption, &[]);
            let port = peer.server.port.clone();
            s_client(&port, &[&[&option, "-sess_out", &session], more].concat());
            let client = s_client(&port, &[&[&option, "-sess_in", &session], more].concat());
            let context = format!("{version} {resumption:?} {more:?}");
            let line = if expected { "\nReused, " } else { "\nNew, " };
            assert!(client.stdout.contains(line), "{context}: {client:?}");
            peer.expect(expected, &context);
        }
    }
}

#[test]
fn an_openssl_session_of_another_server_is_a_full_handshake() {
    let dir = folder("openssl-other");
    let session = path(&dir, "session");
    for version in ["1.3", "1.2"] {
        let option = openssl_version(version);
        let first = TwoConnections::start("openssl-first", Resumption::Tickets, &[]);
        s_client(&first.server.port, &[&option, "-sess_out", &session]);
        // Its key has another name.
        let keys = ticket_keys(&dir, &[2]);
        let (page, reports) = (path(&dir, "page"), path(&dir, "reports"));
        fs::write(&page, PAGE).expect("writable");
        let json_option = format!("--json={reports}");
        let args = ["--linger", "0", "--send", &page, "--ticket-key-file", &keys];
        let other = Server::start(&[&args[..], &[&json_option]].concat());
        let client = s_client(&other.port, &[&option, "-sess_in", &session]);
        assert!(client.stdout.contains("\nNew, "), "{version}: {client:?}");
        assert_eq!(other.finish().code, Some(0));
        assert_eq!(resumed(&reports), [false], "{version}");
    }
}

#[test]
fn openssl_clients_resume_after_a_hello_retry_request() {
    let dir = folder("openssl-hrr");
    let session = path(&dir, "session");
    // The policy has no X25519, for which the client sends its key share.
    let policy = ["--policy", "20250414"];
    let peer = TwoConnections::start("openssl-hrr-server", Resumption::Tickets, &policy);
    let port = peer.server.port.clone();
    let common = ["-tls1_3", "-groups", "X25519:P-384", "-msg"];
    for option in ["-sess_out", "-sess_in"] {
        let client = s_client(&port, &[&common[..], &[option, &session]].concat());
        let hellos = client.stdout.matches(", ClientHello").count();
        assert_eq!(hellos, 2, "{client:?}");
    }
    peer.expect(true, "HelloRetryRequest");
}

#[test]
fn gnutls_clients_resume() {
    for (version, resumption, expected) in CASES {
        let peer = TwoConnections::start("gnutls-client", resumption, &[]);
        let ca = cert("ca.pem");
        let priority = match resumption {
            Resumption::Tickets => format!("NORMAL:-VERS-ALL:+VERS-TLS{version}"),
            // With tickets enabled, GnuTLS offers no session ID.
            Resumption::Cache => format!("NORMAL:-VERS-ALL:+VERS-TLS{version}:%NO_TICKETS"),
        };
        let own = ["--resume", "--x509cafile", &ca, "--port", &peer.server.port];
        let options = ["--priority", &priority, "--logfile", "/dev/null"];
        // A ticket of TLS 1.3 follows the handshake.
        let wait: &[&str] = match (version, resumption) {
            ("1.3", Resumption::Tickets) => &["--waitresumption"],
            _ => &[],
        };
        let args = [&own[..], &options, wait, &["localhost"]].concat();
        let client = Process::spawn("gnutls-cli", &args).finish();
        peer.expect(expected, &format!("{version} {resumption:?}: {client:?}"));
    }
}

#[test]
fn python_clients_resume() {
    let script = root().join("tests/peers/resuming_client.py");
    let script = script.display().to_string();
    let ca = cert("ca.pem");
    for (version, resumption, expected) in CASES {
        let peer = TwoConnections::start("python-client", resumption, &[]);
        let mut args = vec![script.as_str(), version, &ca, &peer.server.port];
        if resumption == Resumption::Cache {
            args.push("no-ticket");
        }
        let client = report("python3", &args);
        assert_eq!(client.code, Some(0), "{client:?}");
        let second = if expected { "True" } else { "False" };
        let lines = format!("resumed: False\nresumed: {second}\n");
        assert_eq!(client.stdout, lines, "{version} {resumption:?}");
        peer.expect(expected, version);
    }
}

#[test]
fn curl_resumes() {
    for (version, resumption, expected) in CASES {
        // curl disables tickets of TLS 1.2.
        let expected = expected && (version == "1.3" || resumption == Resumption::Cache);
        // In TLS 1.2 a server that closes before the request ends both directions.
        let peer = TwoConnections::lingering("curl", resumption, &["--linger", "3"]);
        let (ca, port) = (cert("ca.pem"), &peer.server.port);
        let url = format!("https://localhost:{port}/");
        let minimum = format!("--tlsv{version}");
        let own = ["--silent", "--show-error", "--cacert", &ca, &minimum];
        // Two transfers of one process, which share its sessions.
        let args = [&own[..], &["--tls-max", version, &url, &url]].concat();
        let client = report("curl", &args);
        assert_eq!(client.code, Some(0), "{client:?}");
        assert_eq!(client.stdout, "hello\nhello\n");
        peer.expect(expected, &format!("{version} {resumption:?}"));
    }
}

/// Connects twice with a request, and checks that the second connection is resumed.
fn expect_resumption(name: &str, port: &str, version: &str, context: &str) {
    let dir = folder(name);
    let (request, reports) = (path(&dir, "request"), path(&dir, "reports"));
    fs::write(&request, "GET / HTTP/1.0\r\n\r\n").expect("writable");
    let json_option = format!("--json={reports}");
    let own = ["--reconnect", "1", "--send", &request, "--linger", "5"];
    let client = client(port, &[&own[..], &[&json_option]].concat(), Stdio::null());
    assert_eq!(client.code, Some(0), "{context}: {client:?}");
    assert_eq!(resumed(&reports), [false, true], "{context}: {client:?}");
    let text = fs::read_to_string(&reports).expect("reports");
    for line in text.lines() {
        assert_eq!(parse(line)["version"], version, "{context}");
    }
}

/// Starts `openssl s_server` for two connections.
fn s_server(options: &[&str]) -> (Process, String) {
    let identity = leaf("ecdsa");
    let own = ["s_server", "-accept", "127.0.0.1:0", "-naccept", "2"];
    let args = [&own[..], &strs(&identity), options].concat();
    let mut server = Process::spawn("openssl", &args);
    let port = server.wait_for("ACCEPT 127.0.0.1:");
    (server, port)
}

#[test]
fn sessions_of_openssl_servers_are_resumed() {
    for (options, version) in [
        (&["-tls1_3"][..], "TLS 1.3"),
        (&["-tls1_2"], "TLS 1.2"),
        // The server has a cache.
        (&["-tls1_2", "-no_ticket"], "TLS 1.2"),
        (&["-tls1_3", "-no_ticket"], "TLS 1.3"),
    ] {
        let (_server, port) = s_server(&[options, &["-www"]].concat());
        expect_resumption("s-server", &port, version, &format!("{options:?}"));
    }
}

#[test]
fn sessions_are_resumed_after_a_hello_retry_request() {
    let (server, port) = s_server(&["-tls1_3", "-groups", "P-521", "-msg", "-www"]);
    expect_resumption("s-server-hrr", &port, "TLS 1.3", "P-521");
    let server = server.finish();
    let hellos = server.stdout.matches(", ClientHello").count();
    assert_eq!(hellos, 4, "{server:?}");
}

#[test]
fn sessions_of_gnutls_servers_are_resumed() {
    for (version, options) in [
        ("1.3", &[][..]),
        ("1.2", &[]),
        // The server has a cache.
        ("1.2", &["--noticket"]),
    ] {
        let priority = format!("NORMAL:-VERS-ALL:+VERS-TLS{version}");
        let (_server, port) = gnutls_server(&priority, "ecdsa", options);
        let context = format!("{version} {options:?}");
        expect_resumption("gnutls-serv", &port, &format!("TLS {version}"), &context);
    }
}

#[test]
fn sessions_of_python_servers_are_resumed() {
    let script = root().join("tests/peers/resuming_server.py");
    let script = script.display().to_string();
    let (chain, key) = chain_and_key("ecdsa");
    for version in ["1.3", "1.2"] {
        let args = [script.as_str(), version, &chain, &key];
        let mut server = Process::spawn("python3", &args);
        let port = server.wait_for("port: ");
        let dir = folder("python-server");
        let reports = path(&dir, "reports");
        let json_option = format!("--json={reports}");
        // Its close_notify follows the data at once.
        let args = ["--reconnect", "1", &json_option];
        let client = client(&port, &args, Stdio::null());
        assert_eq!(client.code, Some(0), "{version}: {client:?}");
        assert_eq!(client.stdout, "hello\nhello\n", "{version}");
        assert_eq!(resumed(&reports), [false, true], "{version}");
        let server = server.finish();
        assert_eq!(server.stdout, "resumed: False\nresumed: True\n");
    }
}
