//! The example client and server talk to other people's TLS: every version, key and cipher.

use std::fs::{self, File};
use std::process::{Command, Stdio};

#[path = "support/parties.rs"]
mod parties;
#[path = "support/peers.rs"]
mod peers;
mod support;

use parties::{Case, cases, client, report, serve};
use peers::{Process, Report, cert, certs, free_port};
use support::{root, scratch};

fn serve_case(case: &Case) -> (Process, String) {
    let (chain, key) = (
        cert(&format!("{}.pem", case.key)),
        cert(&format!("{}.key", case.key)),
    );
    serve(&["-c", EVERYTHING, "-C", &chain, "-K", &key])
}

/// A policy with both versions and all the ciphers.
const EVERYTHING: &str = "default_tls13";

/// Our client asks for a page, and gets one.
fn fetch(case: &Case, port: &str, name: &str) {
    let dir = scratch(&format!(
        "fetch-{name}-{}-{}-{}",
        case.tls13, case.key, case.cipher
    ));
    let (request, reply) = (dir.join("request"), dir.join("reply"));
    fs::write(&request, "GET / HTTP/1.0\r\n\r\n").expect("written");
    let (request, reply) = (request.display().to_string(), reply.display().to_string());
    let ca = cert("ca.pem");
    let args = [
        "-c",
        EVERYTHING,
        "-A",
        &ca,
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
    assert_eq!(ours.code, Some(0), "{case:?} {name}: {ours:?}");
    assert!(
        ours.stdout
            .contains(&format!("version: {}", case.version())),
        "{case:?}: {ours:?}"
    );
    assert!(
        ours.stdout.contains(&format!("cipher: {}\n", case.suite())),
        "{case:?}: {ours:?}"
    );
    let page = String::from_utf8_lossy(&fs::read(&reply).expect("a reply")).into_owned();
    assert!(page.starts_with("HTTP/1."), "{case:?} {name}: {page}");
}

/// What our server answers says what was agreed on.
fn check_page(case: &Case, peer: &Report, ours: Process, name: &str) {
    let ours = ours.finish();
    let page = &peer.stdout;
    assert!(
        page.contains(&format!("version: {}", case.version())),
        "{name} {case:?}: {peer:?} {ours:?}"
    );
    assert!(
        page.contains(&format!("cipher: {}", case.suite())),
        "{name} {case:?}: {peer:?} {ours:?}"
    );
}

#[test]
fn our_client_and_openssl_s_server() {
    for case in cases() {
        let chain = cert(&format!("{}.pem", case.key));
        let (leaf, key) = (
            cert(&format!("{}.crt", case.key)),
            cert(&format!("{}.key", case.key)),
        );
        let options = case.openssl();
        let mut args = vec![
            "s_server",
            "-accept",
            "127.0.0.1:0",
            "-www",
            "-naccept",
            "1",
        ];
        args.extend(["-cert", &leaf, "-key", &key, "-cert_chain", &chain]);
        args.extend(options.iter().map(String::as_str));
        let mut peer = Process::spawn("openssl", &args);
        let port = peer.wait_for("ACCEPT 127.0.0.1:");
        fetch(&case, &port, "openssl");
    }
}

#[test]
fn our_client_and_gnutls_serv() {
    for case in cases() {
        let (chain, key) = (
            cert(&format!("{}.pem", case.key)),
            cert(&format!("{}.key", case.key)),
        );
        let (port, priority) = (free_port(), case.gnutls());
        let args = [
            "-c",
            "exec \"$0\" \"$@\" 2>&1", // it reports on its standard error
            "gnutls-serv",
            "--http",
            "--port",
            &port,
            "--priority",
            &priority,
            "--x509certfile",
            &chain,
            "--x509keyfile",
            &key,
        ];
        let mut peer = Process::spawn("sh", &args);
        peer.wait_for("HTTP Server listening on IPv4");
        fetch(&case, &port, "gnutls");
    }
}

#[test]
fn our_client_and_python() {
    for case in cases() {
        let script = root().join("tests/peers/server.py").display().to_string();
        let version = if case.tls13 { "1.3" } else { "1.2" };
        let (chain, key) = (
            cert(&format!("{}.pem", case.key)),
            cert(&format!("{}.key", case.key)),
        );
        // Python cannot choose between the suites of TLS 1.3: OpenSSL's first is what it takes.
        if case.tls13 && case.cipher != "AES_256_GCM" {
            continue;
        }
        let mut peer = Process::spawn("python3", &[&script, version, &case.suite(), &chain, &key]);
        let port = peer.wait_for("port: ");
        fetch(&case, &port, "python");
    }
}

#[test]
fn our_server_and_openssl_s_client() {
    let dir = scratch("s_client");
    let request = dir.join("request");
    fs::write(&request, "GET / HTTP/1.0\r\n\r\n").expect("written");
    for case in cases() {
        let (ours, port) = serve_case(&case);
        let (ca, to, options) = (cert("ca.pem"), format!("127.0.0.1:{port}"), case.openssl());
        let mut args = vec![
            "s_client",
            "-connect",
            &to,
            "-CAfile",
            &ca,
            "-servername",
            "localhost",
        ];
        args.extend([
            "-verify_return_error",
            "-verify_hostname",
            "localhost",
            "-ign_eof",
            "-quiet",
        ]);
        args.extend(options.iter().map(String::as_str));
        let input = Stdio::from(File::open(&request).expect("readable"));
        let peer = Process::spawn_with_input("openssl", &args, input).finish();
        check_page(&case, &peer, ours, "s_client");
    }
}

#[test]
fn our_server_and_gnutls_cli() {
    let dir = scratch("gnutls-cli");
    let request = dir.join("request");
    fs::write(&request, "GET / HTTP/1.0\r\n\r\n").expect("written");
    for case in cases() {
        let (ours, port) = serve_case(&case);
        let (ca, priority) = (cert("ca.pem"), case.gnutls());
        let args = [
            "--port",
            &port,
            "--x509cafile",
            &ca,
            "--priority",
            &priority,
            "--no-ca-verification-off",
        ];
        let args = &args[..6];
        let args = [args, &["localhost"]].concat();
        let input = Stdio::from(File::open(&request).expect("readable"));
        let peer = Process::spawn_with_input("gnutls-cli", &args, input).finish();
        check_page(&case, &peer, ours, "gnutls-cli");
    }
}

#[test]
fn our_server_and_curl() {
    for case in cases() {
        let (ours, port) = serve_case(&case);
        let (ca, url) = (cert("ca.pem"), format!("https://localhost:{port}/"));
        let (version, option) = match case.tls13 {
            true => ("1.3", "--tls13-ciphers"),
            false => ("1.2", "--ciphers"),
        };
        let minimum = format!("--tlsv{version}");
        let suite = case.suite();
        let args = [
            "--silent",
            "--show-error",
            "--cacert",
            &ca,
            &minimum,
            "--tls-max",
            version,
            option,
            &suite,
            &url,
        ];
        let peer = report("curl", &args);
        assert_eq!(peer.code, Some(0), "{case:?}: {peer:?}");
        check_page(&case, &peer, ours, "curl");
    }
}

#[test]
fn our_server_and_python() {
    let script = root().join("tests/peers/client.py").display().to_string();
    for case in cases() {
        if case.tls13 && case.cipher != "AES_128_GCM" {
            continue; // ours to choose in TLS 1.3: the policy's first
        }
        let (ours, port) = serve_case(&case);
        let version = if case.tls13 { "1.3" } else { "1.2" };
        let ca = cert("ca.pem");
        let peer = report("python3", &[&script, version, &case.suite(), &ca, &port]);
        assert_eq!(peer.code, Some(0), "{case:?}: {peer:?}");
        check_page(&case, &peer, ours, "python");
    }
}

#[test]
fn files_go_both_ways_between_our_own() {
    let dir = scratch("exchange");
    let content: Vec<u8> = (0..5_000_000_u32).map(|at| (at % 251) as u8).collect();
    for name in ["up", "down"] {
        fs::write(dir.join(name), &content).expect("written");
    }
    let path = |name: &str| dir.join(name).display().to_string();
    let (chain, key, ca) = (cert("rsa.pem"), cert("rsa.key"), cert("ca.pem"));
    for policy in ["default_tls13", "ELBSecurityPolicy-TLS-1-2-2017-01"] {
        let (up, up_copy, down, down_copy) = (path("up"), path("up2"), path("down"), path("down2"));
        let (peer, port) = serve(&[
            "-c", policy, "-C", &chain, "-K", &key, "-x", "-r", &up_copy, "-s", &down,
        ]);
        let args = [
            "-c",
            policy,
            "-A",
            &ca,
            "-x",
            "-s",
            &up,
            "-r",
            &down_copy,
            "localhost",
            &port,
        ];
        let ours = report(&client(), &args);
        let peer = peer.finish();
        assert_eq!(
            (ours.code, peer.code),
            (Some(0), Some(0)),
            "{ours:?} {peer:?}"
        );
        for copy in [up_copy, down_copy] {
            assert!(fs::read(copy).expect("received") == content);
        }
    }
}

#[test]
fn the_peers_are_here() {
    assert!(certs().join("ca.pem").is_file());
    for (program, option) in [
        ("openssl", "version"),
        ("gnutls-cli", "--version"),
        ("curl", "--version"),
    ] {
        support::run(Command::new(program).arg(option));
    }
}
