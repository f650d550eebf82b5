//! Raw public keys (RFC 7250): the tools with each other, and with GnuTLS in both roles.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json as value};

use crate::common::{Server, TLS12_POLICY, client, folder, input, json, path, resumed};
use crate::peers::{Process, Report, cert, chain_and_key, free_port};

/// GnuTLS with TLS 1.3 and these certificate types of the server and the client.
fn priority(version: &str, server: &str, client: &str) -> String {
    let of = |side: &str, types: &str| {
        let types = types.split('+').map(|typ| format!(":+CTYPE-{side}-{typ}"));
        format!(":-CTYPE-{side}-ALL{}", types.collect::<String>())
    };
    let (server, client) = (of("SRV", server), of("CLI", client));
    format!("NORMAL:-VERS-ALL:+VERS-{version}{server}{client}")
}

/// Writes the public key of a test certificate, and returns the file and its SHA-256 in DER.
fn public_key(dir: &Path, name: &str) -> (String, String) {
    let (key, der) = (
        cert(&format!("{name}.key")),
        path(dir, &format!("{name}.der")),
    );
    let pem = path(dir, &format!("{name}.pub"));
    for (format, file) in [("DER", &der), ("PEM", &pem)] {
        let args = [
            "pkey", "-in", &key, "-pubout", "-outform", format, "-out", file,
        ];
        let report = Process::spawn("openssl", &args).finish();
        assert_eq!(report.code, Some(0), "{report:?}");
    }
    let report = Process::spawn("sha256sum", &[&der]).finish();
    let (digest, _) = report.stdout.split_once(' ').expect("a digest");
    (pem, digest.to_owned())
}

/// Starts `gnutls-serv`, which echoes lines.
fn gnutls_server(priority: &str, options: &[&str]) -> (Process, String) {
    let port = free_port();
    let shell = ["-c", "exec \"$0\" \"$@\" 2>&1", "gnutls-serv"];
    let first = ["--echo", "--port", &port, "--priority", priority];
    let mut server = Process::spawn("sh", &[&shell[..], &first, options].concat());
    server.wait_for("Echo Server listening on IPv4");
    (server, port)
}

/// Options of GnuTLS for a raw public key.
fn gnutls_key(dir: &Path, name: &str) -> [String; 4] {
    let (pem, _) = public_key(dir, name);
    let key = cert(&format!("{name}.key"));
    [
        "--rawpkkeyfile".to_owned(),
        key,
        "--rawpkfile".to_owned(),
        pem,
    ]
}

fn strs(options: &[String]) -> Vec<&str> {
    options.iter().map(String::as_str).collect()
}

/// Runs `rs2nc` with a line of input, and returns its report.
fn fetch(dir: &Path, port: &str, args: &[&str]) -> (Report, Value) {
    let report = path(dir, "client.json");
    let option = format!("--json={report}");
    let args = [args, &["--timeout", "20", &option]].concat();
    let client = client(port, &args, input("there and back\n"));
    (client, json(&report))
}

fn expect_echo((client, report): &(Report, Value), key: &str) {
    assert_eq!(client.code, Some(0), "{client:?}");
    assert!(client.stdout.contains("there and back"), "{client:?}");
    assert_eq!(report["peer_key"], key);
    assert_eq!(report["peer_verified"], true);
    assert_eq!(report["peer_chain"], value!([]));
    assert_eq!(report["version"], "TLS 1.3");
}

fn expect_error((client, report): &(Report, Value), name: &str, detail: &str) {
    assert_eq!(client.code, Some(1), "{client:?}");
    let line = format!("rs2nc: {name}: ");
    assert!(client.stderr.contains(&line), "{name}: {client:?}");
    assert!(client.stderr.contains(detail), "{detail}: {client:?}");
    assert_eq!(report["version"], Value::Null);
}

