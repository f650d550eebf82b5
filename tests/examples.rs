//! Tests of the examples: each compiles with gcc and with clang, and runs as its first comment describes.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

#[path = "support/parties.rs"]
mod parties;
#[path = "support/peers.rs"]
mod peers;
mod support;

use parties::{SERVERS, other_server};
use peers::{Process, Report, cert, chain_and_key, example, installed};
use support::{root, run, run_and_check_memory, scratch, under_valgrind};

const COMPILERS: [&str; 2] = ["gcc", "clang"];
const TLS12: &str = "ELBSecurityPolicy-TLS-1-2-2017-01";
const TLS13: &str = "default_tls13";

/// Runs an example that contains both endpoints of a connection, built by each compiler.
fn run_with_each_compiler(name: &str, args: &[&str]) -> Vec<Report> {
    let reports = COMPILERS.map(|compiler| {
        let program = example(name, compiler).display().to_string();
        let report = Process::spawn(&program, args).finish();
        assert_eq!(report.code, Some(0), "{name}, {compiler}: {report:?}");
        report
    });
    reports.into()
}

#[test]
fn memory_pair_needs_no_socket() {
    let (ca, (chain, key)) = (cert("ca.pem"), chain_and_key("ecdsa"));
    for (policy, cipher) in [(TLS13, "TLS_AES_"), (TLS12, "ECDHE-ECDSA-")] {
        for report in run_with_each_compiler("memory_pair", &[policy, &ca, &chain, &key]) {
            assert!(
                report.stdout.starts_with(&format!("cipher: {cipher}")),
                "{report:?}"
            );
            assert!(
                report.stdout.contains("bytes each way: 100000\n"),
                "{report:?}"
            );
        }
    }
}

#[test]
fn memory_pair_has_no_leak() {
    let program = example("memory_pair", "cc");
    let (ca, (chain, key)) = (cert("ca.pem"), chain_and_key("rsa"));
    for policy in [TLS13, TLS12] {
        run_and_check_memory(&program, &[policy, &ca, &chain, &key]);
    }
}

#[test]
fn duplex_sends_while_it_receives() {
    let (ca, (chain, key)) = (cert("ca.pem"), chain_and_key("ecdsa"));
    for report in run_with_each_compiler("duplex", &[&ca, &chain, &key, "20"]) {
        assert_eq!(report.stdout, "bytes each way: 20000000\n");
    }
}

#[test]
fn half_close_receives_the_response() {
    let (ca, (chain, key)) = (cert("ca.pem"), chain_and_key("ecdsa"));
    for report in run_with_each_compiler("half_close", &[&ca, &chain, &key]) {
        assert_eq!(report.stdout, "you asked: how? why?\n");
    }
}

#[test]
fn received_data_that_cannot_be_written_is_an_error() {
    let [half_close, psk, mutual_tls] =
        ["half_close", "psk", "mutual_tls"].map(|name| example(name, "gcc").display().to_string());
    let (ca, (chain, key)) = (cert("ca.pem"), chain_and_key("ecdsa"));
    let (client_chain, client_key) = chain_and_key("client");
    let secret = scratch("examples-full").join("key");
    fs::write(&secret, format!("sensor-1:{}\n", "ab".repeat(32))).expect("writable");
    let secret = secret.display().to_string();

    let report = run_with_full_output(&[&half_close, &ca, &chain, &key]);
    assert_eq!(report, (Some(1), NO_SPACE.to_owned()));

    let args = ["server", "-b", "0", "-N", "1", &secret];
    let mut server = Process::spawn(&psk, &args);
    let port = server.wait_for("port: ");
    let client = ["client", "-b", "0", &secret, "localhost", &port];
    let report = run_with_full_output(&[&[psk.as_str()], &client[..]].concat());
    assert_eq!(report, (Some(5), NO_SPACE.to_owned()));
    assert_eq!(server.finish().code, Some(0));

    let server = ["server", "-b", "0", &ca, &chain, &key, "www.rs2n.test"];
    let mut server = Process::spawn(&mutual_tls, &server);
    let port = server.wait_for("port: ");
    let own = [ca.as_str(), &client_chain, &client_key, "localhost", &port];
    let client = [&[mutual_tls.as_str(), "client", "-b", "0"], &own[..]].concat();
    assert_eq!(
        run_with_full_output(&client),
        (Some(5), NO_SPACE.to_owned())
    );
    server.terminate();
}

