//! Who is trusted, who is refused and why, between our examples and other people's TLS.

use std::fs::{self, File};
use std::process::Stdio;

#[path = "support/parties.rs"]
mod parties;
#[path = "support/peers.rs"]
mod peers;
mod support;

use parties::{SERVERS, client, leaf, openssl_server, other_server, report, serve, strs};
use peers::{Process, Report, cert};
use support::{root, scratch};

#[test]
fn bad_certificates_have_errors_of_their_own() {
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
                let ours = report(&client(), &args);
                assert_eq!(ours.code, Some(4), "{peer} {name}: {ours:?}");
                assert!(
                    ours.stderr.contains(error),
                    "{peer} {tls13} {name}: {ours:?}"
                );
            }
        }
    }
}

#[test]
fn any_certificate_passes_if_none_is_verified() {
    let options = leaf("unknown");
    let ours = refusal(&strs(&options), &["-A", &cert("ca.pem"), "-k"]);
    assert_eq!(ours.code, Some(0), "{ours:?}");
}

/// Our client's error against `openssl s_server` with this certificate.
fn refusal(server: &[&str], client_args: &[&str]) -> Report {
    let (_peer, port) = openssl_server(server);
    let args = [&["-b", "0"], client_args, &["localhost", port.as_str()]].concat();
    report(&client(), &args)
}

#[test]
fn wildcards_and_addresses_are_names() {
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
        let ours = refusal(&strs(&options), &["-A", &ca, "-n", name]);
        assert_eq!(ours.code, Some(code), "{name}: {ours:?}");
    }
}

#[test]
fn our_server_learns_that_a_client_refuses_it() {
    let (chain, key, other) = (cert("ecdsa.pem"), cert("ecdsa.key"), cert("other-ca.pem"));
    let script = root().join("tests/peers/client.py").display().to_string();
    for policy in ["default_tls13", "ELBSecurityPolicy-TLS-1-2-2017-01"] {
        for peer in ["openssl", "gnutls", "curl", "python"] {
            let (ours, port) = serve(&["-c", policy, "-C", &chain, "-K", &key]);
            let (to, url) = (
                format!("127.0.0.1:{port}"),
                format!("https://localhost:{port}/"),
            );
            let refused = match peer {
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
            assert_ne!(refused.code, Some(0), "{peer}: {refused:?}");
            let ours = ours.finish();
            // Some say why they go, and some just go.
            let told =
                ours.stderr.contains("S2N_ERR_ALERT") || ours.stderr.contains("S2N_ERR_CLOSED");
            assert!(told && ours.code != Some(0), "{peer} {policy}: {ours:?}");
            if peer == "openssl" || peer == "curl" || peer == "python" {
                assert!(
                    ours.stderr.contains("S2N_ERR_ALERT"),
                    "{peer} {policy}: {ours:?}"
                );
            }
        }
    }
}

#[test]
fn clients_without_a_good_certificate_are_refused() {
    let (chain, key, ca) = (cert("ecdsa.pem"), cert("ecdsa.key"), cert("ca.pem"));
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
        for (shown, error) in [
            (vec![], "S2N_ERR_MISSING_CLIENT_CERT"),
            (credentials("unknown"), "S2N_ERR_CERT_UNTRUSTED"),
            (credentials("ecdsa"), "S2N_ERR_CERT_INTENT_INVALID"),
        ] {
            let (ours, port) = serve(&["-C", &chain, "-K", &key, "-A", &ca]);
            let to = format!("127.0.0.1:{port}");
            let mut args = vec!["s_client", "-connect", &to, version, "-ign_eof", "-quiet"];
            if !shown.is_empty() {
                args.extend(["-cert_chain", &intermediate]);
            }
            args.extend(strs(&shown));
            report("openssl", &args);
            let ours = ours.finish();
            assert_eq!(ours.code, Some(4), "{version} {shown:?}: {ours:?}");
            assert!(ours.stderr.contains(error), "{version} {shown:?}: {ours:?}");
        }
    }
}

