//! Interoperability of named groups and key types with other TLS libraries: key shares,
//! HelloRetryRequest, and certificates with less common keys.

#[path = "support/parties.rs"]
mod parties;
#[path = "support/peers.rs"]
mod peers;
mod support;

use parties::{gnutls_server, leaf, openssl_server, request, serve, strs};
use peers::{Process, Report, cert, chain_and_key};

/// Groups by their names in rs2n, OpenSSL and GnuTLS.
const GROUPS: [(&str, &str, &str); 4] = [
    ("secp521r1", "P-521", "SECP521R1"),
    ("secp384r1", "P-384", "SECP384R1"),
    ("secp256r1", "P-256", "SECP256R1"),
    ("x25519", "X25519", "X25519"),
];

/// Policies with these groups: two that support TLS 1.3, and one that supports only TLS 1.2.
const POLICIES: [&str; 3] = ["default", "default_tls13", "20240501"];

fn gnutls_priority(version: &str, groups: &[&str]) -> String {
    let groups: String = groups.iter().map(|g| format!(":+GROUP-{g}")).collect();
    format!("NORMAL:-VERS-ALL:+VERS-TLS{version}:-GROUP-ALL{groups}")
}

/// Runs the example client, which must receive a page if it succeeds.
fn fetch(policy: &str, ca: &str, port: &str) -> Report {
    let (client, page) = parties::fetch(&["-c", policy, "-A", ca], port);
    let received = page.starts_with("HTTP/1.");
    assert_eq!(client.code == Some(0), received, "{policy}: {client:?}");
    client
}

/// Runs `openssl s_client`, which requests a page and prints every handshake message.
fn openssl_client(port: &str, options: &[&str]) -> Report {
    let (to, ca) = (format!("127.0.0.1:{port}"), cert("ca.pem"));
    let mut args = vec![
        "s_client", "-connect", &to, "-CAfile", &ca, "-msg", "-ign_eof",
    ];
    args.extend(["-verify_return_error", "-verify_hostname", "localhost"]);
    args.extend(options);
    Process::spawn_with_input("openssl", &args, request()).finish()
}

fn gnutls_client(port: &str, priority: &str, options: &[&str]) -> Report {
    let ca = cert("ca.pem");
    let mut args = vec!["--port", port, "--x509cafile", &ca];
    args.extend(["--priority", priority]);
    args.extend(options);
    args.push("localhost");
    Process::spawn_with_input("gnutls-cli", &args, request()).finish()
}

/// Starts the example server with this policy and certificate, and returns its port.
fn start_server(policy: &str, name: &str) -> (Process, String) {
    let (chain, key) = chain_and_key(name);
    serve(&["-c", policy, "-C", &chain, "-K", &key])
}

/// Checks the group that the example client or server reports.
fn check_group(report: &Report, group: &str, context: &str) {
    let line = format!("group: {group}\n");
    assert!(report.stdout.contains(&line), "{context}: {report:?}");
}

/// The number of ClientHello messages that `openssl s_client` sent.
fn client_hellos(peer: &Report) -> usize {
    let lines = peer.stdout.lines();
    lines
        .filter(|line| line.starts_with(">>>") && line.ends_with(", ClientHello"))
        .count()
}

/// The first key shares are for other groups, so that most of these servers send a HelloRetryRequest.
#[test]
fn client_negotiates_the_group_of_the_server() {
    let ca = cert("ca.pem");
    let options = leaf("ecdsa");
    for policy in POLICIES {
        for (group, openssl, gnutls) in GROUPS {
            let groups = [&strs(&options)[..], &["-groups", openssl]].concat();
            let (_server, port) = openssl_server(&groups);
            check_group(
                &fetch(policy, &ca, &port),
                group,
                &format!("{policy}, OpenSSL"),
            );

            for version in ["1.2", "1.3"] {
                if version == "1.3" && policy == "20240501" {
                    continue;
                }
                let (_server, port) =
                    gnutls_server(&gnutls_priority(version, &[gnutls]), "ecdsa", &[]);
                let context = format!("{policy}, GnuTLS with TLS {version}");
                check_group(&fetch(policy, &ca, &port), group, &context);
            }
        }
    }
}

