//! Makes the certificates that the targets use: nobody's, and never kept.

use std::path::PathBuf;
use std::process::Command;

fn main() {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/certs/make.sh");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={}", script.display());

    let out = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let made = Command::new("sh").arg(&script).arg(&out).status();
    assert!(
        made.is_ok_and(|status| status.success()),
        "certificates cannot be made: is openssl there?"
    );
}
