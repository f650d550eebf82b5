//! Negotiated parameters in the reports of both sides, and failed negotiations.

use std::process::Stdio;

use serde_json::{Value, json as value};

use crate::common::*;
use crate::peers::{Report, cert, certs};

/// Runs a connection on which each side sends a word, and returns both reports.
fn connect(server_args: &[&str], client_args: &[&str]) -> [(Report, Value); 2] {
    let dir = folder(&format!("connect-{:?}", std::thread::current().id()));
    let (server_json, client_json) = (path(&dir, "server.json"), path(&dir, "client.json"));
    let option = format!("--json={server_json}");
    let args = [server_args, &["--once", &option]].concat();
    let server = Server::start_with_input(&args, input("welcome"));
    let option = format!("--json={client_json}");
    let args = [client_args, &[option.as_str()]].concat();
    let client = client(&server.port, &args, input("hi"));
    let server = server.finish();
    [(server, json(&server_json)), (client, json(&client_json))]
}

fn expect_success([server, client]: &[(Report, Value); 2]) {
    assert_eq!(client.0.code, Some(0), "{client:?}");
    assert_eq!(server.0.code, Some(0), "{server:?}");
    assert_eq!(
        (client.0.stdout.as_str(), server.0.stdout.as_str()),
        ("welcome", "hi")
    );
}

/// The path from one of the test certificates to the root.
fn chain(leaf: &str) -> Value {
    let subjects = [leaf, "intermediate", "rs2n test root"];
    let files = [leaf, "intermediate", "ca"];
    let pairs = subjects.iter().zip(files);
    pairs
        .map(|(subject, file)| {
            let sha256 = fingerprint(&format!("{file}.crt"));
            value!({ "subject": format!("CN={subject}"), "sha256": sha256 })
        })
        .collect()
}

/// Checks the fields that differ from run to run, and removes them from the report.
fn remove_measurements(report: &mut Value) {
    let object = report.as_object_mut().expect("an object");
    for name in ["handshake_ms", "duration_ms"] {
        let time = object.remove(name).and_then(|time| time.as_f64());
        assert!(
            time.is_some_and(|time| time > 0.0 && time < 60_000.0),
            "{name}: {time:?}"
        );
    }
    for name in ["wire_bytes_in", "wire_bytes_out"] {
        let bytes = object.remove(name).and_then(|bytes| bytes.as_u64());
        assert!(bytes.is_some_and(|bytes| bytes > 300), "{name}: {bytes:?}");
    }
    let peer = object.remove("peer");
    let peer = peer.as_ref().and_then(Value::as_str).expect("an address");
    assert!(peer.starts_with("127.0.0.1:"), "{peer}");
}

#[test]
fn every_field_of_a_report_is_right() {
    let (ca, cert_file, key) = (cert("ca.pem"), cert("client.pem"), cert("client.key"));
    let mut both = connect(
        &["--client-ca", &ca, "--alpn", "http/1.1,h2"],
        &[
            "--cert",
            &cert_file,
            "--key",
            &key,
            "--alpn",
            "h2,spdy",
            "--name",
            "www.rs2n.test",
        ],
    );
    expect_success(&both);
    let [(_, server), (_, client)] = &mut both;
    remove_measurements(server);
    remove_measurements(client);
    let common = value!({
        "version": "TLS 1.3",
        "resumed": false,
        "psk": null,
        "early_data": null,
        "ech": null,
        "kernel_tls": null,
        "cipher": {
            "name": "TLS_AES_128_GCM_SHA256", "iana": "TLS_AES_128_GCM_SHA256", "number": 0x1301,
        },
        "group": "X25519MLKEM768",
        "signature": {
            "server": "ecdsa_secp256r1_sha256", "client": "ecdsa_secp256r1_sha256",
        },
        "alpn": "h2",
        "server_name": "www.rs2n.test",
        "policy": "default",
        "client_certificate_used": true,
        "peer_verified": true,
        "close_notify": { "sent": true, "received": true },
        "error": null,
    });
    let with = |more: Value| {
        let mut all = common.clone();
        let all_fields = all.as_object_mut().expect("an object");
        all_fields.append(&mut more.as_object().expect("an object").clone());
        all
    };
    assert_eq!(
        *server,
        with(value!({
            "role": "server",
            "connection": 1,
            "client_auth": "required",
            "peer_chain": chain("client"),
            "bytes_in": 2,
            "bytes_out": 7,
        }))
    );
    assert_eq!(
        *client,
        with(value!({
            "role": "client",
            "client_auth": null,
            "peer_chain": chain("ecdsa"),
            "bytes_in": 7,
            "bytes_out": 2,
        }))
    );
}

