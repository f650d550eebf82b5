//! `rs2nc` with servers of OpenSSL and GnuTLS.

use std::io::{PipeWriter, pipe};
use std::process::Stdio;

use super::*;
use crate::parties::{gnutls_server, leaf, openssl_server, report, strs};
use crate::peers::{Process, cert};

/// Makes `openssl s_server` send a HelloRetryRequest: `rs2nc` sends no key share for this group.
const RETRY: [&str; 2] = ["-groups", "P-521"];
const GNUTLS_RETRY: &str = ":-GROUP-ALL:+GROUP-SECP521R1";

/// Runs `rs2nc`, and returns its output and its report.
fn connect(files: &Files, port: &str, args: &[&str]) -> (Report, String) {
    let json = format!("--json={}", files.path("client.json"));
    let own = ["localhost", port, &json];
    let client = report(&tool("rs2nc"), &[&own[..], args].concat());
    (client, files.read("client.json"))
}

/// [`connect`] with the key `me`, and a request for a page.
fn connect_with_key(files: &Files, port: &str, secret: &str, args: &[&str]) -> (Report, String) {
    let (psk, request) = (format!("me:{}", files.path(secret)), files.path("early"));
    let own = ["--psk", &psk, "--send", &request, "--linger", "5"];
    connect(files, port, &[&own[..], args].concat())
}

/// [`connect`] with the file of a session, and a file of early data.
fn connect_early(files: &Files, port: &str, early: &str, args: &[&str]) -> (Report, String) {
    let (ca, session) = (cert("ca.pem"), files.path("session"));
    let early = files.path(early);
    let own = ["--ca", &ca, "--session", &session, "--early-data", &early];
    let (client, report) = connect(files, port, &[&own[..], args].concat());
    assert_eq!(client.code, Some(0), "{client:?}");
    (client, report)
}

#[test]
fn openssl_servers_use_a_pre_shared_key() {
    let files = Files::new("s-server");
    for (hash, suite, number) in SUITES {
        for (groups, hellos) in [(&[][..], 1), (&RETRY, 2)] {
            let key = files.openssl_key(number);
            // The option -psk is for SHA-256 only.
            let key = match hash {
                "sha256" => ["-psk", SECRET],
                _ => ["-psk_session", &key],
            };
            let own = ["-nocert", "-tls1_3", "-msg", "-psk_identity", "me"];
            let options = [&own[..], &key, &["-ciphersuites", suite], groups].concat();
            let (server, port) = openssl_server(&options);
            let (client, report) = connect_with_key(&files, &port, "secret", &["--psk-hash", hash]);
            assert_eq!(client.code, Some(0), "{client:?}");
            let used = format!("\nReused, TLSv1.3, Cipher is {suite}\n");
            expect_output(&client, &["HTTP/1.0 200 ok", &used]);
            expect(&report, &[PSK, &cipher(suite), NO_ERROR], &client);
            let server = server.finish();
            assert_eq!(client_hellos(&server), hellos, "{server:?}");
        }
    }
}

