//! The client and server on BoringSSL, `tests/peers/boringssl`, whose options are described there.
#![allow(dead_code)] // Each test binary uses a part.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use crate::peers::{Process, Report};
use crate::support::{build_dir, root, run};

/// The path of the program. The first test that asks for it compiles BoringSSL, which takes minutes;
/// test programs that run at the same time wait for it, by the lock of cargo.
pub fn boringssl() -> &'static str {
    static PROGRAM: OnceLock<String> = OnceLock::new();
    PROGRAM.get_or_init(|| build().display().to_string())
}

fn build() -> PathBuf {
    let build_dir = build_dir();
    let target = build_dir
        .parent()
        .expect("the build folder is in the target folder")
        .join("peers");
    run(Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet", "--locked"])
        .arg("--manifest-path")
        .arg(root().join("tests/peers/boringssl/Cargo.toml"))
        .env("CARGO_TARGET_DIR", &target)
        .env_remove("CARGO_BUILD_TARGET"));
    target.join("release/boringssl-peer")
}

/// Starts a server, and returns its port.
pub fn boringssl_server(options: &[&str]) -> (Process, String) {
    let mut server = Process::spawn(boringssl(), &[&["server"], options].concat());
    let port = server.wait_for("port: ");
    (server, port)
}

/// Runs a client to its end.
pub fn boringssl_client(port: &str, options: &[&str]) -> Report {
    Process::spawn(boringssl(), &[&["client", port], options].concat()).finish()
}
