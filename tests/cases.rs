//! Cases: situations from practice, as C programs that use the public headers.
//!
//! `tests/cases/README.md` lists every case with the required behaviour and its reason.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

mod support;

use support::{cases, compile_as, library_dir, root, scratch};

#[test]
fn after_main() {
    check("after_main");
}

#[test]
fn dlopen_thread() {
    check("dlopen_thread");
}

#[test]
fn mem_cleanup() {
    check("mem_cleanup");
}

#[test]
fn mem_cleanup_all() {
    check("mem_cleanup_all");
}

#[test]
fn fork() {
    check("fork");
}

#[test]
fn descriptors() {
    check("descriptors");
}

#[test]
fn cancel() {
    check("cancel");
}

#[test]
fn cancel_calls() {
    check("cancel_calls");
}

#[test]
fn old_hello() {
    check("old_hello");
}

#[test]
fn ccs_record() {
    check("ccs_record");
}

#[test]
fn mtls_sni() {
    check("mtls_sni");
}

#[test]
fn pem_prefix() {
    check("pem_prefix");
}

#[test]
fn pem_boundary() {
    check("pem_boundary");
}

#[test]
fn pem_long_line() {
    check("pem_long_line");
}

#[test]
fn pem_trusted_label() {
    check("pem_trusted_label");
}

#[test]
fn pem_empty_section() {
    check("pem_empty_section");
}

#[test]
fn crl_plain() {
    check("crl_plain");
}

#[test]
fn crldp_critical() {
    check("crldp_critical");
}

#[test]
fn nc_self_issued() {
    check("nc_self_issued");
}

#[test]
fn v1_certificate() {
    check("v1_certificate");
}

/// Compiles and runs a program, and panics if any of its observations is wrong.
fn check(name: &str) {
    let program = scratch(&format!("cases-{name}")).join(name);
    let source = sources().join(name).with_extension("c");
    // POSIX allows the conversion of dlsym()'s result to a function pointer, ISO C does not. The program
    // that loads the library with dlopen() must not be linked with it.
    let options = ["-Wno-pedantic", "-Wl,--as-needed", "-ldl"];
    compile_as(&options, "gcc", &source, &program);
    let mut command = Command::new(program);
    command.arg(inputs()).env("LD_LIBRARY_PATH", library_dir());
    cases::check(name, &mut command);
}

fn sources() -> PathBuf {
    root().join("tests/cases")
}

/// Certificates, keys, CRLs and PEM files, generated once for all programs.
fn inputs() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| cases::make_inputs("cases-inputs", &sources()))
}