#[test]
fn a_gnutls_server_is_authenticated_by_its_key() {
    let dir = folder("raw-gnutls-server");
    let (other, _) = public_key(&dir, "client");
    for name in ["ecdsa", "rsa", "p521"] {
        let (pem, digest) = public_key(&dir, name);
        let priority = priority("TLS1.3", "RAWPK", "X509");
        let options = [
            &gnutls_key(&dir, name)[..],
            &["--disable-client-cert".to_owned()],
        ]
        .concat();
        let (_server, port) = gnutls_server(&priority, &strs(&options));
        expect_echo(&fetch(&dir, &port, &["--trust-key", &pem]), &digest);
        // In DER, and with certificates.
        let der = path(&dir, &format!("{name}.der"));
        let both = ["--trust-key", &der, "--ca", &cert("ca.pem")];
        expect_echo(&fetch(&dir, &port, &both), &digest);

        let wrong = fetch(&dir, &port, &["--trust-key", &other]);
        let detail = format!("(SHA-256 {digest}) is rejected: it is none of the 1 trusted");
        expect_error(&wrong, "S2N_ERR_CERT_UNTRUSTED", &detail);
        let none = fetch(&dir, &port, &["--ca", &cert("ca.pem")]);
        expect_error(&none, "S2N_ERR_ALERT", "handshake_failure");

        let file = path(&dir, "reports");
        let option = format!("--json={file}");
        let session = path(&dir, &format!("{name}.session"));
        let args = [
            "--trust-key",
            &pem,
            "--session",
            &session,
            "--reconnect",
            "1",
            &option,
        ];
        let again = client(&port, &args, input("a line\n"));
        assert_eq!(again.code, Some(0), "{again:?}");
        assert_eq!(resumed(&file), [false, true]);
    }
}

#[test]
fn a_gnutls_server_with_both_types_sends_the_one_that_is_trusted() {
    let dir = folder("raw-gnutls-both");
    let (pem, digest) = public_key(&dir, "rsa");
    let (chain, key) = chain_and_key("ecdsa");
    let priority = priority("TLS1.3", "RAWPK+X509", "X509");
    let files = [
        "--x509certfile",
        &chain,
        "--x509keyfile",
        &key,
        "--disable-client-cert",
    ];
    let options = gnutls_key(&dir, "rsa");
    let (_server, port) = gnutls_server(&priority, &[&strs(&options)[..], &files].concat());
    expect_echo(&fetch(&dir, &port, &["--trust-key", &pem]), &digest);
    let both = ["--trust-key", &pem, "--ca", &cert("ca.pem")];
    expect_echo(&fetch(&dir, &port, &both), &digest);
    let (client, report) = fetch(&dir, &port, &["--ca", &cert("ca.pem")]);
    assert_eq!(client.code, Some(0), "{client:?}");
    assert_eq!(report.get("peer_key"), None);
    assert_eq!(report["peer_chain"][0]["subject"], "CN=ecdsa");
}

#[test]
fn a_gnutls_server_requests_a_raw_key() {
    let dir = folder("raw-gnutls-mutual");
    let (pem, digest) = public_key(&dir, "ecdsa");
    let priority = priority("TLS1.3", "RAWPK", "RAWPK");
    let options = [
        &gnutls_key(&dir, "ecdsa")[..],
        &["--require-client-cert".to_owned()],
    ]
    .concat();
    let (_server, port) = gnutls_server(&priority, &strs(&options));
    for name in ["client", "rsa"] {
        let key = cert(&format!("{name}.key"));
        let outcome = fetch(&dir, &port, &["--trust-key", &pem, "--raw-key", &key]);
        expect_echo(&outcome, &digest);
        assert_eq!(outcome.1["client_certificate_used"], true);
    }
    let (anonymous, _) = fetch(&dir, &port, &["--trust-key", &pem]);
    assert_eq!(anonymous.code, Some(1), "{anonymous:?}");
    assert!(
        anonymous.stderr.contains("certificate_required"),
        "{anonymous:?}"
    );
}