#[test]
fn our_client_shows_its_certificate() {
    let (ca, chain, key) = (cert("ca.pem"), cert("client.pem"), cert("client.key"));
    for peer in SERVERS {
        for tls13 in [true, false] {
            let dir = scratch(&format!("shows-{peer}-{tls13}"));
            let (request, reply) = (dir.join("request"), dir.join("reply"));
            fs::write(&request, "GET / HTTP/1.0\r\n\r\n").expect("written");
            let (request, reply) = (request.display().to_string(), reply.display().to_string());
            let (_server, port) = other_server(peer, "ecdsa", tls13, Some(&ca));
            let shown = [
                "-A", &ca, "-C", &chain, "-K", &key, "-s", &request, "-r", &reply,
            ];
            let ours = report(&client(), &[&shown[..], &["localhost", &port]].concat());
            assert_eq!(ours.code, Some(0), "{peer} {tls13}: {ours:?}");
            assert!(
                fs::read(&reply).expect("a reply").starts_with(b"HTTP/1."),
                "{peer}"
            );

            let (_server, port) = other_server(peer, "ecdsa", tls13, Some(&ca));
            let hidden = ["-b", "0", "-A", &ca, "-s", &request, "-r", &reply];
            let ours = report(&client(), &[&hidden[..], &["localhost", &port]].concat());
            assert_ne!(ours.code, Some(0), "{peer} {tls13}: {ours:?}");
            // What is left of a refused connection may be an alert, an end, or a reset.
            let told = ["S2N_ERR_ALERT", "S2N_ERR_CLOSED", "S2N_ERR_IO"];
            assert!(
                told.iter().any(|error| ours.stderr.contains(error)),
                "{peer}: {ours:?}"
            );
        }
    }
}

#[test]
fn our_server_sees_certificates() {
    let (chain, key, ca) = (cert("ecdsa.pem"), cert("ecdsa.key"), cert("ca.pem"));
    let (client_chain, client_key) = (cert("client.pem"), cert("client.key"));
    let request = scratch("sees").join("request");
    fs::write(&request, "GET / HTTP/1.0\r\n\r\n").expect("written");
    for policy in ["default_tls13", "ELBSecurityPolicy-TLS-1-2-2017-01"] {
        for peer in ["curl", "gnutls"] {
            let (ours, port) = serve(&["-c", policy, "-C", &chain, "-K", &key, "-A", &ca]);
            let url = format!("https://localhost:{port}/");
            let theirs = match peer {
                "curl" => {
                    let shown = ["--cert", &client_chain, "--key", &client_key, &url];
                    report(
                        "curl",
                        &[&["--silent", "--cacert", &ca], &shown[..]].concat(),
                    )
                }
                _ => {
                    let args = [
                        "--port",
                        &port,
                        "--x509cafile",
                        &ca,
                        "--x509certfile",
                        &client_chain,
                    ];
                    let args = [&args[..], &["--x509keyfile", &client_key, "localhost"]].concat();
                    let input = Stdio::from(File::open(&request).expect("readable"));
                    Process::spawn_with_input("gnutls-cli", &args, input).finish()
                }
            };
            let ours = ours.finish();
            assert!(
                theirs.stdout.contains("cipher: "),
                "{peer} {policy}: {theirs:?} {ours:?}"
            );
            assert!(
                ours.stdout.contains("client: "),
                "{peer} {policy}: {ours:?}"
            );
        }
    }
}

#[test]
fn alpn_is_chosen_or_left_out() {
    let (chain, key, ca) = (cert("ecdsa.pem"), cert("ecdsa.key"), cert("ca.pem"));
    for (offered, chosen) in [
        ("http/1.1,h2", "h2"),
        ("http/1.1", "http/1.1"),
        ("other", "none"),
    ] {
        let (ours, port) = serve(&["-C", &chain, "-K", &key, "-a", "h2,http/1.1"]);
        let script = root().join("tests/peers/client.py").display().to_string();
        let suite = "TLS_AES_128_GCM_SHA256";
        let peer = report("python3", &[&script, "1.3", suite, &ca, &port, offered]);
        let ours = ours.finish();
        assert!(
            peer.stdout.contains(&format!("alpn: {chosen}\n")),
            "{offered}: {peer:?} {ours:?}"
        );
    }

    let options = [leaf("ecdsa"), vec!["-alpn".into(), "http/1.1".into()]].concat();
    let ours = refusal(&strs(&options), &["-A", &ca, "-a", "h2,http/1.1"]);
    assert!(ours.stdout.contains("alpn: http/1.1\n"), "{ours:?}");
    let ours = refusal(&strs(&options), &["-A", &ca, "-a", "h2"]);
    assert_eq!(
        ours.code,
        Some(4),
        "OpenSSL ends a handshake without a protocol in common"
    );
    assert!(ours.stderr.contains("S2N_ERR_ALERT"), "{ours:?}");
}
