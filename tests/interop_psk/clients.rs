//! `rs2nd` with clients of OpenSSL and GnuTLS.

use super::*;
use crate::parties::report;
use crate::peers::{Process, cert, chain_and_key};

/// A policy without secp521r1, and the groups of OpenSSL for a client whose only key share is for it:
/// the server sends a HelloRetryRequest.
const RETRY_POLICY: &str = "CloudFront-TLS-1-3-2025-no-pq";
const RETRY_GROUPS: [&str; 2] = ["-groups", "P-521:P-256"];

/// The clients of `rs2nd`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Client {
    /// It receives a page, and closes after the server.
    OpenSsl,
    /// It closes first: it sends no close_notify after that of the server.
    GnuTls,
}

/// A running `rs2nd`.
struct Server<'a> {
    files: &'a Files,
    process: Process,
    port: String,
}

/// The end of `rs2nd`, and its reports.
struct Served {
    process: Report,
    reports: String,
}

impl<'a> Server<'a> {
    /// Starts a server for this number of connections.
    fn start(files: &'a Files, client: Client, connections: usize, args: &[&str]) -> Self {
        let json = format!("--json={}", files.path("server.json"));
        let (count, page) = (connections.to_string(), files.path("page"));
        let received = files.path("received");
        let own = ["--connections", &count, "--linger", "0"];
        let send = match client {
            Client::OpenSsl => &["--send", page.as_str()][..],
            Client::GnuTls => &[],
        };
        let output = ["--receive", &received, "--force", &json];
        let args = [&own[..], send, &output, args, &["127.0.0.1", "0"]].concat();
        let mut process = Process::spawn(&tool("rs2nd"), &args);
        let port = process.wait_for("port: ");
        Self {
            files,
            process,
            port,
        }
    }

    /// Starts a server without a certificate for one client.
    fn with_key(files: &'a Files, client: Client, hash: &str, args: &[&str]) -> Self {
        let key = files.path(hash);
        Self::start(files, client, 1, &[&["--psk-file", &key], args].concat())
    }

    /// Starts a server with a certificate and this file of ticket keys, for one OpenSSL client or two
    /// connections of a GnuTLS client.
    fn with_tickets(files: &'a Files, client: Client, keys: &str, args: &[&str]) -> Self {
        let ((chain, key), keys) = (chain_and_key("ecdsa"), files.path(keys));
        let own = ["--cert", &chain, "--key", &key, "--ticket-key-file", &keys];
        let connections = match client {
            Client::OpenSsl => 1,
            Client::GnuTls => 2,
        };
        Self::start(files, client, connections, &[&own[..], args].concat())
    }

    /// Runs `openssl s_client` until the server closes.
    fn s_client(&self, args: &[&str]) -> Report {
        let (to, ca) = (format!("127.0.0.1:{}", self.port), cert("ca.pem"));
        let own = ["s_client", "-connect", &to, "-CAfile", &ca, "-tls1_3"];
        let own = [&own[..], &["-verify_return_error", "-ign_eof", "-msg"]].concat();
        report("openssl", &[&own[..], args].concat())
    }

    fn gnutls_cli(&self, args: &[&str]) -> Report {
        let ca = cert("ca.pem");
        let own = ["--port", &self.port, "--x509cafile", &ca];
        report("gnutls-cli", &[&own[..], args, &["localhost"]].concat())
    }

    fn finish(self) -> Served {
        let process = self.process.finish();
        let reports = self.files.read("server.json");
        Served { process, reports }
    }
}