#[test]
fn a_gnutls_server_with_tls12_is_rejected() {
    let dir = folder("raw-gnutls-tls12");
    let (pem, _) = public_key(&dir, "ecdsa");
    let priority = priority("TLS1.2", "RAWPK", "X509");
    let options = [
        &gnutls_key(&dir, "ecdsa")[..],
        &["--disable-client-cert".to_owned()],
    ]
    .concat();
    let (_server, port) = gnutls_server(&priority, &strs(&options));
    let alone = fetch(&dir, &port, &["--trust-key", &pem]);
    assert_eq!(alone.0.code, Some(1), "{alone:?}");
    let both = fetch(&dir, &port, &["--trust-key", &pem, "--ca", &cert("ca.pem")]);
    let detail = "raw public keys with TLS 1.2";
    expect_error(&both, "S2N_ERR_CERT_TYPE_UNSUPPORTED", detail);
}

/// Runs `gnutls-cli` with a line of input. It does not verify raw public keys.
fn gnutls_client(port: &str, priority: &str, options: &[&str]) -> Report {
    let first = [
        "--port",
        port,
        "--priority",
        priority,
        "--no-ca-verification",
    ];
    let args = [&first[..], options, &["localhost"]].concat();
    Process::spawn_with_input("gnutls-cli", &args, input("there and back\n")).finish()
}

#[test]
fn gnutls_clients_receive_the_type_that_they_prefer() {
    let dir = folder("raw-gnutls-client");
    let mixed = |raw: &str| {
        let keys = ["--raw-key".to_owned(), cert(&format!("{raw}.key"))];
        let (chain, key) = chain_and_key("ecdsa");
        let chain = ["--cert".to_owned(), chain, "--key".to_owned(), key];
        [keys.to_vec(), chain.to_vec()].concat()
    };
    let alone = |raw: &str| vec!["--raw-key".to_owned(), cert(&format!("{raw}.key"))];
    let raw = "Certificate type: Raw Public Key";
    let x509 = "Certificate type: X.509";
    for (server, types, version, expected) in [
        (alone("ecdsa"), "RAWPK", "TLS1.3", Some(raw)),
        (alone("rsa"), "RAWPK", "TLS1.3", Some(raw)),
        (alone("rsa"), "X509+RAWPK", "TLS1.3", Some(raw)),
        (alone("ecdsa"), "X509", "TLS1.3", None),
        (alone("ecdsa"), "X509", "TLS1.2", None),
        (mixed("rsa"), "RAWPK", "TLS1.3", Some(raw)),
        (mixed("rsa"), "RAWPK+X509", "TLS1.3", Some(raw)),
        (mixed("rsa"), "X509+RAWPK", "TLS1.3", Some(x509)),
        (mixed("rsa"), "X509", "TLS1.3", Some(x509)),
        (mixed("rsa"), "X509", "TLS1.2", Some(x509)),
    ] {
        let report = path(&dir, "server.json");
        let option = format!("--json={report}");
        let args = [&strs(&server)[..], &["--echo", &option]].concat();
        let running = Server::start(&args);
        let client = gnutls_client(&running.port, &priority(version, types, "X509"), &[]);
        let server = running.finish();
        let case = format!("{args:?} {types} {version}: {client:?} {server:?}");
        match expected {
            Some(expected) => {
                assert!(client.stdout.contains(expected), "{case}");
                // A close_notify of the client ends both directions of TLS 1.2, so that the echo may
                // come too late.
                if version == "TLS1.3" {
                    assert_eq!((client.code, server.code), (Some(0), Some(0)), "{case}");
                    assert!(client.stdout.contains("there and back"), "{case}");
                }
            }
            None => {
                assert_eq!(server.code, Some(1), "{case}");
                let name = match version {
                    "TLS1.3" => "S2N_ERR_CERT_TYPE_UNSUPPORTED",
                    _ => "S2N_ERR_PROTOCOL_VERSION_UNSUPPORTED",
                };
                assert!(json(&report)["error"]["name"] == name, "{case}");
            }
        }
    }
}