#[test]
fn the_policy_determines_version_and_cipher() {
    let (chain, key) = (cert("rsa.pem"), cert("rsa.key"));
    let server = ["--cert", &chain, "--key", &key, "--linger", "1"];
    let both = connect(&server, &["--policy", TLS12_POLICY, "--linger", "1"]);
    expect_success(&both);
    for (_, report) in both {
        assert_eq!(report["version"], "TLS 1.2");
        assert_eq!(
            report["cipher"],
            value!({
                "name": "ECDHE-RSA-AES128-GCM-SHA256",
                "iana": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                "number": 0xc02f,
            })
        );
        assert_eq!(report["group"], "secp256r1");
        assert_eq!(report["client_certificate_used"], false);
        assert_eq!(report["signature"]["client"], Value::Null);
        assert_eq!(report["alpn"], Value::Null);
    }
}

#[test]
fn the_server_selects_a_certificate_for_the_client() {
    let files = ["ecdsa.pem", "rsa.pem", "ecdsa.key", "rsa.key"].map(cert);
    let [ecdsa, rsa, ecdsa_key, rsa_key] = &files;
    let server = [
        "--cert", ecdsa, "--cert", rsa, "--key", ecdsa_key, "--key", rsa_key,
    ];
    // This policy has no ECDSA cipher suites.
    let rsa_only = ["--policy", TLS12_POLICY_RSA, "--linger", "1"];
    for (args, subject) in [(&[][..], "CN=ecdsa"), (&rsa_only, "CN=rsa")] {
        let [_, (report, client)] = connect(&server, args);
        assert_eq!(report.code, Some(0), "{report:?}");
        assert_eq!(client["peer_chain"][0]["subject"], subject);
    }
}

#[test]
fn a_client_without_a_certificate_is_rejected_unless_optional() {
    let ca = cert("ca.pem");
    let [(server, server_report), (client, client_report)] = connect(&["--client-ca", &ca], &[]);
    assert_eq!(
        (server.code, client.code),
        (Some(1), Some(1)),
        "{server:?} {client:?}"
    );
    assert_eq!(
        server_report["error"]["name"],
        "S2N_ERR_MISSING_CLIENT_CERT"
    );
    assert_eq!(server_report["client_auth"], "required");
    assert_eq!(
        client_report["error"]["alert"],
        value!({ "number": 116, "name": "certificate_required" })
    );
    assert!(
        client.stderr.contains("--cert FILE --key FILE"),
        "{client:?}"
    );

    let both = connect(&["--client-ca", &ca, "--client-auth", "optional"], &[]);
    expect_success(&both);
    assert_eq!(both[0].1["client_auth"], "optional");
    assert_eq!(both[0].1["client_certificate_used"], false);
    let both = connect(&["--client-ca", &ca, "--client-auth", "none"], &[]);
    expect_success(&both);
    assert_eq!(both[0].1["client_auth"], "none");
}

#[test]
fn a_client_certificate_of_another_ca_is_rejected() {
    let other = cert("other-ca.pem");
    let (cert_file, key) = (cert("client.pem"), cert("client.key"));
    for policy in ["default", TLS12_POLICY] {
        let server = ["--client-ca", &other, "--policy", policy, "--linger", "1"];
        let client = ["--cert", &cert_file, "--key", &key, "--linger", "1"];
        let [(server, server_report), (client, client_report)] = connect(&server, &client);
        assert_eq!(
            (server.code, client.code),
            (Some(1), Some(1)),
            "{server:?} {client:?}"
        );
        assert_eq!(server_report["error"]["name"], "S2N_ERR_CERT_UNTRUSTED");
        assert_eq!(
            client_report["error"]["alert"]["name"], "unknown_ca",
            "{client_report}"
        );
    }
}

#[test]
fn a_server_certificate_of_another_ca_is_rejected() {
    let other = cert("other-ca.pem");
    let [(server, server_report), (client, client_report)] = connect(&[], &["--ca", &other]);
    assert_eq!(
        (server.code, client.code),
        (Some(1), Some(1)),
        "{server:?} {client:?}"
    );
    let error = &client_report["error"];
    assert_eq!(error["name"], "S2N_ERR_CERT_UNTRUSTED");
    assert_eq!(error["number"], (5 << 26) + 46);
    assert_eq!(error["alert"], Value::Null);
    let detail = error["detail"].as_str().expect("text");
    assert!(
        detail.contains("its issuer is not in the trust store"),
        "{detail}"
    );
    assert!(
        error["advice"]
            .as_str()
            .expect("text")
            .contains("--ca FILE")
    );
    assert_eq!(client_report["version"], Value::Null);
    assert_eq!(
        client_report["close_notify"],
        value!({ "sent": false, "received": false })
    );
    assert_eq!(server_report["error"]["alert"]["name"], "unknown_ca");
    // Several CAs may be trusted.
    let ca = cert("ca.pem");
    expect_success(&connect(&[], &["--ca", &other, "--ca", &ca]));
}

