//! Shared code of the integration tests: paths, compilation of C programs, and valgrind.
#![allow(dead_code)] // Each test binary uses a part.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::{env, fs};

pub mod cases;
pub mod certs;

/// The root folder of the workspace, which has the lock file.
pub fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = package.ancestors();
    let root = folders.find(|folder| folder.join("Cargo.lock").exists());
    root.expect("a folder above the package has Cargo.lock")
        .to_owned()
}

/// Creates an empty folder for the files of a test, below the build folder.
pub fn scratch(name: &str) -> PathBuf {
    let dir = build_dir().join("tests-scratch").join(name);
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).expect("the build folder is writable");
    dir
}

/// The folder with the artifacts of this build, such as `target/debug`.
pub fn build_dir() -> PathBuf {
    let exe = env::current_exe().expect("a test program has a path");
    let deps = exe.parent().expect("test programs are in `deps`");
    deps.parent()
        .expect("`deps` is in the build folder")
        .to_path_buf()
}

/// The folder with the shared library of this build, under its soname.
///
/// `cargo test` builds only the crate types that tests link, so that the shared library is built here.
pub fn library_dir() -> PathBuf {
    static ONCE: OnceLock<PathBuf> = OnceLock::new();
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
            std::os::unix::fs::symlink(build_dir().join("libs2n.so"), link)
                .expect("the link is new");
        }
        dir
    })
    .clone()
}

/// The prefix to which `make install` has installed the library for all test programs.
///
/// It is the release build, which is optimized.
pub fn installed() -> &'static Path {
    static PREFIX: OnceLock<PathBuf> = OnceLock::new();
    PREFIX.get_or_init(|| {
        let target = build_dir()
            .parent()
            .expect("the build folder is in the target folder")
            .to_path_buf();
        let prefix = target.join("tests-install");
        fs::create_dir_all(&prefix).expect("the target folder is writable");
        // Test programs may run at the same time: one of them installs.
        let lock = File::create(target.join("tests-install.lock")).expect("the folder is writable");
        lock.lock().expect("the file can be locked");
        run(Command::new("make")
            .args(["all", "install"])
            .arg(format!("PREFIX={}", prefix.display()))
            .arg(format!("BUILD={}", target.join("tests-build").display()))
            .arg(format!("CARGO_TARGET_DIR={}", target.display()))
            .current_dir(root()));
        prefix
    })
}

/// Runs a command to its end, and panics if it fails.
pub fn run(command: &mut Command) -> Output {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}: {}", installation(command)));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    output
}

fn installation(command: &Command) -> String {
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

/// A command that runs a Python script, with the packages that `tests/deps.sh` has installed.
pub fn python(script: &Path) -> Command {
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let mut command = Command::new("python3");
    command
        .env("PYTHONPATH", root().join(target).join("tools/python"))
        .arg("-B")
        .arg(script);
    command
}

/// Compiles a C or C++ program and links it with the library of this build.
pub fn compile(compiler: &str, source: &Path, program: &Path) {
    compile_as(&[], compiler, source, program);
}

/// [`compile`] with further options, for instance to link a shared object.
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

/// A command that runs a tool of valgrind, with `RS2N_VALGRIND_LIBRARY=release` on the installed library: it
/// takes half of the time, but is built for minutes after each change.
pub fn valgrind() -> Command {
    let mut command = Command::new("valgrind");
    if env::var_os("RS2N_VALGRIND_LIBRARY").is_some_and(|library| library == "release") {
        command.env("LD_LIBRARY_PATH", installed().join("lib"));
    }
    command
}

/// Runs a program natively, and again under valgrind, which reports memory errors and leaks.
pub fn run_and_check_memory(program: &Path, args: &[&str]) {
    run(Command::new(program).args(args));
    run(under_valgrind(program).args(args));
}

/// A command that runs a program under valgrind, and exits with [`MEMORY_ERROR`] after an error or a
/// leak.
///
/// "Possible" leaks are ignored: a static hash map is one, because it points into the middle of its
/// table.
pub fn under_valgrind(program: &Path) -> Command {
    let mut command = valgrind();
    command
        .arg("--quiet")
        .arg(format!("--error-exitcode={MEMORY_ERROR}"))
        .arg("--leak-check=full")
        .arg("--show-leak-kinds=definite")
        .arg("--errors-for-leak-kinds=definite")
        .arg(program);
    command
}

/// A command that runs a program under valgrind's data race detector, and exits with
/// [`MEMORY_ERROR`] after a race.
pub fn under_drd(program: &Path) -> Command {
    let mut command = valgrind();
    command
        .arg("--quiet")
        .arg("--tool=drd")
        .arg(format!("--error-exitcode={MEMORY_ERROR}"))
        .arg(program);
    command
}

/// The exit status of valgrind after an error.
pub const MEMORY_ERROR: i32 = 99;

/// The rows of a table in `tests/abi`, without the column names.
pub fn rows(name: &str) -> Vec<Vec<String>> {
    let path = root().join("tests/abi").join(name);
    let text = fs::read_to_string(&path).expect("the table is readable");
    let rows = text.lines().skip(1);
    rows.map(|row| row.split('\t').map(str::to_owned).collect())
        .collect()
}