#[test]
fn openssl_servers_without_the_key_reject_the_client() {
    let files = Files::new("s-server-other");
    for (identity, secret, alert, message) in [
        ("me", "other", 47, "binder does not verify"),
        ("you", "secret", 40, "no suitable signature algorithm"),
    ] {
        let options = ["-nocert", "-tls1_3", "-psk_identity", identity];
        let (server, port) = openssl_server(&[&options[..], &["-psk", SECRET]].concat());
        let (client, report) = connect_with_key(&files, &port, secret, &[]);
        assert_eq!(client.code, Some(1), "{client:?}");
        let alert = format!(r#""alert":{{"number":{alert},"#);
        expect(&report, &[NO_PSK, "S2N_ERR_ALERT", &alert], &client);
        let server = server.finish();
        assert!(server.stderr.contains(message), "{server:?}");
    }
}

#[test]
fn gnutls_servers_use_a_pre_shared_key() {
    let files = Files::new("gnutls-serv");
    let keys = files.path("sha256");
    for (groups, group) in [("", "secp256r1"), (GNUTLS_RETRY, "secp521r1")] {
        let priority = format!("{GNUTLS_PSK}{groups}");
        let (server, port) = gnutls_server(&priority, "ecdsa", &["--pskpasswd", &keys]);
        let (client, report) = connect_with_key(&files, &port, "secret", &[]);
        assert_eq!(client.code, Some(0), "{client:?}");
        expect_output(&client, &["HTTP/1.0 200 OK"]);
        let group = format!(r#""group":"{group}""#);
        expect(&report, &[PSK, &group, NO_ERROR], &client);
        let server = server.terminate();
        expect_output(&server, &["- PSK authentication. Connected as 'me'\n"]);
    }
}

#[test]
fn gnutls_servers_reject_another_secret() {
    let files = Files::new("gnutls-serv-other");
    let keys = files.path("sha256");
    let (server, port) = gnutls_server(GNUTLS_PSK, "ecdsa", &["--pskpasswd", &keys]);
    let (client, report) = connect_with_key(&files, &port, "other", &[]);
    assert_eq!(client.code, Some(1), "{client:?}");
    let alert = r#""alert":{"number":47,"#;
    expect(&report, &[NO_PSK, "S2N_ERR_ALERT", alert], &client);
    expect_output(
        &server.terminate(),
        &["An illegal parameter has been received"],
    );
}

/// An `openssl s_server` that accepts early data, and prints what it receives: less than its standard
/// output buffers.
struct EarlyServer {
    process: Process,
    port: String,
    /// It exits at the end of its input.
    _input: PipeWriter,
}

impl EarlyServer {
    /// Starts a server for this number of connections.
    fn start(connections: usize, args: &[&str]) -> Self {
        let connections = connections.to_string();
        let own = [
            "s_server",
            "-accept",
            "127.0.0.1:0",
            "-tls1_3",
            "-early_data",
        ];
        let own = [&own[..], &["-naccept", &connections]].concat();
        let (reader, input) = pipe().expect("a pipe");
        let args = [&own[..], args].concat();
        let mut process = Process::spawn_with_input("openssl", &args, Stdio::from(reader));
        let port = process.wait_for("ACCEPT 127.0.0.1:");
        Self {
            process,
            port,
            _input: input,
        }
    }

    fn with_certificate(connections: usize, args: &[&str]) -> Self {
        let certificate = leaf("ecdsa");
        Self::start(connections, &[&strs(&certificate), args].concat())
    }

    fn finish(self) -> Report {
        self.process.finish()
    }
}

const NO_EARLY_DATA: &str = r#""early_data":null"#;
const NOT_RESUMED: &str = r#""resumed":false"#;

#[test]
fn openssl_servers_accept_early_data_once() {
    let files = Files::new("s-server-early");
    let server = EarlyServer::with_certificate(3, &[]);
    // Without a session it is sent after the handshake.
    let (client, report) = connect_early(&files, &server.port, "early", &[]);
    expect(&report, &[NOT_RESUMED, NO_EARLY_DATA, NO_ERROR], &client);
    fs::copy(files.path("session"), files.path("used")).expect("writable");
    let (client, report) = connect_early(&files, &server.port, "early", &[]);
    let early_data = accepted(EARLY.len());
    expect(&report, &[RESUMED, &early_data, NO_ERROR], &client);
    // The server rejects a session that was used.
    fs::copy(files.path("used"), files.path("session")).expect("writable");
    let (client, report) = connect_early(&files, &server.port, "early", &[]);
    let early_data = rejected(EARLY.len());
    expect(&report, &[NOT_RESUMED, &early_data, NO_ERROR], &client);
    let server = server.finish();
    let lines = [
        "No early data received",
        "Early data received:",
        "Early data was rejected",
    ];
    expect_output(&server, &lines);
    assert_eq!(server.stdout.matches(EARLY).count(), 3, "{server:?}");
}

#[test]
fn openssl_servers_without_replay_protection_accept_a_session_again() {
    let files = Files::new("s-server-replay");
    let server = EarlyServer::with_certificate(3, &["-no_anti_replay"]);
    connect_early(&files, &server.port, "early", &[]);
    let session = fs::read(files.path("session")).expect("a session");
    files.write("long", &"0123456789".repeat(2000));
    for (early, bytes) in [("early", EARLY.len()), ("long", 16_384)] {
        fs::write(files.path("session"), &session).expect("writable");
        let (client, report) = connect_early(&files, &server.port, early, &[]);
        expect(&report, &[RESUMED, &accepted(bytes), NO_ERROR], &client);
    }
    let server = server.finish();
    assert_eq!(server.stdout.matches("Early data received:").count(), 2);
}

#[test]
fn openssl_servers_reject_early_data_with_a_hello_retry_request() {
    let files = Files::new("s-server-retry");
    // Otherwise the first ClientHello uses up the session.
    let options = ["-no_anti_replay", "-msg", RETRY[0], RETRY[1]];
    let server = EarlyServer::with_certificate(2, &options);
    connect_early(&files, &server.port, "early", &[]);
    let (client, report) = connect_early(&files, &server.port, "early", &[]);
    let early_data = rejected(EARLY.len());
    expect(&report, &[RESUMED, &early_data, NO_ERROR], &client);
    let server = server.finish();
    assert_eq!(client_hellos(&server), 4, "{server:?}");
    assert_eq!(server.stdout.matches(EARLY).count(), 2, "{server:?}");
}

#[test]
fn openssl_servers_with_other_parameters_reject_early_data() {
    let files = Files::new("s-server-other-parameters");
    let server = EarlyServer::with_certificate(1, &[]);
    connect_early(&files, &server.port, "early", &[]);
    server.finish();
    let session = fs::read(files.path("session")).expect("a session");
    let certificate = leaf("ecdsa");
    for suite in ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"] {
        fs::write(files.path("session"), &session).expect("writable");
        let options = [&strs(&certificate)[..], &["-ciphersuites", suite]].concat();
        let (_server, port) = openssl_server(&options);
        let (client, report) = connect_early(&files, &port, "early", &["--linger", "5"]);
        expect_output(&client, &["HTTP/1.0 200 ok", "\nNew, TLSv1.3"]);
        let early_data = rejected(EARLY.len());
        let fields = [&cipher(suite), NOT_RESUMED, &early_data, NO_ERROR];
        expect(&report, &fields, &client);
    }
    // RFC 8446, D.3: a client that has sent early data rejects TLS 1.2.
    fs::write(files.path("session"), &session).expect("writable");
    let (_server, port) = openssl_server(&[&strs(&certificate)[..], &["-tls1_2"]].concat());
    let (ca, session, early) = (cert("ca.pem"), files.path("session"), files.path("early"));
    let own = ["--ca", &ca, "--session", &session, "--early-data", &early];
    let (client, report) = connect(&files, &port, &own);
    assert_eq!(client.code, Some(1), "{client:?}");
    let error = "S2N_ERR_PROTOCOL_VERSION_UNSUPPORTED";
    expect(&report, &[&rejected(EARLY.len()), error], &client);
}

#[test]
fn early_data_has_the_application_protocol_of_its_session() {
    let files = Files::new("s-server-alpn");
    let server = EarlyServer::with_certificate(3, &["-alpn", "h2,other"]);
    let alpn = ["--alpn", "h2"];
    connect_early(&files, &server.port, "early", &alpn);
    let (client, report) = connect_early(&files, &server.port, "early", &alpn);
    let h2 = r#""alpn":"h2""#;
    let early_data = accepted(EARLY.len());
    expect(&report, &[RESUMED, &early_data, h2, NO_ERROR], &client);
    let other = ["--alpn", "other"];
    let (client, report) = connect_early(&files, &server.port, "early", &other);
    expect(&report, &[RESUMED, NO_EARLY_DATA, NO_ERROR], &client);
    server.finish();
}

#[test]
fn early_data_to_openssl_servers_with_a_pre_shared_key() {
    let files = Files::new("s-server-psk-early");
    let (psk, early) = (format!("me:{}", files.path("secret")), files.path("early"));
    for (hash, suite, number) in SUITES {
        let key = files.openssl_key(number);
        let own = ["-nocert", "-psk_identity", "me", "-psk_session", &key];
        let options = [&own[..], &["-ciphersuites", suite]].concat();
        let own = ["--psk", &psk, "--psk-hash", hash];
        let args = [&own[..], &["--early-data", &early]].concat();
        let server = EarlyServer::start(1, &options);
        let (client, report) = connect(&files, &server.port, &args);
        assert_eq!(client.code, Some(0), "{client:?}");
        let early_data = accepted(EARLY.len());
        let fields = [PSK, &cipher(suite), &early_data, NO_ERROR];
        expect(&report, &fields, &client);
        expect_output(&server.finish(), &["Early data received:", EARLY]);

        // A server that accepts none.
        let (_server, port) = openssl_server(&[&options[..], &["-tls1_3"]].concat());
        let args = [&args[..], &["--linger", "5"]].concat();
        let (client, report) = connect(&files, &port, &args);
        let used = format!("\nReused, TLSv1.3, Cipher is {suite}\n");
        expect_output(&client, &["HTTP/1.0 200 ok", &used]);
        let early_data = rejected(EARLY.len());
        expect(&report, &[PSK, &early_data, NO_ERROR], &client);
    }
}

/// Without a HelloRetryRequest, after which GnuTLS 3.7 takes the second ClientHello for early data.
#[test]
fn early_data_to_gnutls_servers() {
    let files = Files::new("gnutls-serv-early");
    let options = ["--earlydata", "--maxearlydata=500"];
    files.write("long", &"x".repeat(700));
    // The server does not read its early data as part of the request.
    let request = ["--send", &files.path("early"), "--linger", "5"];
    let (_server, port) = gnutls_server(GNUTLS_TLS13, "ecdsa", &options);
    connect_early(&files, &port, "long", &request);
    for (early, bytes) in [("page", 5), ("long", 500)] {
        let (client, report) = connect_early(&files, &port, early, &request);
        expect(&report, &[RESUMED, &accepted(bytes), NO_ERROR], &client);
        let has_page = client.stdout.contains("HTTP/1.0 200 OK");
        assert_eq!(has_page, early == "page", "{client:?}");
    }
}
