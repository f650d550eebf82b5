//! Security cases: attacks by a peer without credentials, as C programs that use the public headers.
//!
//! `tests/cases/security/README.md` lists every case with the required behaviour and its reason.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

mod support;

use support::{cases, compile, library_dir, python, root, run, scratch, valgrind};

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
fn residue_sessions() {
    check_program("residue_sessions");
}

#[test]
fn residue_keys() {
    check_program("residue_keys");
}

#[test]
fn residue_moves() {
    check_program("residue_moves");
}

#[test]
fn residue_quic() {
    check_program("residue_quic");
}

#[test]
fn residue_psk() {
    check_program("residue_psk");
}

#[test]
fn trust_store() {
    check_program("trust_store");
}

#[test]
fn half_open() {
    check_program("half_open");
}

/// Checks the library of this build; `tests/packaging.rs` checks the installed one.
#[test]
fn hardening() {
    let mut script = Command::new("bash");
    script
        .arg(sources().join("hardening.sh"))
        .arg(library_dir().join("libs2n.so"));
    cases::check("hardening", &mut script);
}

/// Limits on the growth of the instruction count when a peer's input grows: the kind of input, two sizes,
/// and the maximum ratio of the larger input's instructions to those of the smaller one.
const COSTS: [(&str, [u32; 2], f64); 20] = [
    // Six CA certificates with the subject of the trusted one: two signatures instead of one.
    ("chain", [1, 6], 3.0),
    ("chain_any_time", [1, 6], 3.0),
    // Linear: an input of twice the size takes about twice as many instructions.
    ("names", [750, 1500], 2.2),
    ("constraints", [250, 500], 2.2),
    ("hello", [1000, 2000], 2.2),
    ("ocsp", [15, 30], 2.2),
    ("list", [1000, 2000], 2.2),
    ("identities", [200, 400], 2.2),
    // An unknown extension, and tickets in its place, of which three are tried.
    ("many_identities", [0, 1], 3.0),
    ("long_identities", [0, 1], 3.0),
    ("tls12_ticket", [0, 1], 3.0),
    // Identities of external keys in a ClientHello, keys of a server, and both.
    ("external_identities", [400, 800], 2.2),
    ("external_keys", [400, 800], 2.2),
    ("external_psks", [400, 800], 2.2),
    ("listed_identities", [400, 800], 2.2),
    // Early data in records of one byte.
    ("early_records", [1000, 2000], 2.2),
    ("skipped_records", [1000, 2000], 2.2),
    ("retried_records", [2000, 4000], 2.2),
    // Accepted and rejected: the latter does not cost more.
    ("early_rejection", [0, 1], 1.1),
    // A limited number of empty records is processed.
    ("empty_records", [100, 4000], 1.1),
];

#[test]
fn cost() {
    let program = scratch("security-cost").join("cost");
    compile("gcc", &sources().join("cost.c"), &program);
    run(python(&sources().join("make_cost.py")).arg(inputs()));
    let mut excessive = Vec::new();
    for (name, sizes, limit) in COSTS {
        let [small, large] = sizes.map(|size| instructions(&program, name, size));
        let growth = large as f64 / small as f64;
        println!(
            "{name}: {small} instructions at {}, {large} at {}: {growth:.2} times",
            sizes[0], sizes[1]
        );
        if growth > limit {
            excessive.push(format!("{name}: {growth:.2} times"));
        }
    }
    assert!(excessive.is_empty(), "{excessive:?}");
}

/// Counts the instructions of the endpoint under test, which do not depend on the load of the machine.
fn instructions(program: &Path, name: &str, size: u32) -> u64 {
    let output = run(valgrind()
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(["--collect-atstart=no", "--toggle-collect=under_test"])
        .arg(program)
        .arg(inputs())
        .args([name, &size.to_string()]));
    let report = String::from_utf8_lossy(&output.stderr);
    let collected = report
        .lines()
        .find_map(|line| line.split_once("Collected : "));
    let (_, count) = collected.unwrap_or_else(|| panic!("callgrind printed no count: {report}"));
    count.trim().parse().expect("a number of instructions")
}

#[test]
fn oom_once() {
    check_program_with("oom", &["once", "malloc"]);
}

#[test]
fn oom_from_an_allocation_on() {
    check_program_with("oom", &["on", "malloc"]);
}

#[test]
fn oom_once_on_a_new_thread() {
    check_program_with("oom", &["once", "malloc", "thread"]);
}

#[test]
fn oom_callback_once() {
    check_program_with("oom", &["once", "callback"]);
}

#[test]
fn oom_callback_from_an_allocation_on() {
    check_program_with("oom", &["on", "callback"]);
}

#[test]
fn oom_once_in_tls12() {
    check_program_with("oom", &["once", "malloc", "tls12"]);
}

#[test]
fn oom_callback_from_an_allocation_on_in_tls12() {
    check_program_with("oom", &["on", "callback", "tls12"]);
}

#[test]
fn oom_once_over_quic() {
    check_program_with("oom", &["once", "malloc", "quic"]);
}

#[test]
fn oom_callback_from_an_allocation_on_over_quic() {
    check_program_with("oom", &["on", "callback", "quic"]);
}

/// Compiles and runs a program, and panics if any of its observations is wrong.
fn check_program(name: &str) {
    check_program_with(name, &[]);
}

/// [`check_program`], with further arguments after the folder.
fn check_program_with(name: &str, arguments: &[&str]) {
    // Tests run at the same time, so that each needs its own folder.
    let folder = [&["security", name], arguments].concat().join("-");
    let program = scratch(&folder).join(name);
    let source = sources().join(name).with_extension("c");
    compile("gcc", &source, &program);
    let mut command = Command::new(program);
    command.arg(inputs()).args(arguments);
    // The backtrace of a panic allocates megabytes, which must not fail when memory is short.
    command.env("RUST_BACKTRACE", "1");
    // To resolve a function at its first call, the dynamic linker would save all registers, with the secrets in them,
    // in the stack.
    cases::check(name, command.env("LD_BIND_NOW", "1"));
}

fn sources() -> PathBuf {
    root().join("tests/cases/security")
}

/// Certificates, keys and OCSP responses, generated once for all programs.
fn inputs() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| cases::make_inputs("security-inputs", &sources()))
}