const NO_SPACE: &str = "standard output: No space left on device\n";

/// Runs a program whose standard output is full. Returns its exit code, and its standard error.
fn run_with_full_output(program: &[&str]) -> (Option<i32>, String) {
    let shell = ["-c", "exec \"$0\" \"$@\" >/dev/full"];
    let report = Process::spawn("sh", &[&shell[..], program].concat()).finish();
    (report.code, report.stderr)
}

#[test]
fn sendv_continues_after_partial_sends() {
    let (ca, (chain, key)) = (cert("ca.pem"), chain_and_key("ecdsa"));
    for report in run_with_each_compiler("sendv", &[&ca, &chain, &key]) {
        let line = |start: &str| {
            let rest = report.stdout.lines().find_map(|at| at.strip_prefix(start));
            rest.unwrap_or_else(|| panic!("{start}{report:?}"))
                .to_owned()
        };
        assert_eq!(line("sent: "), line("received: "), "{report:?}");
        assert!(
            !report.stderr.contains("partial sends: 0\n"),
            "the socket buffer was never full: {report:?}"
        );
    }
}

/// Kernel TLS itself is tested in tests/ktls: here the kernel may have none, and the file is sent
/// all the same.
#[test]
fn file_server_sends_a_file_with_and_without_kernel_tls() {
    let (ca, (chain, key)) = (cert("ca.pem"), chain_and_key("ecdsa"));
    let dir = scratch("file-server");
    let (file, received) = (dir.join("file"), dir.join("received"));
    let content: Vec<u8> = (0..1_000_000_u32).map(|at| (at % 251) as u8).collect();
    fs::write(&file, &content).expect("the scratch folder is writable");
    for compiler in COMPILERS {
        let server = example("file_server", compiler).display().to_string();
        let args = [&chain, &key, file.to_str().expect("UTF-8"), "2"];
        let mut server = Process::spawn(&server, &args);
        let port = server.wait_for("port: ");
        for policy in [TLS13, TLS12] {
            let client = example("client", compiler).display().to_string();
            let output = received.to_str().expect("UTF-8");
            let args = ["-c", policy, "-A", &ca, "-r", output, "localhost", &port];
            let client = Process::spawn(&client, &args).finish();
            assert_eq!(client.code, Some(0), "{client:?}");
            assert_eq!(fs::read(&received).expect("received"), content);
        }
        let report = server.finish();
        assert_eq!(report.code, Some(0), "{report:?}");
        assert_eq!(
            report.stdout.matches("sent: 1000000 bytes with").count(),
            2,
            "{report:?}"
        );
    }
}

#[test]
fn client_and_server_print_a_report() {
    let (ca, (chain, key)) = (cert("ca.pem"), chain_and_key("ecdsa"));
    let file = scratch("report").join("file");
    fs::write(&file, [7; 100_000]).expect("the scratch folder is writable");
    let file = file.display().to_string();
    for (server, client) in [("gcc", "clang"), ("clang", "gcc")] {
        let server = example("server", server).display().to_string();
        let client = example("client", client).display().to_string();
        for (policy, version) in [(TLS13, "TLS 1.3"), (TLS12, "TLS 1.2")] {
            let args = ["-N", "1", "-c", policy, "-C", &chain, "-K", &key, "-e"];
            let mut server = Process::spawn(&server, &args);
            let port = server.wait_for("port: ");
            let args = ["-A", &ca, "-s", &file, "-r", "/dev/null", "-x"];
            let args = [&args[..], &["localhost", &port]].concat();
            let client = Process::spawn(&client, &args).finish();
            let server = server.finish();
            assert_eq!(
                (client.code, server.code),
                (Some(0), Some(0)),
                "{client:?} {server:?}"
            );
            // The server also echoes the 8 bytes of the file's length.
            for (report, len) in [(client, 100_000), (server, 100_008)] {
                let has = |line: String| report.stdout.contains(&line);
                assert!(has(format!("version: {version}\n")), "{report:?}");
                for name in ["cipher", "group", "alpn", "seconds", "GB/s"] {
                    assert!(has(format!("\n{name}: ")), "{report:?}");
                }
                for name in ["bytes sent", "bytes received"] {
                    assert!(has(format!("\n{name}: {len}\n")), "{report:?}");
                }
            }
        }
    }
}