#[test]
fn gnutls_clients_are_authenticated_by_their_keys() {
    let dir = folder("raw-gnutls-clients");
    let own = cert("ecdsa.key");
    for name in ["rsa", "client"] {
        let (_, digest) = public_key(&dir, name);
        let key = gnutls_key(&dir, name);
        for (trusted, is_accepted) in [(name, true), ("p521", false)] {
            let (pem, _) = public_key(&dir, trusted);
            let report = path(&dir, "server.json");
            let option = format!("--json={report}");
            let running =
                Server::start(&["--raw-key", &own, "--trust-key", &pem, "--echo", &option]);
            let priority = priority("TLS1.3", "RAWPK", "RAWPK");
            let client = gnutls_client(&running.port, &priority, &strs(&key));
            let server = running.finish();
            let report = json(&report);
            match is_accepted {
                true => {
                    assert_eq!(server.code, Some(0), "{client:?} {server:?}");
                    assert!(client.stdout.contains("there and back"), "{client:?}");
                    assert_eq!(report["peer_key"], digest);
                    assert_eq!(report["client_certificate_used"], true);
                }
                false => {
                    assert_eq!(report["error"]["name"], "S2N_ERR_CERT_UNTRUSTED");
                    let detail = report["error"]["detail"].as_str().expect("a detail");
                    assert!(detail.contains(&digest), "{detail}");
                }
            }
        }
    }
    // A client without a raw public key.
    let (pem, _) = public_key(&dir, "rsa");
    let report = path(&dir, "server.json");
    let option = format!("--json={report}");
    let running = Server::start(&["--raw-key", &own, "--trust-key", &pem, "--echo", &option]);
    gnutls_client(&running.port, &priority("TLS1.3", "RAWPK", "X509"), &[]);
    assert_eq!(running.finish().code, Some(1));
    let name = &json(&report)["error"]["name"];
    assert_eq!(name, "S2N_ERR_CERT_TYPE_UNSUPPORTED");
}

#[test]
fn both_tools_authenticate_with_raw_keys() {
    let dir = folder("raw-mutual");
    let (server_pin, server_digest) = public_key(&dir, "ecdsa");
    let (client_pin, client_digest) = public_key(&dir, "rsa");
    let report = path(&dir, "server.json");
    let option = format!("--json={report}");
    let (own, key) = (cert("ecdsa.key"), cert("rsa.key"));
    let server = [
        "--raw-key",
        &own,
        "--trust-key",
        &client_pin,
        "--echo",
        &option,
    ];
    let running = Server::start(&server);
    let outcome = fetch(
        &dir,
        &running.port,
        &["--trust-key", &server_pin, "--raw-key", &key, "-v"],
    );
    expect_echo(&outcome, &server_digest);
    let line = format!("peer key {server_digest} (");
    assert!(outcome.0.stderr.contains(&line), "{outcome:?}");
    let server = running.finish();
    assert_eq!(server.code, Some(0), "{server:?}");
    assert_eq!(json(&report)["peer_key"], client_digest);

    // A client of TLS 1.2 alone.
    let running = Server::start(&["--raw-key", &own, "--echo"]);
    let args = ["--policy", TLS12_POLICY];
    let (client, _) = fetch(&dir, &running.port, &args);
    assert!(client.stderr.contains("protocol_version"), "{client:?}");
    assert_eq!(running.finish().code, Some(1));
}

#[test]
fn options_that_do_not_fit_are_rejected() {
    let dir = folder("raw-options");
    let (pem, _) = public_key(&dir, "ecdsa");
    for (args, code, message) in [
        (
            &["--trust-key", &pem, "--policy", TLS12_POLICY][..],
            2,
            "--trust-key requires TLS 1.3",
        ),
        (
            &["--raw-key", &cert("ecdsa.key"), "--policy", TLS12_POLICY],
            2,
            "--raw-key requires TLS 1.3",
        ),
        (
            &["--trust-key", &cert("ecdsa.key")],
            1,
            "S2N_ERR_INVALID_PEM",
        ),
        (&["--raw-key", &pem], 1, "S2N_ERR_INVALID_PEM"),
        (&["--trust-key", "/nowhere"], 1, "cannot read /nowhere"),
        (
            &["--raw-key", &cert("ed25519.key")],
            1,
            "S2N_ERR_CERT_TYPE_UNSUPPORTED",
        ),
    ] {
        let outcome = client("1", args, Stdio::null());
        assert_eq!(outcome.code, Some(code), "{args:?}: {outcome:?}");
        assert!(outcome.stderr.contains(message), "{args:?}: {outcome:?}");
    }
}
