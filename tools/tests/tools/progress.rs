//! Progress bars are shown for long transfers, on terminals only.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::process::Stdio;

use crate::common::*;
use crate::peers::{Process, cert};

/// Runs the client with a terminal as its standard error, which is the `stdout` of the process.
fn on_terminal(port: &str, args: &[&str]) -> Process {
    let ca = cert("ca.pem");
    let own = [CLIENT, "localhost", port, "--ca", &ca];
    let line = [&own[..], args].concat();
    let line: Vec<String> = line.iter().map(|word| format!("'{word}'")).collect();
    let line = line.join(" ") + " </dev/null >/dev/null";
    Process::spawn(
        "script",
        &["--quiet", "--return", "--command", &line, "/dev/null"],
    )
}

/// Transfers `len` bytes, slowly enough for a bar, and returns the output on the terminal.
fn slow_transfer(name: &str, len: usize, args: &[&str]) -> String {
    let dir = folder(name);
    let file = random_file(&dir, "file", len, 1);
    let target = fifo(&dir, "target");
    let server = Server::start(&["--receive", &target]);
    let mut client = on_terminal(&server.port, &[&["--send", &file], args].concat());
    // The server blocks until its pipe is read.
    let mut sink = File::open(&target).expect("a pipe");
    let seen = if args.contains(&"--no-progress") {
        std::thread::sleep(std::time::Duration::from_millis(600));
        Vec::new()
    } else {
        client.read("sending [".len())
    };
    let mut came = Vec::new();
    sink.read_to_end(&mut came).expect("readable");
    assert_eq!(came, fs::read(&file).expect("readable"));
    let report = client.finish();
    assert_eq!(report.code, Some(0), "{report:?}");
    assert_eq!(server.finish().code, Some(0));
    String::from_utf8_lossy(&seen).into_owned() + &report.stdout
}

#[test]
fn a_long_transfer_shows_a_bar() {
    let shown = slow_transfer("bar", 30_000_000, &[]);
    for part in ["sending [", " of 28.61 MiB, ", "/s, ", " left"] {
        assert!(shown.contains(part), "{part}: {shown:?}");
    }
}

#[test]
fn no_progress_disables_the_bar() {
    let shown = slow_transfer("no-bar", 30_000_000, &["--no-progress"]);
    assert_eq!(shown, "");
}

#[test]
fn a_stream_of_unknown_length_shows_the_bytes_transferred() {
    let dir = folder("unknown-length");
    let source = fifo(&dir, "source");
    let target = path(&dir, "target");
    let server = Server::start(&["--receive", &target]);
    let mut client = on_terminal(&server.port, &["--send", &source]);
    let mut writer = File::options().write(true).open(&source).expect("a pipe");
    writer.write_all(&[b'x'; 10_000]).expect("it is read");
    let seen = client.read(1);
    drop(writer);
    let report = client.finish();
    assert_eq!(report.code, Some(0), "{report:?}");
    let shown = String::from_utf8_lossy(&seen).into_owned() + &report.stdout;
    assert!(shown.contains("9.77 KiB"), "{shown:?}");
    assert!(!shown.contains(" left"), "{shown:?}");
    assert_eq!(server.finish().code, Some(0));
}

#[test]
fn a_short_transfer_shows_nothing() {
    let dir = folder("short");
    let file = random_file(&dir, "file", 1000, 1);
    let server = Server::start(&["--receive", "/dev/null"]);
    let report = on_terminal(&server.port, &["--send", &file]).finish();
    assert_eq!(
        (report.code, report.stdout.as_str()),
        (Some(0), ""),
        "{report:?}"
    );
    assert_eq!(server.finish().code, Some(0));
}

#[test]
fn nothing_is_shown_without_a_terminal() {
    let dir = folder("no-terminal");
    let source = fifo(&dir, "source");
    let server = Server::start(&["--receive", "/dev/null"]);
    let client = start_client(&server.port, &["--send", &source], Stdio::null());
    let mut writer = File::options().write(true).open(&source).expect("a pipe");
    for _ in 0..6 {
        writer.write_all(b"slowly").expect("it is read");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    drop(writer);
    let report = client.finish();
    assert_eq!(
        (report.code, report.stderr.as_str()),
        (Some(0), ""),
        "{report:?}"
    );
    assert_eq!(server.finish().code, Some(0));
}
