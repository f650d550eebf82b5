//! Interoperability of the example client and server with other TLS libraries: all combinations of
//! version, key type and cipher.

use std::fs;
use std::process::Command;

#[path = "support/boringssl.rs"]
mod boringssl;
#[path = "support/parties.rs"]
mod parties;
#[path = "support/peers.rs"]
mod peers;
mod support;

use boringssl::{boringssl_client, boringssl_server};
use parties::{
    Case, cases, client, fetch, gnutls_server, leaf, openssl_server, python_server, report,
    request, serve, strs,
};
use peers::{Process, Report, cert, certs, chain_and_key};
use support::{root, scratch};

/// A policy with both versions and all ciphers.
const EVERYTHING: &str = "default_tls13";

/// Checks that the example client negotiates the parameters of the case, and receives a page.
fn check_client(case: &Case, port: &str, peer: &str) {
    let options = ["-c", EVERYTHING, "-A", &cert("ca.pem")];
    let (client, page) = fetch(&options, port);
    assert_eq!(client.code, Some(0), "{case:?} {peer}: {client:?}");
    for line in [
        format!("version: {}", case.version()),
        format!("cipher: {}\n", case.suite()),
    ] {
        assert!(client.stdout.contains(&line), "{case:?} {peer}: {client:?}");
    }
    assert!(page.starts_with("HTTP/1."), "{case:?} {peer}: {page}");
}

#[test]
fn client_connects_to_openssl_s_server() {
    for case in cases() {
        let options = [leaf(case.key), case.openssl()].concat();
        let (_server, port) = openssl_server(&strs(&options));
        check_client(&case, &port, "openssl");
    }
}

#[test]
fn client_connects_to_gnutls_serv() {
    for case in cases() {
        let (_server, port) = gnutls_server(&case.gnutls(), case.key, &[]);
        check_client(&case, &port, "gnutls");
    }
}

#[test]
fn client_connects_to_python() {
    for case in cases() {
        // Python cannot configure the cipher suites of TLS 1.3: it negotiates OpenSSL's first.
        if case.tls13 && case.cipher != "AES_256_GCM" {
            continue;
        }
        let (_server, port) = python_server(&case, case.key, None);
        check_client(&case, &port, "python");
    }
}

/// BoringSSL has no option for the cipher suites of TLS 1.3.
fn boringssl_cases() -> impl Iterator<Item = Case> {
    let cases = cases().into_iter();
    cases.filter(|case| case.cipher == "AES_128_GCM")
}

/// The options of the peer on BoringSSL for a case, without certificates.
fn boringssl_options(case: &Case) -> [&'static str; 2] {
    ["--tls", if case.tls13 { "1.3" } else { "1.2" }]
}

#[test]
fn client_connects_to_boringssl() {
    for case in boringssl_cases() {
        let (chain, key) = chain_and_key(case.key);
        let files = ["--certificate", &chain, "--key", &key];
        let (server, port) = boringssl_server(&[&files[..], &boringssl_options(&case)].concat());
        check_client(&case, &port, "boringssl");
        let server = server.finish();
        assert_eq!(server.code, Some(0), "{case:?}: {server:?}");
    }
}

/// Starts the example server with the key of the case.
fn serve_case(case: &Case) -> (Process, String) {
    let (chain, key) = chain_and_key(case.key);
    serve(&["-c", EVERYTHING, "-C", &chain, "-K", &key])
}

/// Checks the page that a client received: the example server writes what was negotiated.
fn check_page(case: &Case, client: &Report, server: Process, peer: &str) {
    let server = server.finish();
    for line in [
        format!("version: {}", case.version()),
        format!("cipher: {}", case.suite()),
    ] {
        let received = client.stdout.contains(&line);
        assert!(received, "{peer} {case:?}: {client:?} {server:?}");
    }
}

#[test]
fn server_accepts_openssl_s_client() {
    for case in cases() {
        let (server, port) = serve_case(&case);
        let (ca, to, options) = (cert("ca.pem"), format!("127.0.0.1:{port}"), case.openssl());
        let mut args = vec!["s_client", "-connect", &to, "-CAfile", &ca];
        args.extend(["-servername", "localhost", "-verify_hostname", "localhost"]);
        args.extend(["-verify_return_error", "-ign_eof", "-quiet"]);
        args.extend(strs(&options));
        let client = Process::spawn_with_input("openssl", &args, request()).finish();
        check_page(&case, &client, server, "s_client");
    }
}

