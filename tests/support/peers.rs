//! Programs that run beside a test: our examples, and what they talk to.
#![allow(dead_code, unused_imports)] // Each test binary uses a part.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::thread::{self, JoinHandle};

pub use crate::support::certs::{cert, certs, chain_and_key};
use crate::support::{build_dir, root, run, scratch};

/// How long a program may run, in seconds, before it counts as hanging.
const PATIENCE: &str = "600";

/// The library as `make install` leaves it, made once for all test programs.
pub fn installed() -> &'static Path {
    static PREFIX: OnceLock<PathBuf> = OnceLock::new();
    PREFIX.get_or_init(|| {
        let target = build_dir()
            .parent()
            .expect("the target folder")
            .to_path_buf();
        let prefix = target.join("tests-install");
        fs::create_dir_all(&prefix).expect("writable");
        // Several test programs may run at once; one installs at a time.
        let lock = File::create(target.join("tests-install.lock")).expect("writable");
        lock.lock().expect("a lock");
        run(Command::new("make")
            .arg("install")
            .arg(format!("PREFIX={}", prefix.display()))
            .arg(format!("BUILD={}", target.join("tests-build").display()))
            .arg(format!("CARGO_TARGET_DIR={}", target.display()))
            .current_dir(root()));
        prefix
    })
}

/// Compiles an example against the installed library.
pub fn example(name: &str, compiler: &str) -> PathBuf {
    let prefix = installed();
    let program = scratch(&format!("example-{name}-{compiler}-{}", std::process::id())).join(name);
    run(Command::new(compiler)
        .args([
            "-std=gnu99",
            "-O2",
            "-g",
            "-Wall",
            "-Wextra",
            "-Wpedantic",
            "-Werror",
        ])
        .arg("-I")
        .arg(prefix.join("include"))
        .arg(root().join("examples-c").join(format!("{name}.c")))
        .arg("-o")
        .arg(&program)
        .arg("-L")
        .arg(prefix.join("lib"))
        .args(["-ls2n", "-pthread"])
        .arg(format!("-Wl,-rpath,{}", prefix.join("lib").display())));
    program
}

/// A program that is ended and reaped with the test.
pub struct Process {
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: Option<JoinHandle<String>>,
}

/// What a program said.
#[derive(Debug)]
pub struct Report {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Process {
    pub fn spawn(program: &str, args: &[&str]) -> Self {
        Self::spawn_with_input(program, args, Stdio::null())
    }

    pub fn spawn_with_input(program: &str, args: &[&str], input: Stdio) -> Self {
        let mut child = Command::new("timeout")
            .args(["--kill-after=5", PATIENCE, program])
            .args(args)
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("timeout is part of coreutils");
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        let stderr = child.stderr.take().expect("piped");
        Self {
            child,
            stdout,
            stderr: Some(thread::spawn(move || read(stderr))),
        }
    }

    /// Reads lines up to the one that begins with `start`, and gives its rest.
    pub fn wait_for(&mut self, start: &str) -> String {
        let mut seen = String::new();
        loop {
            let mut line = String::new();
            let len = self.stdout.read_line(&mut line).expect("readable");
            if len == 0 {
                let stderr = self.stderr.take().map(JoinHandle::join);
                panic!("the program ended without {start:?}: {seen}{stderr:?}");
            }
            if let Some(rest) = line.strip_prefix(start) {
                return rest.trim().to_owned();
            }
            seen += &line;
        }
    }

    /// Reads this much of the program's output, whatever it is.
    pub fn read(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.stdout
            .read_exact(&mut bytes)
            .expect("the program writes so much");
        bytes
    }

    /// Waits for the program's end.
    pub fn finish(mut self) -> Report {
        let mut stdout = Vec::new();
        self.stdout.read_to_end(&mut stdout).expect("readable");
        let code = self.child.wait().expect("our child").code();
        let stderr = self.stderr.take().expect("read once");
        Report {
            code,
            stdout: String::from_utf8_lossy(&stdout).into_owned(),
            stderr: stderr.join().expect("the reader ends"),
        }
    }
}

fn read(mut stream: ChildStderr) -> String {
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

impl Drop for Process {
    fn drop(&mut self) {
        // Once it is reaped, its number may be another program's.
        if matches!(self.child.try_wait(), Ok(None)) {
            // `timeout` passes the signal on to what it runs.
            let _ = Command::new("kill")
                .arg(self.child.id().to_string())
                .status();
            let _ = self.child.wait();
        }
    }
}

/// A port that was free a moment ago, for servers that cannot ask the kernel themselves.
pub fn free_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("bound").port().to_string()
}
