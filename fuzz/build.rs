//! Generates the certificates of the targets, for this build only, and the declarations of the C
//! functions.

use std::path::PathBuf;
use std::process::Command;

mod declarations;

fn main() {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/certs/make.sh");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={}", script.display());
    println!("cargo:rerun-if-changed=declarations.rs");
    let tables = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/abi");
    println!("cargo:rerun-if-changed={}", tables.display());

    let out = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let declarations = PathBuf::from(&out).join("declarations.rs");
    std::fs::write(declarations, declarations::generate(&tables)).expect("the folder is writable");
    run(Command::new("sh").arg(&script).arg(&out));
    for name in ["ecdsa", "rsa", "client", "selfsigned", "ca"] {
        let path = |kind| format!("{out}/{name}.{kind}");
        for (tool, from, to) in [("x509", "crt", "crt.der"), ("pkey", "key", "key.der")] {
            let (from, to) = (path(from), path(to));
            let args = [tool, "-in", &from, "-outform", "DER", "-out", &to];
            run(Command::new("openssl").args(args));
        }
        for (format, kind) in [("DER", "pub.der"), ("PEM", "pub")] {
            let (from, to) = (path("key"), path(kind));
            let args = [
                "pkey", "-in", &from, "-pubout", "-outform", format, "-out", &to,
            ];
            run(Command::new("openssl").args(args));
        }
    }
    let key = format!("{out}/ecdsa.key");
    // Encrypted with the passphrase of the target, with little work.
    for (name, options) in [
        ("pbes2", &["pkcs8", "-topk8", "-iter", "1"][..]),
        ("scrypt", &["pkcs8", "-topk8", "-scrypt", "-scrypt_N", "2"]),
        ("headers", &["ec", "-aes128"]),
    ] {
        let to = format!("{out}/ecdsa-{name}.key");
        let files = ["-in", &key, "-out", &to, "-passout", "pass:secret"];
        run(Command::new("openssl").args(options).args(files));
    }
    let (from, to) = (
        format!("{out}/ecdsa-pbes2.key"),
        format!("{out}/ecdsa-pbes2.key.der"),
    );
    let options = ["asn1parse", "-noout", "-in", &from, "-out", &to];
    run(Command::new("openssl").args(options));
}

fn run(command: &mut Command) {
    let status = command.status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "{command:?} failed: is openssl installed?"
    );
}
