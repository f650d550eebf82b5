//! Driver processes.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The lines that a driver printed for a script.
pub type Trace = Vec<String>;

pub struct Driver {
    program: PathBuf,
    certs: PathBuf,
    library_dir: Option<PathBuf>,
    running: Option<Running>,
}

struct Running {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Driver {
    pub fn new(program: &Path, certs: &Path, library_dir: Option<&Path>) -> Self {
        Self {
            program: program.to_owned(),
            certs: certs.to_owned(),
            library_dir: library_dir.map(Path::to_owned),
            running: None,
        }
    }

    /// Passes a script to the process; [`Driver::finish`] reads the trace.
    pub fn start(&mut self, script: &[String]) {
        if self.running.is_none() {
            self.running = Some(self.spawn());
        }
        let running = self.running.as_mut().expect("started above");
        let text = script.join("\n") + "\n=\n";
        // The exit of a driver is detected when its trace is read.
        let _ = running.input.write_all(text.as_bytes());
        let _ = running.input.flush();
    }

    pub fn finish(&mut self) -> Trace {
        let mut trace = Vec::new();
        loop {
            match self.next_line() {
                Ok(line) if line == "=" => return trace,
                Ok(line) => trace.push(line),
                Err(end) => {
                    trace.push(end);
                    return trace;
                }
            }
        }
    }

    /// Reads a line of the trace; returns the exit status as an error if the process has
    /// terminated.
    pub fn next_line(&mut self) -> Result<String, String> {
        let running = self.running.as_mut().expect("a script was started");
        let mut line = String::new();
        match running.output.read_line(&mut line) {
            Ok(1..) => Ok(line.trim_end().to_owned()),
            _ => Err(self.exit_status()),
        }
    }

    /// Reads the trace until a server prints its port, before it accepts. Returns the exit status as
    /// an error if the process has terminated.
    pub fn read_port(&mut self, trace: &mut Trace) -> Result<String, String> {
        loop {
            let line = self.next_line()?;
            match line.strip_prefix("port ") {
                Some(port) => return Ok(port.to_owned()),
                None => trace.push(line),
            }
        }
    }

    fn spawn(&self) -> Running {
        let mut command = Command::new(&self.program);
        command
            .arg(&self.certs)
            // The limit of locked memory may be too low for s2n-tls.
            .env("S2N_DONT_MLOCK", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if let Some(dir) = &self.library_dir {
            command.env("LD_LIBRARY_PATH", dir);
        }
        let mut child = command.spawn().expect("the driver was built");
        Running {
            input: child.stdin.take().expect("piped"),
            output: BufReader::new(child.stdout.take().expect("piped")),
            child,
        }
    }

    /// Formats the exit status of the process.
    fn exit_status(&mut self) -> String {
        let mut running = self.running.take().expect("the driver was started");
        let status = running.child.wait().expect("the driver has exited");
        match status.signal() {
            Some(signal) => format!("DRIVER TERMINATED: signal {signal}"),
            None => format!("DRIVER TERMINATED: status {:?}", status.code()),
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            drop(running.input);
            let _ = running.child.wait();
        }
    }
}
