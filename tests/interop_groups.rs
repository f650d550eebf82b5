//! Groups and keys of policies between our examples and other people's TLS: shares that fit, hellos
//! that have to be said again, and certificates that are not of the common kinds.

use std::fs::{self, File};
use std::process::Stdio;

#[path = "support/parties.rs"]
mod parties;
#[path = "support/peers.rs"]
mod peers;
mod support;

use parties::{client, gnutls_server, leaf, openssl_server, report, serve, strs};
use peers::{Process, Report, cert, free_port};
use support::scratch;

/// A group by its names: ours, OpenSSL's, and that of GnuTLS.
const GROUPS: [(&str, &str, &str); 4] = [
    ("secp521r1", "P-521", "SECP521R1"),
    ("secp384r1", "P-384", "SECP384R1"),
    ("secp256r1", "P-256", "SECP256R1"),
    ("x25519", "X25519", "X25519"),
];

/// Policies with these groups: two with TLS 1.3, one that has TLS 1.2 alone.
const POLICIES: [&str; 3] = ["default", "default_tls13", "20240501"];

fn gnutls_priority(version: &str, groups: &[&str]) -> String {
    let groups: String = groups.iter().map(|g| format!(":+GROUP-{g}")).collect();
    format!("NORMAL:-VERS-ALL:+VERS-TLS{version}:-GROUP-ALL{groups}")
}

/// Our client asks for a page, and says what it agreed on.
fn fetch(policy: &str, ca: &str, port: &str) -> Report {
    let dir = scratch(&format!("groups-fetch-{port}"));
    let (request, reply) = (dir.join("request"), dir.join("reply"));
    fs::write(&request, "GET / HTTP/1.0\r\n\r\n").expect("written");
    let (request, reply) = (request.display().to_string(), reply.display().to_string());
    let args = [
        "-c",
        policy,
        "-A",
        ca,
        "-b",
        "0",
        "-s",
        &request,
        "-r",
        &reply,
        "localhost",
        port,
    ];
    let ours = report(&client(), &args);
    if ours.code == Some(0) {
        let page = fs::read(&reply).expect("a reply");
        assert!(page.starts_with(b"HTTP/1."), "{policy}: {ours:?}");
    }
    ours
}

/// `openssl s_client` asks our server for a page, and tells of every message.
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

fn request() -> Stdio {
    let file = scratch(&format!("groups-request-{}", free_port())).join("request");
    fs::write(&file, "GET / HTTP/1.0\r\n\r\n").expect("written");
    Stdio::from(File::open(&file).expect("readable"))
}

/// Our server with this policy and certificate, for one connection, and its port.
fn our_server(policy: &str, name: &str) -> (Process, String) {
    let (chain, key) = (cert(&format!("{name}.pem")), cert(&format!("{name}.key")));
    serve(&["-c", policy, "-C", &chain, "-K", &key])
}

fn check_group(ours: &Report, group: &str, what: &str) {
    let line = format!("group: {group}\n");
    assert!(ours.stdout.contains(&line), "{what}: {ours:?}");
}

/// How often a client said hello.
fn hellos(peer: &Report) -> usize {
    let lines = peer.stdout.lines();
    lines
        .filter(|line| line.starts_with(">>>") && line.ends_with(", ClientHello"))
        .count()
}

/// Our first shares are for other groups, so most of these servers ask again.
#[test]
fn our_client_takes_the_group_that_a_server_wants() {
    let ca = cert("ca.pem");
    let options = leaf("ecdsa");
    for policy in POLICIES {
        for (ours, openssl, gnutls) in GROUPS {
            let groups = [&strs(&options)[..], &["-groups", openssl]].concat();
            let (_server, port) = openssl_server(&groups);
            check_group(
                &fetch(policy, &ca, &port),
                ours,
                &format!("{policy}, OpenSSL"),
            );

            for version in ["1.2", "1.3"] {
                if version == "1.3" && policy == "20240501" {
                    continue;
                }
                let (_server, port) =
                    gnutls_server(&gnutls_priority(version, &[gnutls]), "ecdsa", &[]);
                let what = format!("{policy}, GnuTLS with TLS {version}");
                check_group(&fetch(policy, &ca, &port), ours, &what);
            }
        }
    }
}

/// With RSA: in TLS 1.2 the groups of a client are also the curves of the keys that it takes.
#[test]
fn our_server_takes_the_group_that_a_client_has() {
    for policy in POLICIES {
        for (ours, openssl, gnutls) in GROUPS {
            let (server, port) = our_server(policy, "rsa");
            let peer = openssl_client(&port, &["-groups", openssl]);
            let server = server.finish();
            check_group(&server, ours, &format!("{policy}, OpenSSL: {peer:?}"));
            assert_eq!(hellos(&peer), 1, "{policy} {ours}: {peer:?}");

            for version in ["1.2", "1.3"] {
                if version == "1.3" && policy == "20240501" {
                    continue;
                }
                let (server, port) = our_server(policy, "rsa");
                let peer = gnutls_client(&port, &gnutls_priority(version, &[gnutls]), &[]);
                let server = server.finish();
                check_group(&server, ours, &format!("{policy}, GnuTLS: {peer:?}"));
            }
        }
    }
}

