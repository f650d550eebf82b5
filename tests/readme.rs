//! The program in the README is one, and the pieces in the guide are what it says they are.

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
use peers::{Process, Report, cert, certs};
use support::{compile, root, run_and_check_memory, scratch};

/// The pieces of C of a page.
fn pieces(page: &str) -> Vec<String> {
    let page = fs::read_to_string(root().join(page)).expect("a page");
    let starts = page.split("```c\n").skip(1);
    let pieces = starts.map(|rest| rest.split_once("```").expect("an end").0.to_owned());
    pieces.collect()
}

/// Makes a program of this text. `name` is the test's, and the compiler.
fn build(name: &str, compiler: &str, text: &str) -> PathBuf {
    let dir = scratch(&format!("readme-{name}-{compiler}"));
    let (source, program) = (dir.join("program.c"), dir.join("program"));
    fs::write(&source, text).expect("written");
    compile(compiler, &source, &program);
    program
}

/// The README's program.
fn program(name: &str, compiler: &str) -> PathBuf {
    let [text] = &pieces("README.md")[..] else {
        panic!("one program in C");
    };
    build(name, compiler, text)
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

#[test]
fn the_guide_is_true() {
    let pieces = pieces("docs/USAGE.md");
    assert!(pieces.len() > 5, "the guide has lost its pieces of C");
    let test = fs::read_to_string(root().join("tests/c/usage.c")).expect("a test");
    let text = pieces.join("\n") + &test;
    for compiler in ["gcc", "clang"] {
        let program = build("guide", compiler, &text);
        run_and_check_memory(&program, &[&certs().display().to_string()]);
    }
}
