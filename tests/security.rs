//! The security cases: what a stranger can do, as programs in C against the public headers.
//!
//! `tests/cases/security/README.md` lists every case with the right behaviour and its reason.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

mod support;

use support::{compile, python, root, run, scratch};

#[test]
fn names() {
    check_program("names");
}

#[test]
fn amplification() {
    check_program("amplification");
}

#[test]
fn ocsp() {
    check_program("ocsp");
}

#[test]
fn trust_store() {
    check_program("trust_store");
}

/// Builds one program, runs it, and fails with its lines if any of its cases went wrong.
fn check_program(name: &str) {
    let program = scratch("security-programs").join(name);
    let source = sources().join(name).with_extension("c");
    compile("gcc", &source, &program);
    check(name, Command::new(program).arg(inputs()));
}

fn check(name: &str, command: &mut Command) {
    let output = run(command);
    let lines = String::from_utf8(output.stdout).expect("lines of text");
    assert!(lines.contains(": "), "no case of {name} in {lines:?}");
    assert!(!lines.contains("WRONG"), "{lines}");
}

fn sources() -> PathBuf {
    root().join("tests/cases/security")
}

/// Certificates, keys and OCSP responses, made once for all programs.
fn inputs() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = scratch("security-inputs");
        run(python(&sources().join("make.py")).arg(&folder));
        folder
    })
}
