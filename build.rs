//! Build script: compiles the C sources, and sets the linker options of the shared library.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs, iter};

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
        // Only `s2n_errno` is exported, also from a shared object that is linked with the static library.
        .flag_if_supported("-fvisibility=hidden")
        .warnings_into_errors(true);
    for flag in hardening() {
        c.flag_if_supported(flag);
    }
    c.compile("rs2n_c");

    match env::var("CARGO_CFG_TARGET_VENDOR").as_deref() {
        // The dynamic linker of macOS loads the library from the run path of the program.
        Ok("apple") => link_args(&[
            "-Wl,-install_name,@rpath/libs2n.1.dylib".to_owned(),
            "-Wl,-exported_symbol,_s2n_errno".to_owned(),
        ]),
        _ => link_as_libs2n(),
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
/// lld accepts a second, anonymous script; GNU ld does not. Without lld the shared library of cargo
/// lacks the variable, and packaging/link.sh links another one from the static library.
fn link_as_libs2n() {
    if let Some(args) = lld() {
        let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
        let script = PathBuf::from(out).join("s2n.map");
        // The second pattern is the variable where thread-local storage is emulated, as on OpenBSD.
        let text = "{ global: s2n_*; __emutls_?.s2n_errno; local: *; };\n";
        fs::write(&script, text).expect("OUT_DIR is writable");
        link_args(&args);
        link_args(&[format!("-Wl,--version-script={}", script.display())]);
    } else {
        println!(
            "cargo:warning=lld is not installed: libs2n.so of cargo does not export s2n_errno; \
             `make library` links one that does"
        );
    }
    link_args(&[
        "-Wl,-soname,libs2n.so.1".to_owned(),
        // AWS-LC registers a destructor for every thread, which must stay mapped after `dlclose()`.
        "-Wl,-z,nodelete".to_owned(),
    ]);
}

fn link_args(args: &[String]) {
    for arg in args {
        println!("cargo:rustc-cdylib-link-arg={arg}");
    }
}

/// Returns the options that select lld: the installed one, otherwise the one that is part of Rust.
fn lld() -> Option<Vec<String>> {
    println!("cargo:rerun-if-env-changed=RUSTC_LINKER");
    let linker = env::var("RUSTC_LINKER").unwrap_or_else(|_| "cc".to_owned());
    let select = "-fuse-ld=lld".to_owned();
    let installed = vec![select.clone()];
    let bundled = bundled_lld().map(|dir| vec![format!("-B{dir}"), select]);
    iter::once(installed)
        .chain(bundled)
        .find(|args| succeeds(Command::new(&linker).args(args).arg("-Wl,--version")))
}

/// Returns the folder in which Rust has an lld under the name that compilers search for.
fn bundled_lld() -> Option<String> {
    let rustc = env::var("RUSTC").expect("cargo sets RUSTC");
    let host = env::var("HOST").expect("cargo sets HOST");
    let output = Command::new(rustc).args(["--print", "sysroot"]).output();
    let sysroot = String::from_utf8(output.ok()?.stdout).ok()?;
    let sysroot = sysroot.trim_end();
    Some(format!("{sysroot}/lib/rustlib/{host}/bin/gcc-ld"))
}

fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}