#[test]
fn openssl_clients_use_a_pre_shared_key() {
    let files = Files::new("s-client");
    for (hash, suite, number) in SUITES {
        for (policy, groups, hellos) in [("default", &[][..], 1), (RETRY_POLICY, &RETRY_GROUPS, 2)]
        {
            // The option -psk is for SHA-256 only. OpenSSL removes the key of -psk_session after a
            // HelloRetryRequest, because it compares hashes by their addresses.
            let key = files.openssl_key(number);
            let key = match (hash, hellos) {
                ("sha256", _) => ["-psk_identity", "me", "-psk", SECRET],
                (_, 1) => ["-psk_identity", "me", "-psk_session", &key],
                _ => continue,
            };
            let server = Server::with_key(&files, Client::OpenSsl, hash, &["--policy", policy]);
            let client = server.s_client(&[&key[..], groups].concat());
            let used = format!("\nReused, TLSv1.3, Cipher is {suite}\n");
            let texts = ["no peer certificate available", &used, "page\n"];
            expect_output(&client, &texts);
            assert_eq!(client_hellos(&client), hellos, "{client:?}");
            let served = server.finish();
            assert_eq!(served.process.code, Some(0), "{:?}", served.process);
            expect(&served.reports, &[PSK, &cipher(suite), NO_ERROR], &client);
        }
    }
}

#[test]
fn openssl_clients_without_the_key_are_rejected() {
    let files = Files::new("s-client-other");
    for (identity, secret, error, alert) in [
        ("me", OTHER, "S2N_ERR_BAD_PSK_BINDER", "number 51"),
        (
            "you",
            SECRET,
            "S2N_ERR_NO_VALID_SIGNATURE_SCHEME",
            "number 40",
        ),
    ] {
        let server = Server::with_key(&files, Client::OpenSsl, "sha256", &[]);
        let client = server.s_client(&["-psk_identity", identity, "-psk", secret]);
        assert_eq!(client.code, Some(1), "{client:?}");
        assert!(client.stderr.contains(alert), "{client:?}");
        let served = server.finish();
        assert_eq!(served.process.code, Some(1), "{:?}", served.process);
        expect(&served.reports, &[NO_PSK, error], &client);
    }
    // A server with a certificate does not require a key.
    let ((chain, key), keys) = (chain_and_key("ecdsa"), files.path("sha256"));
    let args = ["--cert", &chain, "--key", &key, "--psk-file", &keys];
    let server = Server::start(&files, Client::OpenSsl, 1, &args);
    let client = server.s_client(&["-psk_identity", "you", "-psk", SECRET]);
    expect_output(&client, &["\nNew, TLSv1.3", "Verification: OK", "page\n"]);
    expect(&server.finish().reports, &[NO_PSK, NO_ERROR], &client);
}

#[test]
fn gnutls_clients_use_a_pre_shared_key() {
    let files = Files::new("gnutls-cli");
    let retry = format!("{GNUTLS_PSK}:-GROUP-ALL:+GROUP-SECP521R1:+GROUP-SECP256R1");
    for (policy, priority, options) in [
        ("default", GNUTLS_PSK, &[][..]),
        // The only key share is for secp521r1.
        (RETRY_POLICY, &retry, &["--single-key-share"]),
    ] {
        let server = Server::with_key(&files, Client::GnuTls, "sha256", &["--policy", policy]);
        let key = ["--pskusername", "me", "--pskkey", SECRET];
        let args = [&key[..], &["--priority", priority], options].concat();
        let client = server.gnutls_cli(&args);
        expect_output(&client, &["- PSK authentication. Connected as 'me'\n"]);
        let served = server.finish();
        assert_eq!(served.process.code, Some(0), "{:?}", served.process);
        let group = r#""group":"secp256r1""#;
        expect(&served.reports, &[PSK, group, NO_ERROR], &client);
    }
}

#[test]
fn gnutls_clients_with_another_secret_are_rejected() {
    let files = Files::new("gnutls-cli-other");
    let server = Server::with_key(&files, Client::GnuTls, "sha256", &[]);
    let key = ["--pskusername", "me", "--pskkey", OTHER];
    let client = server.gnutls_cli(&[&key[..], &["--priority", GNUTLS_PSK]].concat());
    assert_eq!(client.code, Some(1), "{client:?}");
    expect_output(&client, &["Received alert [51]: Decrypt error"]);
    let served = server.finish();
    assert_eq!(served.process.code, Some(1), "{:?}", served.process);
    expect(&served.reports, &["S2N_ERR_BAD_PSK_BINDER"], &client);
}