#[test]
fn a_server_certificate_for_another_name_is_rejected() {
    let [_, (client, client_report)] = connect(&[], &["--name", "www.example.org"]);
    assert_eq!(client.code, Some(1), "{client:?}");
    assert_eq!(
        client_report["error"]["name"],
        "S2N_ERR_CERT_INVALID_HOSTNAME"
    );
    assert!(client.stderr.contains("--name NAME"), "{client:?}");
}

#[test]
fn an_insecure_client_prints_a_warning() {
    let both = connect(&[], &["--insecure", "--name", "www.example.org"]);
    expect_success(&both);
    let (client, report) = &both[1];
    assert!(
        client.stderr.starts_with("rs2nc: WARNING: --insecure: "),
        "{client:?}"
    );
    assert_eq!(report["peer_verified"], false);
    let sent = chain("ecdsa").as_array().expect("a list")[..2].to_vec();
    assert_eq!(report["peer_chain"], Value::from(sent));
    assert_eq!(report["server_name"], "www.example.org");
}

#[test]
fn an_ip_address_is_verified_and_not_sent_as_sni() {
    let server = Server::start(&["--echo"]);
    let ca = cert("ca.pem");
    let args = ["127.0.0.1", &server.port, "--ca", &ca, "--json", "-4"];
    let client = crate::peers::Process::spawn_with_input(CLIENT, &args, input("x")).finish();
    assert_eq!(
        (client.code, client.stdout.as_str()),
        (Some(0), "x"),
        "{client:?}"
    );
    // Standard output carries data, so the report is on standard error.
    assert_eq!(parse(&client.stderr)["server_name"], "127.0.0.1");
    assert_eq!(server.finish().code, Some(0));
}

#[test]
fn without_data_the_report_is_on_standard_output() {
    let server = Server::start(&["--send", "/dev/null"]);
    let client = client(
        &server.port,
        &["--json", "--receive", "/dev/null"],
        Stdio::null(),
    );
    assert_eq!(
        (client.code, client.stderr.as_str()),
        (Some(0), ""),
        "{client:?}"
    );
    assert_eq!(parse(&client.stdout)["role"], "client");
    assert_eq!(server.finish().code, Some(0));
}

/// The parameters are in a pipe of standard output, although received data would be written to it too.
#[test]
fn a_client_without_received_data_reports_on_standard_output() {
    let server = Server::start(&["--send", "/dev/null"]);
    let client = client(&server.port, &["--json"], Stdio::null());
    assert_eq!(
        (client.code, client.stderr.as_str()),
        (Some(0), ""),
        "{client:?}"
    );
    assert_eq!(parse(&client.stdout)["bytes_in"], 0);
    assert_eq!(server.finish().code, Some(0));
}

#[test]
fn a_server_announces_its_port_as_json_on_request() {
    let (chain, key) = (cert("ecdsa.pem"), cert("ecdsa.key"));
    let args = [
        "--cert",
        &chain,
        "--key",
        &key,
        "--once",
        "--echo",
        "--json",
        "127.0.0.1",
        "0",
    ];
    let mut process = crate::peers::Process::spawn(SERVER, &args);
    let rest = process.wait_for("{\"listening\":\"127.0.0.1:");
    let (address, rest) = rest.split_once('"').expect("the end of a string");
    assert_eq!(rest, format!(",\"port\":{address}}}"));
    let client = client(address, &[], Stdio::null());
    assert_eq!(client.code, Some(0), "{client:?}");
    let server = process.finish();
    assert_eq!(parse(&server.stdout)["role"], "server");
}

#[test]
fn verbose_output_summarizes_the_connection() {
    let [(_, _), (client, _)] = connect(&[], &["-v"]);
    let lines: Vec<&str> = client.stderr.lines().collect();
    let negotiated = "rs2nc: TLS 1.3, TLS_AES_128_GCM_SHA256, X25519MLKEM768, \
                  ecdsa_secp256r1_sha256, peer CN=ecdsa (";
    assert!(lines[0].starts_with(negotiated), "{client:?}");
    assert!(lines[1].starts_with("rs2nc: 2 bytes sent, 7 bytes received, closed by both sides ("));
    assert_eq!(lines.len(), 2);
}

#[test]
fn the_key_log_has_the_secrets_and_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let dir = folder("key-log");
    let log = path(&dir, "keys");
    for count in 1..=2 {
        expect_success(&connect(&[], &["--key-log", &log]));
        let text = std::fs::read_to_string(&log).expect("a log");
        let secrets = text
            .lines()
            .filter(|line| line.starts_with("CLIENT_TRAFFIC_SECRET_0 "));
        assert_eq!(secrets.count(), count);
    }
    let mode = std::fs::metadata(&log)
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(certs().exists());
}