/// The client's groups, what our server takes, and how many hellos that needs.
const CHOICES: [(&str, &str, &str, usize); 8] = [
    // A share that is there wins over a group that the server likes better.
    ("default", "P-521:X25519:P-256", "secp521r1", 1),
    ("default_tls13", "X25519:P-256", "x25519", 1),
    // A share for nothing that the server has.
    ("20250414", "X25519:P-384", "secp384r1", 2),
    ("20250414", "P-521:P-256:P-384", "secp384r1", 2),
    (
        "CloudFront-TLS-1-3-2025-no-pq",
        "P-521:P-384:P-256",
        "secp256r1",
        2,
    ),
    // What a policy insists on, whatever share is there.
    ("20251113", "P-256:P-384", "secp384r1", 2),
    ("20251113", "P-384:P-256", "secp384r1", 1),
    ("20251113", "P-521:P-256", "secp521r1", 1),
];

#[test]
fn our_server_asks_again_when_it_has_to() {
    for (policy, groups, chosen, times) in CHOICES {
        let (server, port) = our_server(policy, "ecdsa");
        let peer = openssl_client(&port, &["-groups", groups]);
        check_group(
            &server.finish(),
            chosen,
            &format!("{policy} {groups}: {peer:?}"),
        );
        assert_eq!(hellos(&peer), times, "{policy} {groups}: {peer:?}");

        let names = groups.split(':').map(|group| {
            let known = GROUPS.iter().find(|(_, openssl, _)| *openssl == group);
            known.expect("a known group").2
        });
        let priority = gnutls_priority("1.3", &names.collect::<Vec<_>>());
        let (server, port) = our_server(policy, "ecdsa");
        let peer = gnutls_client(&port, &priority, &["--single-key-share"]);
        check_group(
            &server.finish(),
            chosen,
            &format!("{policy} {groups}: {peer:?}"),
        );
    }
}

#[test]
fn no_group_in_common_is_an_error_on_both_sides() {
    let ca = cert("ca.pem");
    let options = leaf("ecdsa");
    for (version, error) in [
        ("-tls1_3", "S2N_ERR_INVALID_SUPPORTED_GROUP_STATE"),
        ("-tls1_2", "S2N_ERR_CIPHER_NOT_SUPPORTED"),
    ] {
        let (server, port) = our_server("default", "rsa");
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
    let ours = fetch("default", &ca, &port);
    assert_eq!(ours.code, Some(4), "{ours:?}");
    assert!(ours.stderr.contains("S2N_ERR_ALERT"), "{ours:?}");
}

/// Certificates with keys for RSASSA-PSS alone, and of P-521; and the versions that can use them.
const KEYS: [(&str, &str); 5] = [
    ("pss", "1.3"),
    ("pss-sha256", "1.3"),
    ("pss-sha384", "1.3"),
    ("p521", "1.3"),
    ("p521", "1.2"),
];

/// GnuTLS does not sign with a key that is bound to a hash and says nothing about salts, nor does it
/// take such a signature.
const NOT_FOR_GNUTLS: &str = "pss-sha256";

fn openssl_version(version: &str) -> String {
    format!("-tls{}", version.replace('.', "_"))
}

#[test]
fn our_client_verifies_less_common_keys() {
    let ca = cert("ca.pem");
    for (name, version) in KEYS {
        let (options, option) = (leaf(name), openssl_version(version));
        let (_server, port) = openssl_server(&[&strs(&options)[..], &[&option]].concat());
        let ours = fetch("default", &ca, &port);
        assert_eq!(ours.code, Some(0), "{name} {version}: {ours:?}");

        if name != NOT_FOR_GNUTLS {
            let priority = gnutls_priority(version, &["SECP256R1", "X25519"]);
            let (_server, port) = gnutls_server(&priority, name, &[]);
            let ours = fetch("default", &ca, &port);
            assert_eq!(ours.code, Some(0), "{name} {version}, GnuTLS: {ours:?}");
        }
    }
}

#[test]
fn our_server_signs_with_less_common_keys() {
    for (name, version) in KEYS {
        let (server, port) = our_server("default", name);
        let peer = openssl_client(&port, &[&openssl_version(version)]);
        let server = server.finish();
        assert_eq!(peer.code, Some(0), "{name} {version}: {peer:?} {server:?}");
        let key = if name == "p521" { "ECDSA" } else { "RSA-PSS" };
        let line = format!("Peer signature type: {key}\n");
        assert!(peer.stdout.contains(&line), "{name} {version}: {peer:?}");

        if name != NOT_FOR_GNUTLS {
            let (server, port) = our_server("default", name);
            let peer = gnutls_client(&port, &gnutls_priority(version, &["SECP256R1"]), &[]);
            let server = server.finish();
            assert_eq!(peer.code, Some(0), "{name} {version}: {peer:?} {server:?}");
        }
    }
}

/// TLS 1.2 has no place for such keys here: see docs/COMPATIBILITY.md.
#[test]
fn keys_for_rsa_pss_alone_are_refused_in_tls12() {
    let ca = cert("ca.pem");
    let options = leaf("pss");
    let (_server, port) = openssl_server(&[&strs(&options)[..], &["-tls1_2"]].concat());
    let ours = fetch("default", &ca, &port);
    assert!(
        ours.stderr.contains("S2N_ERR_INVALID_SIGNATURE_SCHEME"),
        "{ours:?}"
    );

    let (server, port) = our_server("default", "pss");
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
fn chains_may_be_signed_with_rsa_pss() {
    let ca = cert("pss-ca.pem");
    let options = leaf("under-pss");
    for policy in ["default", "default_tls13"] {
        for version in ["-tls1_2", "-tls1_3"] {
            let (_server, port) = openssl_server(&[&strs(&options)[..], &[version]].concat());
            let ours = fetch(policy, &ca, &port);
            assert_eq!(ours.code, Some(0), "{policy} {version}: {ours:?}");
        }
    }
}