/// The policies of an administrator apply to programs that know nothing of them.
#[test]
fn the_file_of_policies_applies_to_an_unmodified_client() {
    let (ca, (chain, key)) = (cert("ca.pem"), chain_and_key("ecdsa"));
    let dir = scratch("policies");
    let (file, request) = (dir.join("policies"), dir.join("request"));
    fs::write(&request, "x").expect("the scratch folder is writable");
    let variable = format!("RS2N_SECURITY_POLICIES={}", file.display());
    let request = request.display().to_string();
    let program = example("client", "cc").display().to_string();
    let client = |port: &str| {
        let args = [
            &variable,
            &program,
            "-A",
            &ca,
            "-s",
            &request,
            "-r",
            "/dev/null",
            "-x",
        ];
        Process::spawn("env", &[&args[..], &["localhost", port]].concat()).finish()
    };

    let policy = "policy custom:own; base default; suites TLS_AES_256_GCM_SHA384\n";
    fs::write(&file, format!("{policy}replace default custom:own")).expect("it is writable");
    let server = example("server", "cc").display().to_string();
    let args = [
        "-N",
        "1",
        "-c",
        "default_tls13",
        "-C",
        &chain,
        "-K",
        &key,
        "-e",
    ];
    let mut server = Process::spawn(&server, &args);
    let report = client(&server.wait_for("port: "));
    assert_eq!(report.code, Some(0), "{report:?}");
    assert!(
        report.stdout.contains("cipher: TLS_AES_256_GCM_SHA384\n"),
        "{report:?}"
    );
    let server = server.finish();
    assert_eq!(server.code, Some(0), "{server:?}");

    fs::write(&file, format!("{policy}replace defualt custom:own")).expect("it is writable");
    let report = client("1");
    assert_ne!(report.code, Some(0), "{report:?}");
    let problem = "policies: line 2, \"defualt\": no policy of s2n-tls has this name";
    assert!(report.stderr.contains(problem), "{report:?}");
}

/// Concurrent clients send more than any buffer holds, while the error of another one is blinded.
#[test]
fn echo_server_serves_concurrent_clients() {
    const LEN: usize = 2_000_000;
    let (ca, (chain, key)) = (cert("ca.pem"), chain_and_key("ecdsa"));
    for compiler in COMPILERS {
        let program = example("echo_server", compiler).display().to_string();
        let mut server = Process::spawn(&program, &["0", &chain, &key]);
        let address = format!("127.0.0.1:{}", server.wait_for("port: "));

        let mut blinded = TcpStream::connect(&address).expect("the server listens");
        blinded
            .write_all(b"this is not a ClientHello\r\n")
            .expect("the server receives");

        let dir = scratch(&format!("echo-{compiler}"));
        let clients: Vec<_> = (1..=8_usize)
            .map(|number| {
                let content: Vec<u8> = (0..LEN).map(|at| (at / number % 253) as u8).collect();
                let path = dir.join(number.to_string());
                fs::write(&path, &content).expect("the scratch folder is writable");
                let input = Stdio::from(File::open(&path).expect("the file is readable"));
                let args = ["s_client", "-connect", &address, "-CAfile", &ca];
                let args = [&args[..], &["-verify_return_error", "-quiet", "-nbio"]].concat();
                let client = Process::spawn_with_input("openssl", &args, input);
                (client, content)
            })
            .collect();
        for (at, (mut client, content)) in clients.into_iter().enumerate() {
            assert!(client.read(LEN) == content, "the echo differs");
            if at == 0 {
                // Blinding delays the close for ten seconds at least.
                blinded.set_nonblocking(true).expect("the socket is open");
                let error = blinded
                    .read(&mut [0; 100])
                    .expect_err("the connection is open and silent");
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
            }
        }
    }
}