const MAX: [&str; 2] = ["--max-early-data", "60000"];

/// Stores a session of a server with these options in the file `session`.
fn store_openssl_session(files: &Files, server: &[&str], client: &[&str]) {
    let server = Server::with_tickets(files, Client::OpenSsl, "tickets", server);
    let session = files.path("session");
    let client = server.s_client(&[client, &["-sess_out", &session]].concat());
    expect_output(&client, &["\nNew, TLSv1.3", "page\n"]);
    assert_eq!(server.finish().process.code, Some(0));
}

#[test]
fn early_data_of_openssl_clients_is_accepted() {
    let files = Files::new("s-client-early");
    let session = files.path("session");
    store_openssl_session(&files, &MAX, &[]);
    let long = "0123456789".repeat(5000);
    files.write("long", &long);
    for (name, text) in [("early", EARLY), ("long", &long)] {
        let server = Server::with_tickets(&files, Client::OpenSsl, "tickets", &MAX);
        let early = files.path(name);
        let client = server.s_client(&["-sess_in", &session, "-early_data", &early]);
        let texts = ["\nReused, TLSv1.3", "\nEarly data was accepted\n", "page\n"];
        expect_output(&client, &texts);
        let served = server.finish();
        assert_eq!(served.process.code, Some(0), "{:?}", served.process);
        let early_data = accepted(text.len());
        expect(&served.reports, &[RESUMED, &early_data, NO_ERROR], &client);
        assert_eq!(files.read("received"), text);
    }
}

