//! A plain server behind `rs2nd --forward`, and `rs2nc --listen` in front of it.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::Linger;

use crate::common::*;
use crate::peers::{Process, Report, cert};

/// A running tool. Its standard error is in the report.
pub struct Tool {
    process: Process,
    pub pid: String,
    pub port: u16,
}

impl Tool {
    /// Starts a tool after the commands of the shell in `before`.
    fn start(before: &str, program: &str, args: &[&str]) -> Self {
        let script = format!("{before} echo \"pid: $$\"; exec \"$0\" \"$@\"");
        let args = [&["-c", &script, program], args].concat();
        let mut process = Process::spawn("sh", &args);
        let pid = process.wait_for("pid: ");
        let port = process.wait_for("port: ").parse().expect("a port");
        Self { process, pid, port }
    }

    /// Starts `rs2nd`, which forwards to the port.
    pub fn forward(before: &str, to: &str, args: &[&str]) -> Self {
        let (chain, key) = (cert("ecdsa.pem"), cert("ecdsa.key"));
        let first = ["127.0.0.1", "0", "--cert", &chain, "--key", &key];
        let args = [&first[..], &["--forward", to], args].concat();
        Self::start(before, SERVER, &args)
    }

    /// Starts `rs2nc`, which connects to the port.
    pub fn listen(port: u16, args: &[&str]) -> Self {
        let (ca, port) = (cert("ca.pem"), port.to_string());
        let first = ["localhost", &port, "--ca", &ca, "--listen", "127.0.0.1:0"];
        Self::start("", CLIENT, &[&first[..], args].concat())
    }

    pub fn connect(&self) -> TcpStream {
        connect(self.port)
    }

    /// Returns the number of open descriptors.
    pub fn descriptors(&self) -> usize {
        descriptors(&self.pid)
    }

    /// Returns the resident memory in bytes.
    pub fn memory(&self) -> usize {
        let pages = fs::read_to_string(format!("/proc/{}/statm", self.pid)).expect("it runs");
        let resident = pages.split(' ').nth(1).and_then(|pages| pages.parse().ok());
        resident.unwrap_or(0) * 4096
    }

    /// Waits until the process exits.
    pub fn finish(self) -> Report {
        self.process.finish()
    }

    /// Sends SIGTERM, and waits until the process exits.
    pub fn terminate(self) -> Report {
        self.process.terminate()
    }
}

/// Both tools between a plain client and a plain server.
pub struct Chain {
    pub backend: TcpListener,
    pub server: Tool,
    pub client: Tool,
}

impl Chain {
    pub fn start(server_args: &[&str], client_args: &[&str]) -> Self {
        let (backend, port) = listen();
        let server = Tool::forward("", &format!("127.0.0.1:{port}"), server_args);
        let client = Tool::listen(server.port, client_args);
        Self {
            backend,
            server,
            client,
        }
    }

    /// Returns both ends of a new connection.
    pub fn connect(&self) -> (TcpStream, TcpStream) {
        let client = self.client.connect();
        (client, self.accept())
    }

    pub fn accept(&self) -> TcpStream {
        let (tcp, _) = self.backend.accept().expect("a connection");
        tcp.set_read_timeout(Some(PATIENCE)).expect("a duration");
        tcp
    }

    /// Ends both tools, which must succeed, and returns what they have reported.
    pub fn terminate(self) -> [String; 2] {
        [self.server, self.client].map(|tool| {
            let report = tool.terminate();
            assert_eq!(report.code, Some(0), "{report:?}");
            report.stderr
        })
    }
}

/// How long a test waits for data, before it fails.
const PATIENCE: Duration = Duration::from_secs(60);

pub fn connect(port: u16) -> TcpStream {
    let tcp = TcpStream::connect(("127.0.0.1", port)).expect("a listener");
    tcp.set_read_timeout(Some(PATIENCE)).expect("a duration");
    tcp
}

/// Closes with a reset.
pub fn reset(tcp: TcpStream) {
    let linger = nix::libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    setsockopt(&tcp, Linger, &linger).expect("a socket");
}

/// Pseudorandom bytes of a seed: Marsaglia's xorshift64.
pub fn bytes(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_ne_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// Sends bytes and the end of the stream, in a thread.
pub fn send(tcp: &TcpStream, bytes: Vec<u8>) -> thread::JoinHandle<io::Result<()>> {
    let mut tcp = tcp.try_clone().expect("a copy");
    thread::spawn(move || {
        tcp.write_all(&bytes)?;
        tcp.shutdown(Shutdown::Write)
    })
}

/// Reads up to the end of the stream.
pub fn read_all(mut tcp: &TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    tcp.read_to_end(&mut bytes).expect("a clean end");
    bytes
}

/// Reads up to a reset: panics at a clean end. Returns the bytes before.
pub fn read_to_reset(mut tcp: &TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let error = tcp.read_to_end(&mut bytes).expect_err("no clean end");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    bytes
}
