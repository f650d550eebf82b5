//! Runs the tools in the tests.
#![allow(dead_code)] // Each test binary uses a part.

use std::fs::{self, File};
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::peers::{Process, Report, cert, certs};
use crate::support::scratch;

pub const CLIENT: &str = env!("CARGO_BIN_EXE_rs2nc");
pub const SERVER: &str = env!("CARGO_BIN_EXE_rs2nd");

/// A policy with TLS 1.2 only.
pub const TLS12_POLICY: &str = "ELBSecurityPolicy-TLS-1-2-2017-01";

/// A policy with TLS 1.2 and RSA certificates only.
pub const TLS12_POLICY_RSA: &str = "20170210";

/// A running `rs2nd`.
pub struct Server {
    pub process: Process,
    pub pid: String,
    pub port: String,
}

impl Server {
    /// Starts `rs2nd` for one connection, with the certificate `ecdsa` unless `args` have one, a raw
    /// public key, or the option `--psk-file`. Its standard error is in the report's `stdout`.
    pub fn start(args: &[&str]) -> Self {
        Self::start_with_input(&[args, &["--once"]].concat(), Stdio::null())
    }

    pub fn start_with_input(args: &[&str], input: Stdio) -> Self {
        let (chain, key) = (cert("ecdsa.pem"), cert("ecdsa.key"));
        let own = match ["--cert", "--raw-key", "--psk-file"]
            .iter()
            .any(|own| args.contains(own))
        {
            true => vec![],
            false => vec!["--cert", &chain, "--key", &key],
        };
        let shell = [
            "-c",
            "echo \"pid: $$\"; exec \"$0\" \"$@\" 2>&1",
            SERVER,
            "127.0.0.1",
            "0",
        ];
        let args = [&shell[..], &own, args].concat();
        let mut process = Process::spawn_with_input("sh", &args, input);
        let pid = process.wait_for("pid: ");
        let port = process.wait_for("port: ");
        Self { process, pid, port }
    }

    pub fn finish(self) -> Report {
        self.process.finish()
    }
}

/// Runs `rs2nc`, which trusts the tests' CA unless `args` have `--ca`, `--insecure`, `--psk` or
/// `--trust-key`.
pub fn client(port: &str, args: &[&str], input: Stdio) -> Report {
    start_client(port, args, input).finish()
}

pub fn start_client(port: &str, args: &[&str], input: Stdio) -> Process {
    let ca = cert("ca.pem");
    let is_own = |arg: &&str| ["--ca", "--insecure", "--psk", "--trust-key"].contains(arg);
    let trust = match args.iter().any(is_own) {
        true => vec![],
        false => vec!["--ca", &ca],
    };
    let args = [&["localhost", port][..], &trust, args].concat();
    Process::spawn_with_input(CLIENT, &args, input)
}

/// Returns a standard input with this text.
pub fn input(text: &str) -> Stdio {
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    let text = text.as_bytes();
    assert!(text.len() <= 4096, "it must fit the pipe");
    writer.write_all(text).expect("it fits");
    Stdio::from(reader)
}

/// Creates a file of pseudorandom, incompressible bytes.
pub fn random_file(folder: &Path, name: &str, len: usize, mut seed: u64) -> String {
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        // Vigna's splitmix64.
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bytes.extend_from_slice(&(z ^ (z >> 31)).to_ne_bytes());
    }
    bytes.truncate(len);
    let path = folder.join(name);
    fs::write(&path, bytes).expect("writable");
    path.display().to_string()
}

pub fn same(one: &str, other: &str) -> bool {
    fs::read(one).expect("readable") == fs::read(other).expect("readable")
}

/// Creates a scratch folder for one test.
pub fn folder(name: &str) -> PathBuf {
    scratch(&format!("tools-{name}-{}", std::process::id()))
}

pub fn path(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

/// Parses the JSON of a file that has one line.
pub fn json(path: &str) -> Value {
    parse(&fs::read_to_string(path).expect("a report"))
}

pub fn parse(text: &str) -> Value {
    assert_eq!(text.lines().count(), 1, "one line: {text}");
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The field `resumed` of the reports in a file, in the order of the connections.
pub fn resumed(path: &str) -> Vec<bool> {
    let reports = reports(path);
    let fields = reports.iter().map(|report| report["resumed"].as_bool());
    fields.map(|field| field.expect("a boolean")).collect()
}

/// Creates a file of ticket keys, each named like the first byte of its secret.
pub fn ticket_keys(folder: &Path, keys: &[u8]) -> String {
    let line = |key: &u8| format!("key-{key} {}\n", format!("{key:02x}").repeat(32));
    let path = path(folder, "keys");
    fs::write(&path, keys.iter().map(line).collect::<String>()).expect("writable");
    path
}

/// Parses the reports of a file, in the order of the connections.
pub fn reports(path: &str) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("reports");
    let mut reports: Vec<Value> = text.lines().map(parse).collect();
    // A server writes them in the order in which the connections end.
    reports.sort_by_key(|report| report["connection"].as_u64());
    reports
}

/// The SHA-256 fingerprint of a test certificate, according to OpenSSL.
pub fn fingerprint(name: &str) -> String {
    let file = certs().join(name).display().to_string();
    let args = ["x509", "-in", &file, "-noout", "-fingerprint", "-sha256"];
    let report = Process::spawn("openssl", &args).finish();
    let (_, hex) = report.stdout.trim().split_once('=').expect("a fingerprint");
    hex.replace(':', "").to_lowercase()
}

/// Listens on a free port, and returns the port.
pub fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    (listener, port.to_string())
}

/// Creates a named pipe.
pub fn fifo(folder: &Path, name: &str) -> String {
    let path = path(folder, name);
    let report = Process::spawn("mkfifo", &[&path]).finish();
    assert_eq!(report.code, Some(0), "{report:?}");
    path
}

pub fn open(path: &str) -> Stdio {
    Stdio::from(File::open(path).expect("readable"))
}

/// Returns the number of open descriptors of a process.
pub fn descriptors(pid: &str) -> usize {
    let folder = format!("/proc/{pid}/fd");
    fs::read_dir(folder).expect("it runs").count()
}

/// Sets the limit of descriptors of a process that runs, so that it can open `count` more.
pub fn limit_descriptors(pid: &str, count: usize) {
    // The limit is one of numbers, of which the process may have inherited higher ones.
    let is_free = |number: &usize| !Path::new(&format!("/proc/{pid}/fd/{number}")).exists();
    let limit = (0..).filter(is_free).nth(count).expect("a number");
    let option = format!("--nofile={limit}:");
    let report = Process::spawn("prlimit", &["--pid", pid, &option]).finish();
    assert_eq!(report.code, Some(0), "{report:?}");
}

/// Fails if a process, which has nothing to do, uses the processor.
pub fn check_idle(pid: &str) {
    let before = cpu_ticks(pid);
    thread::sleep(Duration::from_millis(300));
    // 300 ms are 30 ticks.
    let ticks = cpu_ticks(pid) - before;
    assert!(ticks < 15, "{ticks}");
}

/// Returns the processor time of a process, in hundredths of a second.
fn cpu_ticks(pid: &str) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    let fields = stat.rsplit(") ").next().expect("a name").split(' ');
    let fields = fields.skip(11).take(2);
    fields
        .map(|field| field.parse::<u64>().expect("ticks"))
        .sum()
}