#[test]
fn early_data_of_openssl_clients_is_rejected_and_skipped() {
    let files = Files::new("s-client-rejected");
    let session = files.path("session");
    files.write("early", &"0123456789".repeat(5000));
    let alpn = [&MAX[..], &["--alpn", "h2"]].concat();
    let retry = [&MAX[..], &["--policy", RETRY_POLICY]].concat();
    for (keys, first, second, client, is_resumed, hellos) in [
        // The server accepts no early data any more.
        ("tickets", &MAX[..], &[][..], &[][..], true, 1),
        // It cannot decrypt the ticket.
        ("other-tickets", &MAX, &MAX, &[], false, 1),
        ("tickets", &retry, &retry, &RETRY_GROUPS, true, 2),
        ("tickets", &alpn, &alpn, &["-alpn", "h2"], true, 1),
    ] {
        store_openssl_session(&files, first, client);
        let server = Server::with_tickets(&files, Client::OpenSsl, keys, second);
        let early = files.path("early");
        let own = ["-sess_in", &session, "-early_data", &early];
        let client = server.s_client(&[&own[..], client].concat());
        let line = if is_resumed { "\nReused, " } else { "\nNew, " };
        expect_output(&client, &[line, "\nEarly data was rejected\n", "page\n"]);
        assert_eq!(client_hellos(&client), hellos, "{client:?}");
        let served = server.finish();
        assert_eq!(served.process.code, Some(0), "{:?}", served.process);
        let resumed = format!(r#""resumed":{is_resumed}"#);
        expect(
            &served.reports,
            &[&resumed, &rejected(0), NO_ERROR],
            &client,
        );
        assert_eq!(files.read("received"), "", "{second:?}");
    }
}

#[test]
fn early_data_of_openssl_clients_with_a_pre_shared_key() {
    let files = Files::new("s-client-psk-early");
    let retry = [&MAX[..], &["--policy", RETRY_POLICY]].concat();
    for (hash, suite, number) in SUITES {
        let key = files.openssl_key(number);
        let early = files.path("early");
        for (server, client, is_accepted, hellos) in [
            (&MAX[..], &[][..], true, 1),
            (&[], &[], false, 1),
            (&retry, &RETRY_GROUPS, false, 2),
        ] {
            let server = Server::with_key(&files, Client::OpenSsl, hash, server);
            // The option -psk applies after a HelloRetryRequest: see above.
            let key = match (hash, hellos) {
                (_, 1) => vec!["-psk_identity", "me", "-psk_session", &key],
                ("sha256", _) => vec!["-psk_identity", "me", "-psk_session", &key, "-psk", SECRET],
                _ => continue,
            };
            let args = [&key[..], &["-early_data", &early], client].concat();
            let client = server.s_client(&args);
            let decision = if is_accepted { "accepted" } else { "rejected" };
            let decision = format!("\nEarly data was {decision}\n");
            expect_output(&client, &["\nReused, TLSv1.3", &decision, "page\n"]);
            assert_eq!(client_hellos(&client), hellos, "{client:?}");
            let served = server.finish();
            assert_eq!(served.process.code, Some(0), "{:?}", served.process);
            let (early_data, text) = match is_accepted {
                true => (accepted(EARLY.len()), EARLY),
                false => (rejected(0), ""),
            };
            let fields = [PSK, &cipher(suite), &early_data, NO_ERROR];
            expect(&served.reports, &fields, &client);
            assert_eq!(files.read("received"), text);
        }
    }
}

/// OpenSSL offers the ticket of a session, and behind it an external key.
#[test]
fn the_second_key_of_an_openssl_client_is_used() {
    let files = Files::new("s-client-two");
    let (session, early) = (files.path("session"), files.path("early"));
    store_openssl_session(&files, &MAX, &[]);
    let ticket = ["-sess_in", &session, "-early_data", &early];
    let key = |secret| [&ticket[..], &["-psk_identity", "me", "-psk", secret]].concat();
    // Early data belongs to the first key.
    let server = Server::with_key(&files, Client::OpenSsl, "sha256", &MAX);
    let client = server.s_client(&key(SECRET));
    let texts = ["\nReused, TLSv1.3", "\nEarly data was rejected\n", "page\n"];
    expect_output(&client, &texts);
    expect(
        &server.finish().reports,
        &[PSK, &rejected(0), NO_ERROR],
        &client,
    );

    let server = Server::with_key(&files, Client::OpenSsl, "sha256", &MAX);
    let client = server.s_client(&key(OTHER));
    assert!(client.stderr.contains("number 51"), "{client:?}");
    expect(
        &server.finish().reports,
        &["S2N_ERR_BAD_PSK_BINDER"],
        &client,
    );

    // A server with ticket keys uses the first one.
    let server = Server::with_tickets(&files, Client::OpenSsl, "tickets", &MAX);
    let client = server.s_client(&key(OTHER));
    expect_output(&client, &["\nEarly data was accepted\n", "page\n"]);
    let early_data = accepted(EARLY.len());
    expect(
        &server.finish().reports,
        &[RESUMED, NO_PSK, &early_data],
        &client,
    );
}

#[test]
fn early_data_of_gnutls_clients() {
    let files = Files::new("gnutls-cli-early");
    let early = files.path("early");
    for (options, early_data, text) in [
        (&MAX[..], accepted(EARLY.len()), EARLY),
        (&[], rejected(0), ""),
    ] {
        let server = Server::with_tickets(&files, Client::GnuTls, "tickets", options);
        let own = ["--priority", GNUTLS_TLS13, "--resume", "--waitresumption"];
        let client = server.gnutls_cli(&[&own[..], &["--earlydata", &early]].concat());
        expect_output(&client, &["*** This is a resumed session"]);
        let served = server.finish();
        let second = served.reports.lines().find(|line| line.contains(RESUMED));
        let second = second.expect("a resumed connection");
        expect(second, &[&early_data, NO_ERROR], &client);
        assert_eq!(files.read("received.2"), text);
    }
}
