//! Child processes of a test: the examples, and their peers.
#![allow(dead_code, unused_imports)] // Each test binary uses a part.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::thread::{self, JoinHandle};

pub use crate::support::certs::{cert, certs, chain_and_key};
pub use crate::support::installed;
use crate::support::{root, run, scratch};

/// Seconds after which a program is killed.
const TIMEOUT: &str = "600";

/// Compiles an example and links it with the installed library.
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

/// A child process, which is terminated and reaped when it is dropped.
pub struct Process {
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: Option<JoinHandle<String>>,
}

/// The exit code and the output of a process.
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

    /// Spawns the program of a command, with its arguments, which are UTF-8.
    pub fn spawn_command(command: &Command) -> Self {
        let text = |arg: &OsStr| arg.to_str().expect("the argument is UTF-8").to_owned();
        let args: Vec<_> = command.get_args().map(text).collect();
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        Self::spawn(&text(command.get_program()), &args)
    }

    pub fn spawn_with_input(program: &str, args: &[&str], input: Stdio) -> Self {
        let mut child = Command::new("timeout")
            .args(["--kill-after=5", TIMEOUT, program])
            .args(args)
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("timeout is part of coreutils");
        let stdout = BufReader::new(child.stdout.take().expect("the output is piped"));
        let stderr = child.stderr.take().expect("the output is piped");
        Self {
            child,
            stdout,
            stderr: Some(thread::spawn(move || read(stderr))),
        }
    }

    /// Reads lines up to the one that begins with `start`, and returns the rest of it.
    pub fn wait_for(&mut self, start: &str) -> String {
        self.wait_for_line(start, |line| line.strip_prefix(start))
    }

    /// Reads lines up to the one that contains `text`.
    pub fn wait_for_text(&mut self, text: &str) {
        self.wait_for_line(text, |line| line.contains(text).then_some(line));
    }

    fn wait_for_line(&mut self, what: &str, select: impl Fn(&str) -> Option<&str>) -> String {
        let mut seen = String::new();
        loop {
            let mut line = String::new();
            let len = self
                .stdout
                .read_line(&mut line)
                .expect("the pipe is readable");
            if len == 0 {
                let stderr = self.stderr.take().map(JoinHandle::join);
                panic!("the process exited without printing {what:?}: {seen}{stderr:?}");
            }
            if let Some(rest) = select(&line) {
                return rest.trim().to_owned();
            }
            seen += &line;
        }
    }

    /// Sends SIGTERM to a process that has not been reaped. `timeout` forwards the signal to its child.
    fn signal(&self) {
        let _ = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
    }

    /// Reads exactly this number of bytes of the process's output.
    pub fn read(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.stdout
            .read_exact(&mut bytes)
            .expect("the process writes as many bytes");
        bytes
    }

    /// Sends SIGTERM, and waits until the process exits.
    pub fn terminate(self) -> Report {
        self.signal();
        self.finish()
    }

    /// Waits until the process exits.
    pub fn finish(mut self) -> Report {
        let mut stdout = Vec::new();
        self.stdout
            .read_to_end(&mut stdout)
            .expect("the pipe is readable");
        let code = self
            .child
            .wait()
            .expect("the child is not reaped yet")
            .code();
        let stderr = self.stderr.take().expect("standard error is read once");
        Report {
            code,
            stdout: String::from_utf8_lossy(&stdout).into_owned(),
            stderr: stderr.join().expect("the reader does not panic"),
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
        // After it has been reaped, its PID may be another process's.
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal();
            let _ = self.child.wait();
        }
    }
}

/// Returns a port that is probably free, for servers that cannot bind to port 0.
pub fn free_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener
        .local_addr()
        .expect("the socket is bound")
        .port()
        .to_string()
}
