//! Certificate compression (RFC 8879) of the tools with BoringSSL, GnuTLS and OpenSSL. BoringSSL sends and accepts the
//! certificates of clients without compression.

use std::process::Stdio;

use crate::boringssl::{boringssl_client, boringssl_server};
use crate::common::*;
use crate::parties::{gnutls_server, openssl_server};
use crate::peers::{Process, cert, chain_and_key};

const ZLIB: [&str; 2] = ["--cert-compression", "zlib"];

/// The sizes in a line `compressed: zlib FROM to TO` of the peer, or in its opposite.
fn sizes(report: &str, start: &str) -> (usize, usize) {
    let line = report.lines().find_map(|line| line.strip_prefix(start));
    let line = line.unwrap_or_else(|| panic!("no line {start:?}: {report}"));
    let (from, to) = line.split_once(" to ").expect("two sizes");
    (from.parse().expect("a size"), to.parse().expect("a size"))
}

#[test]
fn a_server_compresses_for_boringssl() {
    let ca = cert("ca.pem");
    let (chain, key) = chain_and_key("client-rsa");
    let (rsa, rsa_key) = chain_and_key("rsa");
    let args = ["--cert", &rsa, "--key", &rsa_key, "--client-ca", &ca];
    let server = Server::start_with_input(
        &[&args[..], &ZLIB, &["--once"]].concat(),
        input("HTTP/1.0 200 OK\r\n\r\n"),
    );
    let files = ["--ca", &ca, "--certificate", &chain, "--key", &key];
    let options = [&files[..], &["--compression", "brotli,zlib"]].concat();
    let client = boringssl_client(&server.port, &options);
    assert_eq!(client.code, Some(0), "{client:?}");
    let (from, to) = sizes(&client.stdout, "decompressed: zlib ");
    assert!(from < to, "{client:?}");
    // The peer does not send a close_notify.
    let server = server.finish();
    assert!(server.stdout.starts_with("GET / HTTP/1.0"), "{server:?}");
}

#[test]
fn a_client_receives_from_boringssl() {
    let ca = cert("ca.pem");
    let (chain, key) = chain_and_key("client-rsa");
    let (rsa, rsa_key) = chain_and_key("rsa");
    let files = ["--ca", &ca, "--certificate", &rsa, "--key", &rsa_key];
    let (server, port) = boringssl_server(&[&files[..], &["--compression", "zlib"]].concat());
    let args = [&["--cert", &chain, "--key", &key][..], &ZLIB].concat();
    let client = client(&port, &args, input("GET / HTTP/1.0\r\n\r\n"));
    assert_eq!(client.code, Some(0), "{client:?}");
    assert!(client.stdout.contains("200 OK"), "{client:?}");
    let server = server.finish();
    assert_eq!(server.code, Some(0), "{server:?}");
    let (from, to) = sizes(&server.stdout, "compressed: zlib ");
    assert!(to < from, "{server:?}");
}

/// A peer with other algorithms, or with none, or in TLS 1.2.
#[test]
fn a_peer_without_the_algorithm_receives_plain_certificates() {
    let ca = cert("ca.pem");
    for options in [
        &["--compression", "brotli"][..],
        &[],
        &["--tls", "1.2", "--compression", "zlib"],
    ] {
        let input = input("HTTP/1.0 200 OK\r\n\r\n");
        let server = Server::start_with_input(&[&ZLIB[..], &["--once"]].concat(), input);
        let client = boringssl_client(&server.port, &[&["--ca", &ca], options].concat());
        assert_eq!(
            client.code,
            Some(0),
            "{options:?}: {client:?} {:?}",
            server.finish()
        );
        assert!(!client.stdout.contains("decompressed"), "{client:?}");
        assert!(
            server.finish().stdout.starts_with("GET / HTTP/1.0"),
            "{options:?}"
        );

        let (chain, key) = chain_and_key("ecdsa");
        let files = ["--certificate", &chain, "--key", &key];
        let (server, port) = boringssl_server(&[&files[..], options].concat());
        let client = client_of(&port);
        assert_eq!(client.code, Some(0), "{options:?}: {client:?}");
        let server = server.finish();
        assert!(!server.stdout.contains("compressed"), "{server:?}");
    }
}

/// Runs `rs2nc` with compression, and requests a page.
fn client_of(port: &str) -> crate::peers::Report {
    client(port, &ZLIB, input("GET / HTTP/1.0\r\n\r\n"))
}

#[test]
fn gnutls_compresses_in_both_roles() {
    let priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3";
    let (_server, port) = gnutls_server(priority, "rsa", &["--compress-cert", "ZLIB"]);
    let client = client_of(&port);
    assert_eq!(client.code, Some(0), "{client:?}");

    let ca = cert("ca.pem");
    let server = Server::start(&[&ZLIB[..], &["--echo"]].concat());
    let args = ["--x509cafile", &ca, "--port", &server.port];
    let args = [&args[..], &["--compress-cert", "ZLIB", "localhost"]].concat();
    let client = Process::spawn_with_input("gnutls-cli", &args, input("there and back\n")).finish();
    assert_eq!(client.code, Some(0), "{client:?}");
    assert!(client.stdout.contains("there and back"), "{client:?}");
    assert_eq!(server.finish().code, Some(0));
}

/// OpenSSL 3.0 does not support the extension.
#[test]
fn openssl_ignores_the_extension() {
    let (chain, key) = (cert("ecdsa.crt"), cert("ecdsa.key"));
    let intermediate = cert("intermediate.crt");
    let files = ["-cert", &chain, "-key", &key, "-cert_chain", &intermediate];
    let (_server, port) = openssl_server(&files);
    let client = client_of(&port);
    assert_eq!(client.code, Some(0), "{client:?}");
    assert!(client.stdout.contains("200 ok"), "{client:?}");
}

#[test]
fn the_tools_compress_with_each_other() {
    let server = Server::start_with_input(&[&ZLIB[..], &["--once"]].concat(), Stdio::null());
    let client = client(&server.port, &ZLIB, Stdio::null());
    assert_eq!(client.code, Some(0), "{client:?}");
    assert_eq!(server.finish().code, Some(0));
}
