//! The security cases: what a stranger can do, as programs in C against the public headers.
//!
//! `tests/cases/security/README.md` lists every case with the right behaviour and its reason.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

mod support;

use support::{cases, compile, library_dir, python, root, run, scratch};

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
fn residue() {
    check_program("residue");
}

#[test]
fn trust_store() {
    check_program("trust_store");
}

#[test]
fn half_open() {
    check_program("half_open");
}

/// `tests/packaging.rs` reads the library that is installed.
#[test]
fn hardening() {
    let mut script = Command::new("bash");
    script
        .arg(sources().join("hardening.sh"))
        .arg(library_dir().join("libs2n.so"));
    cases::check("hardening", &mut script);
}

/// The growth of what a stranger's input costs, in instructions, when the input grows: what it is, its two
/// sizes, and the most that the larger one may cost for each instruction of the smaller one.
const COSTS: [(&str, [u32; 2], f64); 7] = [
    // Six more authorities with the trusted one's name: two signatures instead of one.
    ("chain", [1, 6], 3.0),
    ("chain_any_time", [1, 6], 3.0),
    // Twice as much of something costs about twice as much.
    ("names", [750, 1500], 2.2),
    ("constraints", [250, 500], 2.2),
    ("hello", [1000, 2000], 2.2),
    ("ocsp", [15, 30], 2.2),
    ("list", [1000, 2000], 2.2),
];

#[test]
fn cost() {
    let program = scratch("security-cost").join("cost");
    compile("gcc", &sources().join("cost.c"), &program);
    run(python(&sources().join("make_cost.py")).arg(inputs()));
    let mut excessive = Vec::new();
    for (name, sizes, most) in COSTS {
        let [small, large] = sizes.map(|size| instructions(&program, name, size));
        let growth = large as f64 / small as f64;
        println!(
            "{name}: {small} instructions at {}, {large} at {}: {growth:.2} times",
            sizes[0], sizes[1]
        );
        if growth > most {
            excessive.push(format!("{name}: {growth:.2} times"));
        }
    }
    assert!(excessive.is_empty(), "{excessive:?}");
}

/// The instructions of the side under test, which do not depend on what else the machine does.
fn instructions(program: &Path, name: &str, size: u32) -> u64 {
    let output = run(Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(["--collect-atstart=no", "--toggle-collect=under_test"])
        .arg(program)
        .arg(inputs())
        .args([name, &size.to_string()]));
    let report = String::from_utf8_lossy(&output.stderr);
    let collected = report
        .lines()
        .find_map(|line| line.split_once("Collected : "));
    let (_, count) = collected.unwrap_or_else(|| panic!("no count in {report}"));
    count.trim().parse().expect("a number of instructions")
}

#[test]
fn oom_once() {
    check_program_with("oom", &["once", "malloc"]);
}

#[test]
fn oom_from_there_on() {
    check_program_with("oom", &["on", "malloc"]);
}

#[test]
fn oom_once_in_a_new_thread() {
    check_program_with("oom", &["once", "malloc", "thread"]);
}

#[test]
fn oom_callback_once() {
    check_program_with("oom", &["once", "callback"]);
}

#[test]
fn oom_callback_from_there_on() {
    check_program_with("oom", &["on", "callback"]);
}

/// Builds one program, runs it, and fails with its lines if any of its cases went wrong.
fn check_program(name: &str) {
    check_program_with(name, &[]);
}

/// [`check_program`], with arguments behind the folder.
fn check_program_with(name: &str, arguments: &[&str]) {
    // Tests run at the same time, each with a folder of its own.
    let folder = [&["security", name], arguments].concat().join("-");
    let program = scratch(&folder).join(name);
    let source = sources().join(name).with_extension("c");
    compile("gcc", &source, &program);
    let mut command = Command::new(program);
    command.arg(inputs()).args(arguments);
    // A panic's stack trace takes megabytes, so lack of memory has to do with it.
    cases::check(name, command.env("RUST_BACKTRACE", "1"));
}

fn sources() -> PathBuf {
    root().join("tests/cases/security")
}

/// Certificates, keys and OCSP responses, made once for all programs.
fn inputs() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| cases::make_inputs("security-inputs", &sources()))
}