/// Concurrent handshakes wait for signatures of one thread, which has the key.
#[test]
fn async_key_signs_on_another_thread() {
    let ca = cert("ca.pem");
    for (compiler, name) in COMPILERS.into_iter().zip(["ecdsa", "rsa"]) {
        let program = example("async_key", compiler);
        let (chain, key) = chain_and_key(name);
        let mut server = match name {
            "ecdsa" => under_valgrind(&program),
            _ => Command::new(&program),
        };
        let server = server.args(["0", &chain, &key, "8"]);
        let text = |part: &OsStr| part.to_str().expect("the argument is UTF-8").to_owned();
        let program = text(server.get_program());
        let args: Vec<_> = server.get_args().map(text).collect();
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        let mut server = Process::spawn(&program, &args);
        let address = format!("127.0.0.1:{}", server.wait_for("port: "));
        let clients: Vec<_> = (0..8)
            .map(|at| {
                let version = if at % 2 == 0 { "-tls1_2" } else { "-tls1_3" };
                let args = ["s_client", "-connect", &address, "-CAfile", &ca, version];
                let args = [&args[..], &["-verify_return_error", "-quiet"]].concat();
                Process::spawn("openssl", &args)
            })
            .collect();
        for client in clients {
            let report = client.finish();
            assert_eq!(report.stdout, "signed in another thread\n", "{report:?}");
        }
        let report = server.finish();
        assert_eq!(report.code, Some(0), "{report:?}");
    }
}

/// The examples with an event loop that sends standard input and prints what it receives.
const LOOPS: [&str; 3] = ["gnutls_loop", "openssl_loop", "rustls_loop"];

/// Writes a file, and returns it as the standard input of a process.
fn input(path: &Path, content: &[u8]) -> Stdio {
    fs::write(path, content).expect("the scratch folder is writable");
    Stdio::from(File::open(path).expect("the file is readable"))
}

#[test]
fn loops_fetch_a_page() {
    let ca = cert("ca.pem");
    let request = scratch("loops-request").join("request");
    for (name, compiler) in LOOPS.into_iter().zip(COMPILERS.into_iter().cycle()) {
        let program = example(name, compiler).display().to_string();
        for peer in SERVERS {
            for tls13 in [true, false] {
                let (_server, port) = other_server(peer, "ecdsa", tls13, None);
                let input = input(&request, b"GET / HTTP/1.0\r\n\r\n");
                let args = ["localhost", &port, &ca];
                let report = Process::spawn_with_input(&program, &args, input).finish();
                let case = format!("{name}, {peer}, TLS 1.3: {tls13}: {report:?}");
                assert_eq!(report.code, Some(0), "{case}");
                assert!(report.stdout.starts_with("HTTP/1.0 200"), "{case}");
            }
        }
    }
}

/// More than any buffer holds is sent and received at once, and nothing is lost at the end.
#[test]
fn loops_send_while_they_receive() {
    const LEN: usize = 2_000_000;
    let (ca, (chain, key)) = (cert("ca.pem"), chain_and_key("rsa"));
    let server = example("echo_server", "cc").display().to_string();
    let mut server = Process::spawn(&server, &["0", &chain, &key]);
    let port = server.wait_for("port: ");
    let content: Vec<u8> = (0..LEN).map(|at| (at % 251) as u8).collect();
    let path = scratch("loops-content").join("content");
    for (name, compiler) in LOOPS.into_iter().zip(["clang", "gcc", "clang"]) {
        let program = example(name, compiler).display().to_string();
        let input = input(&path, &content);
        let args = ["localhost", &port, &ca];
        let mut client = Process::spawn_with_input(&program, &args, input);
        assert!(client.read(LEN) == content, "{name}: the echo differs");
        let report = client.finish();
        assert_eq!(report.code, Some(0), "{name}: {report:?}");
        assert_eq!(report.stdout, "", "{name}: received more than was sent");
    }
}

#[test]
fn loops_have_no_leak() {
    let (chain, key) = chain_and_key("ecdsa");
    let server = example("echo_server", "cc").display().to_string();
    let mut server = Process::spawn(&server, &["0", &chain, &key]);
    let port = server.wait_for("port: ");
    for name in LOOPS {
        let report = loop_under_valgrind(name, &port);
        assert_eq!(report.code, Some(0), "{name}: {report:?}");
        assert_eq!(report.stdout, "hello\n", "{name}: {report:?}");
    }
}

