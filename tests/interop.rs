//! The example client and server talk to other people's TLS.

use std::fs::{self, File};
use std::process::{Command, Stdio};

#[path = "support/peers.rs"]
mod peers;
mod support;

use peers::{Process, Report, cert, certs, example, free_port};
use support::{root, scratch};

#[derive(Clone, Copy, Debug)]
struct Case {
    tls13: bool,
    key: &'static str,
    cipher: &'static str,
}

/// Every version, kind of key, and cipher.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for tls13 in [true, false] {
        for key in ["ecdsa", "rsa"] {
            for cipher in ["AES_128_GCM", "AES_256_GCM", "CHACHA20_POLY1305"] {
                cases.push(Case { tls13, key, cipher });
            }
        }
    }
    cases
}

impl Case {
    fn version(&self) -> &'static str {
        if self.tls13 { "TLS 1.3" } else { "TLS 1.2" }
    }

    /// The suite as OpenSSL, and as s2n-tls for TLS 1.2, calls it.
    fn suite(&self) -> String {
        if self.tls13 {
            let hash = if self.cipher == "AES_256_GCM" {
                "SHA384"
            } else {
                "SHA256"
            };
            return format!("TLS_{}_{hash}", self.cipher);
        }
        let cipher = match self.cipher {
            "AES_128_GCM" => "AES128-GCM-SHA256",
            "AES_256_GCM" => "AES256-GCM-SHA384",
            _ => "CHACHA20-POLY1305",
        };
        format!("ECDHE-{}-{cipher}", self.key.to_uppercase())
    }

    /// Options of `openssl s_client` and `s_server`.
    fn openssl(&self) -> Vec<String> {
        let (version, option) = match self.tls13 {
            true => ("-tls1_3", "-ciphersuites"),
            false => ("-tls1_2", "-cipher"),
        };
        vec![version.into(), option.into(), self.suite()]
    }

    /// A priority string of GnuTLS.
    fn gnutls(&self) -> String {
        let version = if self.tls13 { "1.3" } else { "1.2" };
        let cipher = self.cipher.replace('_', "-");
        format!("NORMAL:-VERS-ALL:+VERS-TLS{version}:-CIPHER-ALL:+{cipher}")
    }
}

fn client() -> String {
    static CLIENT: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    CLIENT
        .get_or_init(|| example("client", "cc").display().to_string())
        .clone()
}

fn server() -> String {
    static SERVER: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    SERVER
        .get_or_init(|| example("server", "cc").display().to_string())
        .clone()
}

/// Runs a program to its end.
fn report(program: &str, args: &[&str]) -> Report {
    Process::spawn(program, args).finish()
}

/// Our server for one connection, and its port.
fn serve(args: &[&str]) -> (Process, String) {
    let args = [&["-N", "1", "-b", "0"], args].concat();
    let mut process = Process::spawn(&server(), &args);
    let port = process.wait_for("port: ");
    (process, port)
}

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

/// Who our client talks to.
const SERVERS: [&str; 3] = ["openssl", "gnutls", "python"];

/// Another library's server with this certificate, and its port. With `ca` it wants to see a
/// certificate of that authority.
fn other_server(peer: &str, name: &str, tls13: bool, ca: Option<&str>) -> (Process, String) {
    let (chain, key) = (cert(&format!("{name}.pem")), cert(&format!("{name}.key")));
    let case = Case {
        tls13,
        key: "ecdsa",
        cipher: "AES_256_GCM",
    };
    match peer {
        "openssl" => {
            let options = leaf(name);
            let mut args = vec![
                "s_server",
                "-accept",
                "127.0.0.1:0",
                "-www",
                "-naccept",
                "1",
            ];
            args.extend(strs(&options));
            args.push(if tls13 { "-tls1_3" } else { "-tls1_2" });
            if let Some(ca) = ca {
                args.extend(["-Verify", "3", "-verify_return_error", "-CAfile", ca]);
            }
            let mut server = Process::spawn("openssl", &args);
            let port = server.wait_for("ACCEPT 127.0.0.1:");
            (server, port)
        }
        "gnutls" => {
            let (port, priority) = (free_port(), case.gnutls());
            let mut args = vec![
                "-c",
                "exec \"$0\" \"$@\" 2>&1",
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
            if let Some(ca) = ca {
                args.extend([
                    "--require-client-cert",
                    "--verify-client-cert",
                    "--x509cafile",
                    ca,
                ]);
            }
            let mut server = Process::spawn("sh", &args);
            server.wait_for("HTTP Server listening on IPv4");
            (server, port)
        }
        _ => {
            let script = root().join("tests/peers/server.py").display().to_string();
            let version = if tls13 { "1.3" } else { "1.2" };
            let suite = case.suite();
            let mut args = vec![script.as_str(), version, &suite, &chain, &key];
            args.extend(ca);
            let mut server = Process::spawn("python3", &args);
            let port = server.wait_for("port: ");
            (server, port)
        }
    }
}

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
    let mut args = vec![
        "s_server",
        "-accept",
        "127.0.0.1:0",
        "-www",
        "-naccept",
        "1",
    ];
    args.extend(server);
    let mut peer = Process::spawn("openssl", &args);
    let port = peer.wait_for("ACCEPT 127.0.0.1:");
    let args = [&["-b", "0"], client_args, &["localhost", port.as_str()]].concat();
    report(&client(), &args)
}

fn leaf(name: &str) -> Vec<String> {
    let (crt, key, chain) = (
        format!("{name}.crt"),
        format!("{name}.key"),
        format!("{name}.pem"),
    );
    let options = [
        "-cert",
        &cert(&crt),
        "-key",
        &cert(&key),
        "-cert_chain",
        &cert(&chain),
    ];
    options.map(str::to_owned).to_vec()
}

fn strs(strings: &[String]) -> Vec<&str> {
    strings.iter().map(String::as_str).collect()
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
