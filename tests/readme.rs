//! The program in the README is one.

use std::fs;
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::Stdio;

#[path = "support/parties.rs"]
mod parties;
#[path = "support/peers.rs"]
mod peers;
mod support;

use parties::other_server;
use peers::{Process, Report, cert};
use support::{compile, root, scratch};

/// The README's program. `name` is the test's, and the compiler.
fn program(name: &str, compiler: &str) -> PathBuf {
    let readme = fs::read_to_string(root().join("README.md")).expect("a README");
    let (_, rest) = readme.split_once("```c\n").expect("a program in C");
    let (text, _) = rest.split_once("```").expect("its end");

    let dir = scratch(&format!("readme-{name}-{compiler}"));
    let (source, program) = (dir.join("get.c"), dir.join("get"));
    fs::write(&source, text).expect("written");
    compile(compiler, &source, &program);
    program
}

/// Runs the program, which trusts the authority of the tests instead of the system's.
fn get(program: PathBuf, args: &[&str], input: Stdio) -> Report {
    let program = program.display().to_string();
    let trust = format!("SSL_CERT_FILE={}", cert("ca.pem"));
    let args = [&[&trust, program.as_str()], args].concat();
    Process::spawn_with_input("env", &args, input).finish()
}

#[test]
fn the_program_says_what_it_needs() {
    for compiler in ["gcc", "clang"] {
        let report = get(program("usage", compiler), &[], Stdio::null());
        assert_eq!(report.code, Some(2), "{report:?}");
        assert!(report.stderr.starts_with("usage: "), "{report:?}");
    }
}

#[test]
fn the_program_gets_a_page() {
    let (_server, port) = other_server("openssl", "ecdsa", true, None);
    let connection = TcpStream::connect(format!("127.0.0.1:{port}")).expect("a server");
    let input = Stdio::from(OwnedFd::from(connection));
    let report = get(program("page", "gcc"), &["localhost"], input);
    assert_eq!(report.code, Some(0), "{report:?}");
    assert!(report.stdout.starts_with("HTTP/1.0 200"), "{report:?}");
}

#[test]
fn the_program_says_why_it_failed() {
    // Nobody answers there.
    let report = get(program("nobody", "gcc"), &["localhost"], Stdio::null());
    assert_eq!(report.code, Some(1), "{report:?}");
    assert!(report.stderr.starts_with("S2N_ERR_"), "{report:?}");
}
