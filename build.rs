//! Build script: compiles the C sources, and sets the linker options of the shared library.

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/ffi/abi/errno.c");
    println!("cargo:rerun-if-changed=src/sys/cancellation.c");

    // Keeps the build folder out of the debug information: see packaging/build.sh.
    let here = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let mut c = cc::Build::new();
    c.file("src/ffi/abi/errno.c")
        .file("src/sys/cancellation.c")
        .flag_if_supported(format!("-ffile-prefix-map={here}=/rs2n"))
        .warnings_into_errors(true);
    for flag in hardening() {
        c.flag_if_supported(flag);
    }
    c.compile("rs2n_c");

    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        link_as_libs2n();
    }
}

/// Returns the hardening flags of AWS-LC, which apply to our C code too: see .cargo/config.toml.
fn hardening() -> Vec<String> {
    let target = env::var("TARGET").expect("cargo sets it");
    let name = format!("AWS_LC_SYS_CFLAGS_{}", target.replace('-', "_"));
    println!("cargo:rerun-if-env-changed={name}");
    let flags = env::var(name).unwrap_or_default();
    flags.split_whitespace().map(str::to_owned).collect()
}

/// Sets the soname of the shared library, and exports the C variable in addition to the Rust
/// functions.
///
/// rustc's version script makes all symbols local that it does not list, `s2n_errno` among them.
/// lld accepts a second, anonymous script; GNU ld does not.
fn link_as_libs2n() {
    let script = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("s2n.map");
    fs::write(&script, "{ global: s2n_*; local: *; };\n").expect("OUT_DIR is writable");

    for arg in [
        "-fuse-ld=lld".to_string(),
        "-Wl,-soname,libs2n.so.1".to_string(),
        // AWS-LC registers a destructor for every thread, which must stay mapped after `dlclose()`.
        "-Wl,-z,nodelete".to_string(),
        format!("-Wl,--version-script={}", script.display()),
    ] {
        println!("cargo:rustc-cdylib-link-arg={arg}");
    }
}
