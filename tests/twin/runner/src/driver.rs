//! One of the two driver processes.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// What a script did, line by line.
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

    /// Hands a script over; [`Driver::finish`] waits for the trace.
    pub fn start(&mut self, script: &[String]) {
        if self.running.is_none() {
            self.running = Some(self.spawn());
        }
        let running = self.running.as_mut().expect("just started");
        let text = script.join("\n") + "\n=\n";
        // A driver that has died is noticed when its trace is read.
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

    /// A line of the trace, or how the process ended.
    pub fn next_line(&mut self) -> Result<String, String> {
        let running = self.running.as_mut().expect("a script was started");
        let mut line = String::new();
        match running.output.read_line(&mut line) {
            Ok(1..) => Ok(line.trim_end().to_owned()),
            _ => Err(self.bury()),
        }
    }

    fn spawn(&self) -> Running {
        let mut command = Command::new(&self.program);
        command
            .arg(&self.certs)
            // The reference may not lock all the memory that it would like to.
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

    /// Says how the process ended.
    fn bury(&mut self) -> String {
        let mut running = self.running.take().expect("it ran");
        let status = running.child.wait().expect("it ended");
        match status.signal() {
            Some(signal) => format!("THE DRIVER DIED: signal {signal}"),
            None => format!("THE DRIVER ENDED: {:?}", status.code()),
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
