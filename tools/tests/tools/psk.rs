//! External pre-shared keys between the tools: identities, hashes, fallbacks and failures.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json as value};

use crate::common::*;
use crate::peers::{Report, cert};

/// The files of a test: the secrets `one` and `two`, and the keys of a server.
struct Keys {
    server: String,
    one: String,
    two: String,
}

impl Keys {
    /// Creates the files. The server has the keys `one`, `two` with SHA-384, and `three` with the
    /// secret of `two`.
    fn new(folder: &Path) -> Self {
        let [one, two] = ["01", "02"].map(|byte| byte.repeat(32));
        let file = |name: &str, text: String| {
            let path = path(folder, name);
            fs::write(&path, text).expect("writable");
            path
        };
        let lines = format!("# keys\n\none:{one}\ntwo:{two}:sha384\nthree:{two}\n");
        Self {
            server: file("keys", lines),
            one: file("one", format!("{one} \n")),
            two: file("two", two),
        }
    }
}

/// Runs a connection on which the server echoes, and returns the reports of server and client.
fn connect(folder: &Path, server_args: &[&str], client_args: &[&str]) -> [(Report, Value); 2] {
    let (server_json, client_json) = (path(folder, "server.json"), path(folder, "client.json"));
    let option = format!("--json={server_json}");
    let server = Server::start(&[server_args, &["--echo", &option]].concat());
    let option = format!("--json={client_json}");
    let args = [client_args, &[option.as_str()]].concat();
    let client = client(&server.port, &args, input("hello"));
    let server = server.finish();
    [(server, json(&server_json)), (client, json(&client_json))]
}

fn expect_success([server, client]: &[(Report, Value); 2]) {
    let codes = (server.0.code, client.0.code);
    assert_eq!(codes, (Some(0), Some(0)), "{server:?} {client:?}");
    assert_eq!(client.0.stdout, "hello");
}

#[test]
fn both_sides_report_the_identity_and_no_certificate() {
    let dir = folder("psk-identity");
    let keys = Keys::new(&dir);
    for (identity, secret, more, suite) in [
        ("one", &keys.one, &[][..], "TLS_AES_128_GCM_SHA256"),
        (
            "two",
            &keys.two,
            &["--psk-hash", "sha384"],
            "TLS_AES_256_GCM_SHA384",
        ),
        ("three", &keys.two, &[], "TLS_AES_128_GCM_SHA256"),
    ] {
        let psk = format!("{identity}:{secret}");
        let args = [&["--psk", &psk, "-v"], more].concat();
        let both = connect(&dir, &["--psk-file", &keys.server], &args);
        expect_success(&both);
        for (_, report) in &both {
            assert_eq!(report["psk"], identity);
            assert_eq!(report["version"], "TLS 1.3");
            assert_eq!(report["cipher"]["name"], suite);
            assert_eq!(report["resumed"], false);
            assert_eq!(report["peer_verified"], false);
            assert_eq!(report["peer_chain"], value!([]));
            assert_eq!(
                report["signature"],
                value!({ "server": null, "client": null })
            );
            assert_eq!(report["early_data"], Value::Null);
        }
        let line = format!("X25519MLKEM768, PSK {identity} (");
        assert!(both[1].0.stderr.contains(&line), "{:?}", both[1].0);
    }
}

#[test]
fn a_hello_retry_request_keeps_the_key() {
    let dir = folder("psk-retry");
    let keys = Keys::new(&dir);
    let psk = format!("one:{}", keys.one);
    // The policies share no group for which the client sends a key share.
    let server = ["--psk-file", &keys.server, "--policy", "20251113"];
    let both = connect(&dir, &server, &["--psk", &psk, "--policy", "20240603"]);
    expect_success(&both);
    for (_, report) in both {
        assert_eq!(report["psk"], "one");
        assert_eq!(report["group"], "secp384r1");
    }
}

#[test]
fn other_clients_authenticate_with_certificates() {
    let dir = folder("psk-and-certificates");
    let keys = Keys::new(&dir);
    let (ca, chain, key) = (cert("ca.pem"), cert("ecdsa.pem"), cert("ecdsa.key"));
    let (client_chain, client_key) = (cert("client.pem"), cert("client.key"));
    let server = ["--psk-file", &keys.server, "--cert", &chain, "--key", &key];
    let server = [&server[..], &["--client-ca", &ca]].concat();
    let certificate = ["--ca", &ca, "--cert", &client_chain, "--key", &client_key];
    let both = connect(&dir, &server, &certificate);
    expect_success(&both);
    for (_, report) in &both {
        assert_eq!(report["psk"], Value::Null);
        assert_eq!(report["client_certificate_used"], true);
    }
    // A client with a key needs no certificate, and sends none.
    let psk = format!("one:{}", keys.one);
    for more in [&[][..], &certificate] {
        let both = connect(&dir, &server, &[&["--psk", &psk], more].concat());
        expect_success(&both);
        for (_, report) in &both {
            assert_eq!(report["psk"], "one");
            assert_eq!(report["client_certificate_used"], false);
            assert_eq!(report["peer_chain"], value!([]));
        }
    }
}

