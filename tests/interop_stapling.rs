//! OCSP responses that servers show with their certificates, between our examples and other people's
//! TLS.

#[path = "support/parties.rs"]
mod parties;
#[path = "support/peers.rs"]
mod peers;
mod support;

use parties::{client, gnutls_server, leaf, openssl_server, report, serve, strs};
use peers::{Process, cert};

/// Another library's server that shows a response.
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
fn our_client_reads_what_others_staple() {
    let ca = cert("ca.pem");
    for peer in ["openssl", "gnutls"] {
        for tls13 in [true, false] {
            let (_server, port) = stapling_server(peer, "ecdsa", tls13);
            let ours = report(&client(), &["-A", &ca, "localhost", &port]);
            assert_eq!(ours.code, Some(0), "{peer} {tls13}: {ours:?}");
            let line = ours.stdout.lines().find(|line| line.starts_with("ocsp: "));
            let len = line.and_then(|line| line.split(' ').nth(1)?.parse::<u32>().ok());
            assert!(len > Some(100), "{peer} {tls13}: {ours:?}");

            if peer == "gnutls" {
                continue; // It does not show bad news.
            }
            let (_server, port) = stapling_server(peer, "rsa", tls13);
            let ours = report(&client(), &["-b", "0", "-A", &ca, "localhost", &port]);
            assert_eq!(ours.code, Some(4), "{peer} {tls13}: {ours:?}");
            assert!(
                ours.stderr.contains("S2N_ERR_CERT_REVOKED"),
                "{peer} {tls13}: {ours:?}"
            );
        }
    }
}

#[test]
fn others_read_what_our_server_staples() {
    let ca = cert("ca.pem");
    for policy in ["default_tls13", "ELBSecurityPolicy-TLS-1-2-2017-01"] {
        for (name, status) in [("ecdsa", "good"), ("rsa", "revoked")] {
            let (chain, key) = (cert(&format!("{name}.pem")), cert(&format!("{name}.key")));
            let response = cert(&format!("{name}.ocsp"));
            let ours = ["-c", policy, "-C", &chain, "-K", &key, "-o", &response];

            let (server, port) = serve(&ours);
            let to = format!("127.0.0.1:{port}");
            let said = report(
                "openssl",
                &["s_client", "-connect", &to, "-CAfile", &ca, "-status"],
            );
            assert!(
                said.stdout.contains(&format!("Cert Status: {status}")),
                "{policy} {name}: {said:?}"
            );
            drop(server);

            let (_server, port) = serve(&ours);
            let args = ["--port", &port, "--x509cafile", &ca, "localhost"];
            let said = report("gnutls-cli", &args);
            let told = match status {
                "good" => "OCSP status request",
                _ => "revoked",
            };
            assert!(said.stdout.contains(told), "{policy} {name}: {said:?}");
            assert_eq!(
                said.code == Some(0),
                status == "good",
                "{policy} {name}: {said:?}"
            );
        }
    }
}
