//! What the integration tests share.
#![allow(dead_code)] // Each test binary uses a part.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

pub mod cases;
pub mod certs;

/// The project's folder, whichever of its packages a test is of: the one with the lock file.
pub fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = package.ancestors();
    let root = folders.find(|folder| folder.join("Cargo.lock").exists());
    root.expect("a lock file").to_owned()
}

/// A fresh folder for what a test makes, below the build's own.
pub fn scratch(name: &str) -> PathBuf {
    let dir = build_dir().join("tests-scratch").join(name);
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).expect("the build folder is writable");
    dir
}

/// Where cargo put this build's library.
pub fn build_dir() -> PathBuf {
    let exe = env::current_exe().expect("a test has a path");
    let deps = exe.parent().expect("tests are in a folder");
    deps.parent()
        .expect("which is in the build's")
        .to_path_buf()
}

/// The shared library of this build, under the name that programs look for.
///
/// `cargo test` builds only what tests link, so the shared library is asked for.
pub fn library_dir() -> PathBuf {
    static ONCE: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
    ONCE.get_or_init(|| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args(["build", "--lib", "--quiet"])
            .current_dir(root());
        if build_dir().ends_with("release") {
            cargo.arg("--release");
        }
        run(&mut cargo);
        let dir = build_dir()
            .join("tests-lib")
            .join(std::process::id().to_string());
        fs::create_dir_all(&dir).expect("the build folder is writable");
        for name in ["libs2n.so", "libs2n.so.1"] {
            let link = dir.join(name);
            let _ = fs::remove_file(&link);
            std::os::unix::fs::symlink(build_dir().join("libs2n.so"), link).expect("a link");
        }
        dir
    })
    .clone()
}

/// Runs a command to its end; its failure is the test's.
pub fn run(command: &mut Command) -> Output {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}: {}", advice(command)));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    output
}

fn advice(command: &Command) -> String {
    let program = command.get_program().to_string_lossy().into_owned();
    let package = match program.as_str() {
        "nm" | "readelf" => "binutils",
        "clang" | "clang++" => "clang",
        "softhsm2-util" => "softhsm2",
        "gnutls-cli" | "gnutls-serv" => "gnutls-bin",
        other => other,
    };
    format!("install it, for instance with `apt-get install {package}`")
}

/// A script in Python, which finds the packages that `tests/deps.sh` has installed.
pub fn python(script: &Path) -> Command {
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let mut command = Command::new("python3");
    command
        .env("PYTHONPATH", root().join(target).join("tools/python"))
        .arg("-B")
        .arg(script);
    command
}

/// Compiles a program in C, or C++, against this build's library.
pub fn compile(compiler: &str, source: &Path, program: &Path) {
    compile_as(&[], compiler, source, program);
}

/// [`compile`] with further options, for instance to make a shared object.
pub fn compile_as(options: &[&str], compiler: &str, source: &Path, program: &Path) {
    let lib = library_dir();
    let standard = match compiler.ends_with("++") {
        true => "-std=c++17",
        false => "-std=gnu11",
    };
    run(Command::new(compiler)
        .args([
            standard,
            "-g",
            "-O1",
            "-Wall",
            "-Wextra",
            "-Wpedantic",
            "-Werror",
            "-pthread",
        ])
        .args(options)
        .arg("-I")
        .arg(root().join("include"))
        .arg("-I")
        .arg(root().join("tests/c"))
        .arg(source)
        .arg("-o")
        .arg(program)
        .arg("-L")
        .arg(&lib)
        .arg("-ls2n")
        .arg(format!("-Wl,-rpath,{}", lib.display())));
}

/// Runs a program as it is, and again under valgrind, where no error and no leak is let through.
pub fn run_and_check_memory(program: &Path, args: &[&str]) {
    run(Command::new(program).args(args));
    run(under_valgrind(program).args(args));
}

/// A program under valgrind, which answers [`MEMORY_ERROR`] to an error or a leak.
///
/// "Possible" leaks are left alone: a static hash map is one, because it keeps a pointer into the
/// middle of its table.
pub fn under_valgrind(program: &Path) -> Command {
    let mut command = Command::new("valgrind");
    command
        .arg("--quiet")
        .arg(format!("--error-exitcode={MEMORY_ERROR}"))
        .arg("--leak-check=full")
        .arg("--show-leak-kinds=definite")
        .arg("--errors-for-leak-kinds=definite")
        .arg(program);
    command
}

/// A program under valgrind's detector of data races, which answers [`MEMORY_ERROR`] to one.
pub fn under_drd(program: &Path) -> Command {
    let mut command = Command::new("valgrind");
    command
        .arg("--quiet")
        .arg("--tool=drd")
        .arg(format!("--error-exitcode={MEMORY_ERROR}"))
        .arg(program);
    command
}

pub const MEMORY_ERROR: i32 = 99;

/// The rows of a list in `tests/abi`, without its heading.
pub fn rows(name: &str) -> Vec<Vec<String>> {
    let path = root().join("tests/abi").join(name);
    let text = fs::read_to_string(&path).expect("the list is there");
    let rows = text.lines().skip(1);
    rows.map(|row| row.split('\t').map(str::to_owned).collect())
        .collect()
}