fn port_of(listener: &TcpListener) -> String {
    let address = listener.local_addr().expect("the socket is bound");
    address.port().to_string()
}

/// The end of the stream without a close_notify alert is an error.
#[test]
fn loops_report_truncation() {
    for name in LOOPS {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = port_of(&listener);
        let server = thread::spawn(move || {
            let (mut client, _) = listener.accept().expect("a client connects");
            client
                .shutdown(Shutdown::Write)
                .expect("the socket is connected");
            io::copy(&mut client, &mut io::sink()).expect("the file is readable")
        });
        let report = loop_under_valgrind(name, &port);
        assert_eq!(report.code, Some(4), "{name}: {report:?}");
        assert!(
            report
                .stderr
                .starts_with("handshake: connection is closed (S2N_ERR_CLOSED: "),
            "{name}: {report:?}"
        );
        assert!(
            server.join().expect("the thread does not panic") > 0,
            "no ClientHello was received"
        );
    }
}

/// Runs an event loop under valgrind, which sends a line to the server on this port.
fn loop_under_valgrind(name: &str, port: &str) -> Report {
    let mut valgrind = under_valgrind(&example(name, "cc"));
    valgrind.args(["localhost", port, &cert("ca.pem")]);
    let program = valgrind
        .get_program()
        .to_str()
        .expect("the argument is UTF-8");
    let args = valgrind
        .get_args()
        .map(|arg| arg.to_str().expect("the argument is UTF-8"));
    let args: Vec<_> = args.collect();
    let line = scratch(&format!("loop-{name}-{port}")).join("line");
    Process::spawn_with_input(program, &args, input(&line, b"hello\n")).finish()
}

/// Each kind of failure has its own exit code.
#[test]
fn client_reports_its_errors() {
    let client = example("client", "cc").display().to_string();
    let ca = cert("ca.pem");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = port_of(&listener);
    drop(listener);
    let cases = [
        (vec!["localhost"], 2, "usage: "),
        (
            vec!["-c", "no such policy", "localhost", &port],
            2,
            "S2N_ERR_INVALID_SECURITY_POLICY",
        ),
        (vec!["-A", &ca, "localhost", &port], 3, "cannot connect"),
    ];
    for (args, code, text) in cases {
        let report = Process::spawn(&client, &args).finish();
        assert_eq!(report.code, Some(code), "{args:?}: {report:?}");
        assert!(report.stderr.contains(text), "{args:?}: {report:?}");
    }
}

/// The C++ example, built by each compiler, fetches a page, and reports the error if it cannot.
#[test]
fn cpp_fetches_a_page() {
    let (ca, other) = (cert("ca.pem"), cert("other-ca.pem"));
    for compiler in ["g++", "clang++"] {
        let program = scratch(&format!("cpp-{compiler}")).join("fetch");
        let lib = installed().join("lib").display().to_string();
        run(Command::new(compiler)
            .args([
                "-std=c++17",
                "-O1",
                "-g",
                "-Wall",
                "-Wextra",
                "-Wpedantic",
                "-Werror",
                "-I",
            ])
            .arg(installed().join("include"))
            .arg(root().join("examples-cpp/fetch.cpp"))
            .arg("-o")
            .arg(&program)
            .args(["-L", &lib, "-ls2n", &format!("-Wl,-rpath,{lib}")]));
        let program = program.display().to_string();
        for peer in SERVERS {
            let (_server, port) = other_server(peer, "ecdsa", true, None);
            let report = Process::spawn(&program, &["localhost", &port, &ca]).finish();
            assert_eq!(report.code, Some(0), "{compiler}, {peer}: {report:?}");
            assert!(report.stdout.starts_with("HTTP/1.0 200"), "{report:?}");
        }
        let (_server, port) = other_server("openssl", "ecdsa", true, None);
        let report = Process::spawn(&program, &["localhost", &port, &other]).finish();
        assert_eq!(report.code, Some(1), "{compiler}: {report:?}");
        let error = "handshake: Certificate is untrusted (S2N_ERR_CERT_UNTRUSTED: ";
        assert!(report.stderr.starts_with(error), "{report:?}");
    }
}

/// Starts the Python example with the installed library.
fn python(args: &[&str]) -> Process {
    run_script("examples-python/https_get.py", args)
}