/// With an RSA key, because in TLS 1.2 the groups of a client also restrict the curves of ECDSA keys.
#[test]
fn server_negotiates_the_group_of_the_client() {
    for policy in POLICIES {
        for (group, openssl, gnutls) in GROUPS {
            let (server, port) = start_server(policy, "rsa");
            let peer = openssl_client(&port, &["-groups", openssl]);
            let server = server.finish();
            check_group(&server, group, &format!("{policy}, OpenSSL: {peer:?}"));
            assert_eq!(client_hellos(&peer), 1, "{policy} {group}: {peer:?}");

            for version in ["1.2", "1.3"] {
                if version == "1.3" && policy == "20240501" {
                    continue;
                }
                let (server, port) = start_server(policy, "rsa");
                let peer = gnutls_client(&port, &gnutls_priority(version, &[gnutls]), &[]);
                let server = server.finish();
                check_group(&server, group, &format!("{policy}, GnuTLS: {peer:?}"));
            }
        }
    }
}

/// A policy of the server, the groups of the client, the group that is negotiated, and the number of
/// ClientHello messages.
const CHOICES: [(&str, &str, &str, usize); 8] = [
    // A group with a key share has precedence over a group that the server prefers.
    ("default", "P-521:X25519:P-256", "secp521r1", 1),
    ("default_tls13", "X25519:P-256", "x25519", 1),
    // No key share for a group of the server.
    ("20250414", "X25519:P-384", "secp384r1", 2),
    ("20250414", "P-521:P-256:P-384", "secp384r1", 2),
    (
        "CloudFront-TLS-1-3-2025-no-pq",
        "P-521:P-384:P-256",
        "secp256r1",
        2,
    ),
    // Groups that the policy strongly prefers, also without a key share.
    ("20251113", "P-256:P-384", "secp384r1", 2),
    ("20251113", "P-384:P-256", "secp384r1", 1),
    ("20251113", "P-521:P-256", "secp521r1", 1),
];

#[test]
fn server_sends_hello_retry_request_when_no_key_share_fits() {
    for (policy, groups, group, hellos) in CHOICES {
        let (server, port) = start_server(policy, "ecdsa");
        let peer = openssl_client(&port, &["-groups", groups]);
        check_group(
            &server.finish(),
            group,
            &format!("{policy} {groups}: {peer:?}"),
        );
        assert_eq!(client_hellos(&peer), hellos, "{policy} {groups}: {peer:?}");

        let names = groups.split(':').map(|group| {
            let known = GROUPS.iter().find(|(_, openssl, _)| *openssl == group);
            known.expect("the group is one of GROUPS").2
        });
        let priority = gnutls_priority("1.3", &names.collect::<Vec<_>>());
        let (server, port) = start_server(policy, "ecdsa");
        let peer = gnutls_client(&port, &priority, &["--single-key-share"]);
        check_group(
            &server.finish(),
            group,
            &format!("{policy} {groups}: {peer:?}"),
        );
    }
}

#[test]
fn handshake_without_a_common_group_fails_on_both_sides() {
    let ca = cert("ca.pem");
    let options = leaf("ecdsa");
    for (version, error) in [
        ("-tls1_3", "S2N_ERR_INVALID_SUPPORTED_GROUP_STATE"),
        ("-tls1_2", "S2N_ERR_CIPHER_NOT_SUPPORTED"),
    ] {
        let (server, port) = start_server("default", "rsa");
        let peer = openssl_client(&port, &["-groups", "X448", version]);
        let server = server.finish();
        assert_eq!(
            (peer.code, server.code),
            (Some(1), Some(4)),
            "{peer:?} {server:?}"
        );
        assert!(server.stderr.contains(error), "{version}: {server:?}");
    }

    let (_server, port) = openssl_server(&[&strs(&options)[..], &["-groups", "X448"]].concat());
    let client = fetch("default", &ca, &port);
    assert_eq!(client.code, Some(4), "{client:?}");
    assert!(client.stderr.contains("S2N_ERR_ALERT"), "{client:?}");
}

