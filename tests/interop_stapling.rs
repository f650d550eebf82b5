//! Interoperability of stapled OCSP responses with other TLS libraries.

#[path = "support/parties.rs"]
mod parties;
#[path = "support/peers.rs"]
mod peers;
mod support;

use parties::{gnutls_server, leaf, openssl_server, report, serve, strs};
use peers::{Process, cert, chain_and_key};

/// Starts a server of another TLS library that staples an OCSP response.
fn stapling_server(peer: &str, name: &str, tls13: bool) -> (Process, String) {
    let response = cert(&format!("{name}.ocsp"));
    if peer == "openssl" {
        let options = leaf(name);
        let version = if tls13 { "-tls1_3" } else { "-tls1_2" };
        let status = [version, "-status_file", &response];
        return openssl_server(&[&strs(&options)[..], &status].concat());
    }
    let version = if tls13 { "1.3" } else { "1.2" };
    let priority = format!("NORMAL:-VERS-ALL:+VERS-TLS{version}");
    gnutls_server(&priority, name, &["--ocsp-response", &response])
}

#[test]
fn client_verifies_stapled_ocsp_responses() {
    let ca = cert("ca.pem");
    for peer in ["openssl", "gnutls"] {
        for tls13 in [true, false] {
            let (_server, port) = stapling_server(peer, "ecdsa", tls13);
            let client = report(&parties::client(), &["-A", &ca, "localhost", &port]);
            assert_eq!(client.code, Some(0), "{peer} {tls13}: {client:?}");
            let line = client
                .stdout
                .lines()
                .find(|line| line.starts_with("ocsp: "));
            let len = line.and_then(|line| line.split(' ').nth(1)?.parse::<u32>().ok());
            assert!(len > Some(100), "{peer} {tls13}: {client:?}");

            if peer == "gnutls" {
                continue; // GnuTLS does not staple a response with the status revoked.
            }
            let (_server, port) = stapling_server(peer, "rsa", tls13);
            let client = report(
                &parties::client(),
                &["-b", "0", "-A", &ca, "localhost", &port],
            );
            assert_eq!(client.code, Some(4), "{peer} {tls13}: {client:?}");
            assert!(
                client.stderr.contains("S2N_ERR_CERT_REVOKED"),
                "{peer} {tls13}: {client:?}"
            );
        }
    }
}

#[test]
fn server_staples_ocsp_responses() {
    let ca = cert("ca.pem");
    for policy in ["default_tls13", "ELBSecurityPolicy-TLS-1-2-2017-01"] {
        for (name, status) in [("ecdsa", "good"), ("rsa", "revoked")] {
            let (chain, key) = chain_and_key(name);
            let response = cert(&format!("{name}.ocsp"));
            let options = ["-c", policy, "-C", &chain, "-K", &key, "-o", &response];

            let (server, port) = serve(&options);
            let to = format!("127.0.0.1:{port}");
            let client = report(
                "openssl",
                &["s_client", "-connect", &to, "-CAfile", &ca, "-status"],
            );
            assert!(
                client.stdout.contains(&format!("Cert Status: {status}")),
                "{policy} {name}: {client:?}"
            );
            drop(server);

            let (_server, port) = serve(&options);
            let args = ["--port", &port, "--x509cafile", &ca, "localhost"];
            let client = report("gnutls-cli", &args);
            let reported = match status {
                "good" => "OCSP status request",
                _ => "revoked",
            };
            assert!(
                client.stdout.contains(reported),
                "{policy} {name}: {client:?}"
            );
            assert_eq!(
                client.code == Some(0),
                status == "good",
                "{policy} {name}: {client:?}"
            );
        }
    }
}