fn run_script(script: &str, args: &[&str]) -> Process {
    let path = format!("LD_LIBRARY_PATH={}/lib", installed().display());
    let modules = format!("PYTHONPATH={}/examples-python", root().display());
    let script = root().join(script).display().to_string();
    let python = [path.as_str(), &modules, "python3", "-B", &script];
    Process::spawn("env", &[&python, args].concat())
}

#[test]
fn python_example_waits_as_its_socket_does() {
    let certs = peers::certs().display().to_string();
    let report = run_script("tests/python/sockets.py", &[&certs]).finish();
    assert_eq!(report.code, Some(0), "{report:?}");
    assert_eq!(report.stderr, "");
}

/// A server that accepts the connection and does not respond.
#[test]
fn python_example_honours_its_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = port_of(&listener);
    let url = format!("https://localhost:{port}/");
    let report = python(&["--timeout", "0.1", &url]).finish();
    assert_eq!(report.code, Some(1), "{report:?}");
    assert_eq!(report.stderr, "the TLS connection timed out\n");
}

#[test]
fn python_example_fetches_a_page_from_itself() {
    let (ca, (chain, key)) = (cert("ca.pem"), chain_and_key("ecdsa"));
    let report = python(&["--demo", &chain, &key, "--ca", &ca]).finish();
    assert_eq!(report.code, Some(0), "{report:?}");
    assert!(
        report.stdout.starts_with("version: TLS 1.3\n"),
        "{report:?}"
    );
}

#[test]
fn python_example_fetches_a_page_from_the_ssl_module() {
    let (ca, (chain, key)) = (cert("ca.pem"), chain_and_key("rsa"));
    let script = root().join("tests/peers/server.py").display().to_string();
    for (version, suite) in [
        ("1.3", "TLS_AES_256_GCM_SHA384"),
        ("1.2", "ECDHE-RSA-AES128-GCM-SHA256"),
    ] {
        let mut server = Process::spawn("python3", &[&script, version, suite, &chain, &key]);
        let port = server.wait_for("port: ");
        let report = python(&["--ca", &ca, &format!("https://localhost:{port}/")]).finish();
        let server = server.finish();
        assert_eq!(
            (report.code, server.code),
            (Some(0), Some(0)),
            "{report:?} {server:?}"
        );
        assert_eq!(report.stdout, "hello\n");
    }
}

#[test]
fn python_example_accepts_the_ssl_module() {
    let (ca, (chain, key)) = (cert("ca.pem"), chain_and_key("ecdsa"));
    let script = root().join("tests/peers/client.py").display().to_string();
    for (version, suite) in [
        ("1.3", "TLS_AES_128_GCM_SHA256"),
        ("1.2", "ECDHE-ECDSA-AES128-GCM-SHA256"),
    ] {
        let mut server = python(&["--serve", &chain, &key]);
        let port = server.wait_for("port: ");
        let client = Process::spawn("python3", &[&script, version, suite, &ca, &port]).finish();
        let server = server.finish();
        assert_eq!(
            (client.code, server.code),
            (Some(0), Some(0)),
            "{client:?} {server:?}"
        );
        assert!(
            client.stdout.contains(&format!("version: TLS {version}\n")),
            "{client:?}"
        );
    }
}

#[test]
fn python_example_reports_the_error() {
    let (chain, key) = chain_and_key("client");
    let (ca, other) = (cert("ca.pem"), cert("other-ca.pem"));
    for (trusted, error) in [
        (other, "S2N_ERR_CERT_UNTRUSTED"),
        (ca, "S2N_ERR_CERT_INTENT_INVALID"),
    ] {
        let mut server = python(&["--max-delay", "0", "--serve", &chain, &key]);
        let url = format!("https://localhost:{}/", server.wait_for("port: "));
        let report = python(&["--max-delay", "0", "--ca", &trusted, &url]).finish();
        let server = server.finish();
        assert_eq!(
            (report.code, server.code),
            (Some(1), Some(1)),
            "{report:?} {server:?}"
        );
        let name = format!("({error}: ");
        assert!(report.stderr.contains(&name), "{report:?}");
        assert!(server.stderr.contains("(S2N_ERR_ALERT: "), "{server:?}");
    }
}
