//! The program of the README fetches a page, and reports its errors.

use std::fs;
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

#[path = "support/pages.rs"]
mod pages;
#[path = "support/parties.rs"]
mod parties;
#[path = "support/peers.rs"]
mod peers;
mod support;

use pages::Page;
use parties::other_server;
use peers::{Process, Report, cert};
use support::{compile, scratch};

fn compile_program(name: &str) -> PathBuf {
    let blocks = Page::read("README.md")
        .blocks()
        .expect("the page is well-formed");
    let mut blocks = blocks.iter();
    let text = blocks.find(|block| block.file() == Some("get.c"));
    let dir = scratch(&format!("readme-{name}"));
    let (source, program) = (dir.join("get.c"), dir.join("get"));
    fs::write(&source, &text.expect("the README contains get.c").text)
        .expect("the scratch folder is writable");
    compile("gcc", &source, &program);
    program
}

/// Runs the program, which trusts the CA of the tests instead of the system's.
fn get(program: &Path, args: &[&str], input: Stdio) -> Report {
    get_with(&cert("ca.pem"), program, args, input)
}

fn get_with(ca: &str, program: &Path, args: &[&str], input: Stdio) -> Report {
    let program = program.display().to_string();
    let trust = format!("SSL_CERT_FILE={ca}");
    let args = [&[&trust, program.as_str()], args].concat();
    Process::spawn_with_input("env", &args, input).finish()
}

#[test]
fn program_fetches_a_page() {
    let program = compile_program("page");
    let (_server, port) = other_server("openssl", "ecdsa", true, None);
    let connection = TcpStream::connect(format!("127.0.0.1:{port}")).expect("the server listens");
    let input = Stdio::from(OwnedFd::from(connection));
    let report = get(&program, &["localhost"], input);
    assert_eq!(report.code, Some(0), "{report:?}");
    assert!(report.stdout.starts_with("HTTP/1.0 200"), "{report:?}");
}

#[test]
fn program_reports_its_errors() {
    let program = compile_program("failed");
    let report = get(&program, &[], Stdio::null());
    assert_eq!(report.code, Some(2), "{report:?}");
    assert!(report.stderr.starts_with("usage: "), "{report:?}");
    // Standard input is no socket.
    let report = get(&program, &["localhost"], Stdio::null());
    assert_eq!(report.code, Some(1), "{report:?}");
    assert!(report.stderr.contains("\n(S2N_ERR_"), "{report:?}");
}

/// The user sees the reason before the blinding delay, of 10 to 30 seconds, is over.
#[test]
fn program_reports_an_untrusted_server_at_once() {
    let program = compile_program("untrusted");
    let (_server, port) = other_server("openssl", "ecdsa", true, None);
    let connection = TcpStream::connect(format!("127.0.0.1:{port}")).expect("the server listens");
    let input = Stdio::from(OwnedFd::from(connection));
    let start = Instant::now();
    let report = get_with(&cert("other-ca.pem"), &program, &["localhost"], input);
    assert!(start.elapsed() < Duration::from_secs(10));
    assert_eq!(report.code, Some(1), "{report:?}");
    let error = "localhost: Certificate is untrusted\n(S2N_ERR_CERT_UNTRUSTED: ";
    assert!(report.stderr.starts_with(error), "{report:?}");
}