#[test]
fn a_server_without_the_key_is_accepted_only_with_a_trusted_certificate() {
    let dir = folder("psk-fallback");
    let keys = Keys::new(&dir);
    let (ca, psk) = (cert("ca.pem"), format!("one:{}", keys.one));
    let both = connect(&dir, &[], &["--psk", &psk, "--ca", &ca]);
    expect_success(&both);
    assert_eq!(both[1].1["psk"], Value::Null);
    assert_eq!(both[1].1["peer_verified"], true);

    let [_, (client, report)] = connect(&dir, &[], &["--psk", &psk]);
    assert_eq!(client.code, Some(1), "{client:?}");
    assert_eq!(report["error"]["name"], "S2N_ERR_CERT_UNTRUSTED");
    let hint = "the server did not use the key of --psk";
    assert!(client.stderr.contains(hint), "{client:?}");
    assert_eq!(client.stdout, "");
}

#[test]
fn a_wrong_secret_hash_or_identity_fails_on_both_sides() {
    let dir = folder("psk-wrong");
    let keys = Keys::new(&dir);
    let (one, two) = (&keys.one, &keys.two);
    let decrypt_error = ("S2N_ERR_BAD_PSK_BINDER", "S2N_ERR_ALERT", 51);
    let handshake_failure = ("S2N_ERR_NO_VALID_SIGNATURE_SCHEME", "S2N_ERR_ALERT", 40);
    for (psk, hash, (server_error, client_error, alert)) in [
        (format!("one:{two}"), "sha256", decrypt_error),
        (format!("two:{one}"), "sha384", decrypt_error),
        (format!("two:{two}"), "sha256", decrypt_error),
        (format!("four:{one}"), "sha256", handshake_failure),
    ] {
        let args = ["--psk", &psk, "--psk-hash", hash];
        let [(server, server_report), (client, client_report)] =
            connect(&dir, &["--psk-file", &keys.server], &args);
        assert_eq!((server.code, client.code), (Some(1), Some(1)), "{client:?}");
        assert_eq!(server_report["error"]["name"], server_error, "{psk}");
        assert_eq!(client_report["error"]["name"], client_error, "{psk}");
        assert_eq!(client_report["error"]["alert"]["number"], alert, "{psk}");
        for (report, program) in [(&server_report, &server), (&client_report, &client)] {
            assert_eq!(report["psk"], Value::Null);
            assert!(program.stdout.contains("hint: ") || program.stderr.contains("hint: "));
        }
    }
}

#[test]
fn each_connection_of_a_client_uses_the_key() {
    let dir = folder("psk-reconnect");
    let keys = Keys::new(&dir);
    let (psk, report) = (format!("one:{}", keys.one), path(&dir, "report"));
    let args = ["--psk-file", &keys.server, "--connections", "3", "--echo"];
    let server = Server::start_with_input(&args, Stdio::null());
    let option = format!("--json={report}");
    let args = ["--psk", &psk, "--reconnect", "2", &option];
    let client = client(&server.port, &args, Stdio::null());
    assert_eq!(client.code, Some(0), "{client:?}");
    assert_eq!(server.finish().code, Some(0));
    let reports = reports(&report);
    assert_eq!(reports.len(), 3);
    assert!(reports.iter().all(|report| report["psk"] == "one"));
}

#[test]
fn an_invalid_file_names_the_line_and_not_the_secret() {
    let dir = folder("psk-invalid");
    let (keys, secret) = (path(&dir, "keys"), "c0ffee".repeat(6));
    for (text, message) in [
        (format!("\none:{secret}\none:{secret}"), "keys, line 3: "),
        (format!("one:{secret}:sha1"), "keys, line 1: the hash is "),
        (format!("one {secret}"), "keys, line 1: a line is "),
        (
            "one:c0ffeec0ffee".to_owned(),
            "keys, line 1: a secret has at least 16",
        ),
    ] {
        fs::write(&keys, text).expect("writable");
        let args = ["--psk-file", &keys, "127.0.0.1", "0"];
        let report = crate::parties::report(SERVER, &args);
        assert_eq!(report.code, Some(1), "{report:?}");
        assert!(report.stderr.contains(message), "{report:?}");
        assert!(!report.stderr.contains("c0ffee"), "{report:?}");
    }
    let psk = format!("one:{secret}");
    let report = client("1", &["--psk", &psk], Stdio::null());
    assert_eq!(report.code, Some(2), "{report:?}");
    assert!(!report.stderr.contains("c0ffee"), "{report:?}");
}