/// Certificates with RSASSA-PSS and P-521 keys, and the versions that support them.
const KEYS: [(&str, &str); 5] = [
    ("pss", "1.3"),
    ("pss-sha256", "1.3"),
    ("pss-sha384", "1.3"),
    ("p521", "1.3"),
    ("p521", "1.2"),
];

/// GnuTLS neither signs with a key whose parameters restrict the hash but not the salt length, nor
/// accepts such a signature.
const NOT_FOR_GNUTLS: &str = "pss-sha256";

fn openssl_version(version: &str) -> String {
    format!("-tls{}", version.replace('.', "_"))
}

#[test]
fn client_verifies_signatures_of_less_common_keys() {
    let ca = cert("ca.pem");
    for (name, version) in KEYS {
        let (options, option) = (leaf(name), openssl_version(version));
        let (_server, port) = openssl_server(&[&strs(&options)[..], &[&option]].concat());
        let client = fetch("default", &ca, &port);
        assert_eq!(client.code, Some(0), "{name} {version}: {client:?}");

        if name != NOT_FOR_GNUTLS {
            let priority = gnutls_priority(version, &["SECP256R1", "X25519"]);
            let (_server, port) = gnutls_server(&priority, name, &[]);
            let client = fetch("default", &ca, &port);
            assert_eq!(client.code, Some(0), "{name} {version}, GnuTLS: {client:?}");
        }
    }
}

#[test]
fn server_signs_with_less_common_keys() {
    for (name, version) in KEYS {
        let (server, port) = start_server("default", name);
        let peer = openssl_client(&port, &[&openssl_version(version)]);
        let server = server.finish();
        assert_eq!(peer.code, Some(0), "{name} {version}: {peer:?} {server:?}");
        let key = if name == "p521" { "ECDSA" } else { "RSA-PSS" };
        let line = format!("Peer signature type: {key}\n");
        assert!(peer.stdout.contains(&line), "{name} {version}: {peer:?}");

        if name != NOT_FOR_GNUTLS {
            let (server, port) = start_server("default", name);
            let peer = gnutls_client(&port, &gnutls_priority(version, &["SECP256R1"]), &[]);
            let server = server.finish();
            assert_eq!(peer.code, Some(0), "{name} {version}: {peer:?} {server:?}");
        }
    }
}

/// rs2n supports RSASSA-PSS keys only in TLS 1.3: see docs/COMPATIBILITY.md.
#[test]
fn rsa_pss_keys_are_rejected_in_tls12() {
    let ca = cert("ca.pem");
    let options = leaf("pss");
    let (_server, port) = openssl_server(&[&strs(&options)[..], &["-tls1_2"]].concat());
    let client = fetch("default", &ca, &port);
    let error = "S2N_ERR_INVALID_SIGNATURE_SCHEME";
    assert!(client.stderr.contains(error), "{client:?}");

    let (server, port) = start_server("default", "pss");
    let peer = openssl_client(&port, &["-tls1_2"]);
    let server = server.finish();
    assert_eq!(
        (peer.code, server.code),
        (Some(1), Some(4)),
        "{peer:?} {server:?}"
    );
    assert!(
        server.stderr.contains("S2N_ERR_CIPHER_NOT_SUPPORTED"),
        "{server:?}"
    );
}

#[test]
fn client_accepts_chains_signed_with_rsa_pss() {
    let ca = cert("pss-ca.pem");
    let options = leaf("under-pss");
    for policy in ["default", "default_tls13"] {
        for version in ["-tls1_2", "-tls1_3"] {
            let (_server, port) = openssl_server(&[&strs(&options)[..], &[version]].concat());
            let client = fetch(policy, &ca, &port);
            assert_eq!(client.code, Some(0), "{policy} {version}: {client:?}");
        }
    }
}