#[test]
fn server_accepts_gnutls_cli() {
    for case in cases() {
        let (server, port) = serve_case(&case);
        let (ca, priority) = (cert("ca.pem"), case.gnutls());
        let mut args = vec!["--port", &port, "--x509cafile", &ca];
        args.extend(["--priority", &priority, "localhost"]);
        let client = Process::spawn_with_input("gnutls-cli", &args, request()).finish();
        check_page(&case, &client, server, "gnutls-cli");
    }
}

#[test]
fn server_accepts_curl() {
    for case in cases() {
        let (server, port) = serve_case(&case);
        let (ca, url) = (cert("ca.pem"), format!("https://localhost:{port}/"));
        let (version, option) = match case.tls13 {
            true => ("1.3", "--tls13-ciphers"),
            false => ("1.2", "--ciphers"),
        };
        let (minimum, suite) = (format!("--tlsv{version}"), case.suite());
        let mut args = vec!["--silent", "--show-error", "--cacert", &ca, &minimum];
        args.extend(["--tls-max", version, option, &suite, &url]);
        let client = report("curl", &args);
        assert_eq!(client.code, Some(0), "{case:?}: {client:?}");
        check_page(&case, &client, server, "curl");
    }
}

#[test]
fn server_accepts_boringssl() {
    for case in boringssl_cases() {
        let (server, port) = serve_case(&case);
        let ca = cert("ca.pem");
        let options = [&["--ca", &ca][..], &boringssl_options(&case)].concat();
        let client = boringssl_client(&port, &options);
        assert_eq!(client.code, Some(0), "{case:?}: {client:?}");
        check_page(&case, &client, server, "boringssl");
    }
}

#[test]
fn server_accepts_python() {
    let script = root().join("tests/peers/client.py").display().to_string();
    for case in cases() {
        if case.tls13 && case.cipher != "AES_128_GCM" {
            continue; // In TLS 1.3 the server negotiates the first suite of its policy.
        }
        let (server, port) = serve_case(&case);
        let version = if case.tls13 { "1.3" } else { "1.2" };
        let ca = cert("ca.pem");
        let client = report("python3", &[&script, version, &case.suite(), &ca, &port]);
        assert_eq!(client.code, Some(0), "{case:?}: {client:?}");
        check_page(&case, &client, server, "python");
    }
}

#[test]
fn client_and_server_exchange_files() {
    let dir = scratch("exchange");
    let content: Vec<u8> = (0..5_000_000_u32).map(|at| (at % 251) as u8).collect();
    for name in ["up", "down"] {
        fs::write(dir.join(name), &content).expect("the scratch folder is writable");
    }
    let path = |name: &str| dir.join(name).display().to_string();
    let (chain, key) = chain_and_key("rsa");
    let ca = cert("ca.pem");
    for policy in ["default_tls13", "ELBSecurityPolicy-TLS-1-2-2017-01"] {
        let (up, up_copy, down, down_copy) = (path("up"), path("up2"), path("down"), path("down2"));
        let (server, port) = serve(&[
            "-c", policy, "-C", &chain, "-K", &key, "-x", "-r", &up_copy, "-s", &down,
        ]);
        let mut args = vec!["-c", policy, "-A", &ca, "-x", "-s", &up, "-r", &down_copy];
        args.extend(["localhost", &port]);
        let client = report(&client(), &args);
        let server = server.finish();
        assert_eq!(
            (client.code, server.code),
            (Some(0), Some(0)),
            "{client:?} {server:?}"
        );
        for copy in [up_copy, down_copy] {
            assert!(fs::read(copy).expect("a copy was written") == content);
        }
    }
}

#[test]
fn peer_programs_are_installed() {
    assert!(certs().join("ca.pem").is_file());
    for (program, option) in [
        ("openssl", "version"),
        ("gnutls-cli", "--version"),
        ("curl", "--version"),
    ] {
        support::run(Command::new(program).arg(option));
    }
}
