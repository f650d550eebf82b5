//! Interoperability of certificate verification, client authentication and ALPN with other TLS libraries.

#[path = "support/parties.rs"]
mod parties;
#[path = "support/peers.rs"]
mod peers;
mod support;

use parties::{
    SERVERS, client, fetch, leaf, openssl_server, other_server, report, request, serve, strs,
};
use peers::{Process, Report, cert, chain_and_key};
use support::root;

#[test]
fn invalid_server_certificates_have_specific_errors() {
    let (ca, other) = (cert("ca.pem"), cert("other-ca.pem"));
    let cases = [
        (
            "ecdsa",
            vec!["-A", &ca, "-n", "wrong.example"],
            "S2N_ERR_CERT_INVALID_HOSTNAME",
        ),
        ("ecdsa", vec!["-A", &other], "S2N_ERR_CERT_UNTRUSTED"),
        ("unknown", vec!["-A", &ca], "S2N_ERR_CERT_UNTRUSTED"),
        ("expired", vec!["-A", &ca], "S2N_ERR_CERT_EXPIRED"),
        ("client", vec!["-A", &ca], "S2N_ERR_CERT_INTENT_INVALID"),
    ];
    for peer in SERVERS {
        for tls13 in [true, false] {
            for (name, args, error) in &cases {
                let (_server, port) = other_server(peer, name, tls13, None);
                let args = [&["-b", "0"], &args[..], &["localhost", &port]].concat();
                let client = report(&client(), &args);
                assert_eq!(client.code, Some(4), "{peer} {name}: {client:?}");
                let context = format!("{peer}, TLS 1.3: {tls13}, {name}");
                assert!(client.stderr.contains(error), "{context}: {client:?}");
            }
        }
    }
}

#[test]
fn disabled_verification_accepts_any_certificate() {
    let options = leaf("unknown");
    let client = connect(&strs(&options), &["-A", &cert("ca.pem"), "-k"]);
    assert_eq!(client.code, Some(0), "{client:?}");
}

/// Runs the example client against `openssl s_server` with these options.
fn connect(server: &[&str], client_args: &[&str]) -> Report {
    let (_server, port) = openssl_server(server);
    let args = [&["-b", "0"], client_args, &["localhost", port.as_str()]].concat();
    report(&client(), &args)
}

#[test]
fn wildcard_names_and_ip_addresses_are_verified() {
    let ca = cert("ca.pem");
    let options = leaf("ecdsa");
    for (name, code) in [
        ("a.wild.rs2n.test", 0),
        ("127.0.0.1", 0),
        ("WWW.RS2N.TEST", 0),
        ("wild.rs2n.test", 4),
        ("a.b.wild.rs2n.test", 4),
        ("127.0.0.2", 4),
    ] {
        let client = connect(&strs(&options), &["-A", &ca, "-n", name]);
        assert_eq!(client.code, Some(code), "{name}: {client:?}");
    }
}

#[test]
fn server_reports_that_the_client_rejects_its_certificate() {
    let (chain, key) = chain_and_key("ecdsa");
    let other = cert("other-ca.pem");
    let script = root().join("tests/peers/client.py").display().to_string();
    for policy in ["default_tls13", "ELBSecurityPolicy-TLS-1-2-2017-01"] {
        for peer in ["openssl", "gnutls", "curl", "python"] {
            let (server, port) = serve(&["-c", policy, "-C", &chain, "-K", &key]);
            let (to, url) = (
                format!("127.0.0.1:{port}"),
                format!("https://localhost:{port}/"),
            );
            let client = match peer {
                "openssl" => {
                    let verify = ["-CAfile", &other, "-verify_return_error"];
                    report(
                        "openssl",
                        &[&["s_client", "-connect", &to], &verify[..]].concat(),
                    )
                }
                "gnutls" => {
                    let args = ["--port", &port, "--x509cafile", &other, "localhost"];
                    report("gnutls-cli", &args)
                }
                "curl" => report("curl", &["--silent", "--cacert", &other, &url]),
                _ => {
                    let (version, suite) = match policy {
                        "default_tls13" => ("1.3", "TLS_AES_128_GCM_SHA256"),
                        _ => ("1.2", "ECDHE-ECDSA-AES128-GCM-SHA256"),
                    };
                    report("python3", &[&script, version, suite, &other, &port])
                }
            };
            assert_ne!(client.code, Some(0), "{peer}: {client:?}");
            let server = server.finish();
            assert_ne!(server.code, Some(0), "{peer} {policy}: {server:?}");
            // gnutls-cli may close the TCP connection without an alert.
            let alert = server.stderr.contains("S2N_ERR_ALERT");
            let closed = server.stderr.contains("S2N_ERR_CLOSED");
            let expected = alert || closed && peer == "gnutls";
            assert!(expected, "{peer} {policy}: {server:?}");
        }
    }
}

#[test]
fn server_rejects_clients_without_a_valid_certificate() {
    let (chain, key) = chain_and_key("ecdsa");
    let ca = cert("ca.pem");
    let credentials = |name: &str| {
        let (pem, key) = (format!("{name}.crt"), format!("{name}.key"));
        vec![
            "-cert".to_owned(),
            cert(&pem),
            "-key".to_owned(),
            cert(&key),
        ]
    };
    let intermediate = cert("intermediate.crt");
    for version in ["-tls1_2", "-tls1_3"] {
        for (sent, error) in [
            (vec![], "S2N_ERR_MISSING_CLIENT_CERT"),
            (credentials("unknown"), "S2N_ERR_CERT_UNTRUSTED"),
            (credentials("ecdsa"), "S2N_ERR_CERT_INTENT_INVALID"),
        ] {
            let (server, port) = serve(&["-C", &chain, "-K", &key, "-A", &ca]);
            let to = format!("127.0.0.1:{port}");
            let mut args = vec!["s_client", "-connect", &to, version, "-ign_eof", "-quiet"];
            if !sent.is_empty() {
                args.extend(["-cert_chain", &intermediate]);
            }
            args.extend(strs(&sent));
            report("openssl", &args);
            let server = server.finish();
            let context = format!("{version} {sent:?}");
            assert_eq!(server.code, Some(4), "{context}: {server:?}");
            assert!(server.stderr.contains(error), "{context}: {server:?}");
        }
    }
}

#[test]
fn client_sends_its_certificate() {
    let ca = cert("ca.pem");
    let (chain, key) = chain_and_key("client");
    for peer in SERVERS {
        for tls13 in [true, false] {
            let context = format!("{peer}, TLS 1.3: {tls13}");
            let (_server, port) = other_server(peer, "ecdsa", tls13, Some(&ca));
            let (client, page) = fetch(&["-A", &ca, "-C", &chain, "-K", &key], &port);
            assert_eq!(client.code, Some(0), "{context}: {client:?}");
            assert!(page.starts_with("HTTP/1."), "{context}: {page}");

            let (_server, port) = other_server(peer, "ecdsa", tls13, Some(&ca));
            let (client, _) = fetch(&["-A", &ca], &port);
            assert_ne!(client.code, Some(0), "{context}: {client:?}");
            // The server may send an alert, or close or reset the TCP connection.
            let errors = ["S2N_ERR_ALERT", "S2N_ERR_CLOSED", "S2N_ERR_IO"];
            let has_error = errors.iter().any(|error| client.stderr.contains(error));
            assert!(has_error, "{context}: {client:?}");
        }
    }
}

#[test]
fn server_receives_client_certificates() {
    let (chain, key) = chain_and_key("ecdsa");
    let (client_chain, client_key) = chain_and_key("client");
    let ca = cert("ca.pem");
    for policy in ["default_tls13", "ELBSecurityPolicy-TLS-1-2-2017-01"] {
        for peer in ["curl", "gnutls"] {
            let (server, port) = serve(&["-c", policy, "-C", &chain, "-K", &key, "-A", &ca]);
            let url = format!("https://localhost:{port}/");
            let client = match peer {
                "curl" => {
                    let mut args = vec!["--silent", "--cacert", &ca, "--cert", &client_chain];
                    args.extend(["--key", &client_key, &url]);
                    report("curl", &args)
                }
                _ => {
                    let mut args = vec!["--port", &port, "--x509cafile", &ca];
                    args.extend(["--x509certfile", &client_chain]);
                    args.extend(["--x509keyfile", &client_key, "localhost"]);
                    Process::spawn_with_input("gnutls-cli", &args, request()).finish()
                }
            };
            let server = server.finish();
            assert!(
                client.stdout.contains("cipher: "),
                "{peer} {policy}: {client:?} {server:?}"
            );
            assert!(
                server.stdout.contains("client: "),
                "{peer} {policy}: {server:?}"
            );
        }
    }
}

#[test]
fn alpn_protocol_is_negotiated_or_absent() {
    let (chain, key) = chain_and_key("ecdsa");
    let ca = cert("ca.pem");
    for (offered, negotiated) in [
        ("http/1.1,h2", "h2"),
        ("http/1.1", "http/1.1"),
        ("other", "none"),
    ] {
        let (server, port) = serve(&["-C", &chain, "-K", &key, "-a", "h2,http/1.1"]);
        let script = root().join("tests/peers/client.py").display().to_string();
        let suite = "TLS_AES_128_GCM_SHA256";
        let client = report("python3", &[&script, "1.3", suite, &ca, &port, offered]);
        let server = server.finish();
        assert!(
            client.stdout.contains(&format!("alpn: {negotiated}\n")),
            "{offered}: {client:?} {server:?}"
        );
    }

    let options = [leaf("ecdsa"), vec!["-alpn".into(), "http/1.1".into()]].concat();
    let client = connect(&strs(&options), &["-A", &ca, "-a", "h2,http/1.1"]);
    assert!(client.stdout.contains("alpn: http/1.1\n"), "{client:?}");
    let client = connect(&strs(&options), &["-A", &ca, "-a", "h2"]);
    assert_eq!(
        client.code,
        Some(4),
        "OpenSSL rejects a client without a common protocol"
    );
    assert!(client.stderr.contains("S2N_ERR_ALERT"), "{client:?}");
}
