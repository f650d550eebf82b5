//! Resources that are exhausted: no space for an output, a pipe without a reader, no free descriptor.

use std::fs::{self, File};
use std::io::{Write, pipe};
use std::process::{Command, Stdio};

use crate::common::*;
use crate::peers::{Process, Report, cert};

/// A device whose writes fail with ENOSPC.
const FULL: &str = "/dev/full";

const NO_SPACE: &str = "No space left on device (os error 28)";

/// Runs a tool with a standard output. Returns its exit code, and its standard error.
fn run(tool: &str, args: &[&str], output: Stdio) -> (Option<i32>, String) {
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", "60", tool]).args(args);
    let command = command.stdin(Stdio::null()).stdout(output);
    let output = command.output().expect("timeout is part of coreutils");
    let stderr = String::from_utf8(output.stderr).expect("text");
    (output.status.code(), stderr)
}

/// Runs `rs2nc`, which receives from the port.
fn run_client(port: &str, args: &[&str], output: Stdio) -> (Option<i32>, String) {
    let ca = cert("ca.pem");
    let args = [&["localhost", port, "--ca", &ca], args].concat();
    run(CLIENT, &args, output)
}

fn full() -> Stdio {
    Stdio::from(File::options().write(true).open(FULL).expect("a device"))
}

/// A pipe without a reader.
fn closed_pipe() -> Stdio {
    let (reader, writer) = pipe().expect("a pipe");
    drop(reader);
    Stdio::from(writer)
}

fn failed(line: String) -> (Option<i32>, String) {
    (Some(1), line + "\n")
}

/// Checks the exit code of a server, and that it has reported an error once.
fn check_server(report: &Report, code: i32, message: &str) {
    assert_eq!(report.code, Some(code), "{report:?}");
    assert_eq!(report.stdout.matches(message).count(), 1, "{report:?}");
    assert_eq!(report.stdout.matches("os error").count(), 1, "{report:?}");
}

#[test]
fn texts_that_cannot_be_written_are_errors() {
    for (tool, name) in [(CLIENT, "rs2nc"), (SERVER, "rs2nd")] {
        for args in [
            &["--help"][..],
            &["-h"],
            &["--version"],
            &["--man"],
            &["--list-policies"],
            &["--show-policy", "default"],
            &["--completions", "bash"],
        ] {
            let error = failed(format!("{name}: cannot write standard output: {NO_SPACE}"));
            assert_eq!(run(tool, args, full()), error, "{args:?}");
            let success = (Some(0), String::new());
            assert_eq!(run(tool, args, closed_pipe()), success, "{args:?}");
        }
    }
}

#[test]
fn received_data_that_cannot_be_written_is_an_error() {
    let dir = folder("no-space");
    let file = random_file(&dir, "file", 1_000_000, 3);
    let closed = "rs2nc: standard output was closed by its reader";
    let outputs = [
        (
            full(),
            format!("rs2nc: cannot write standard output: {NO_SPACE}"),
        ),
        (closed_pipe(), closed.to_owned()),
    ];
    for (output, error) in outputs {
        let server = Server::start(&["--send", &file]);
        assert_eq!(run_client(&server.port, &[], output), failed(error));
        // It may have sent everything before.
        server.finish();
    }
    let server = Server::start(&["--send", &file]);
    let error = failed(format!("rs2nc: cannot write {FULL}: {NO_SPACE}"));
    let outcome = run_client(&server.port, &["--receive", FULL], Stdio::null());
    assert_eq!(outcome, error);
    assert_eq!(server.finish().code, Some(1));

    let server = Server::start(&["--receive", FULL]);
    let client = client(&server.port, &["--send", &file], Stdio::null());
    assert_eq!(client.code, Some(1), "{client:?}");
    let message = format!("cannot write {FULL}: {NO_SPACE}");
    check_server(&server.finish(), 1, &message);
}

#[test]
fn reports_that_cannot_be_written_are_errors() {
    let no_space = format!("cannot write the report: {NO_SPACE}");
    for (args, output, reason) in [
        (["--json"], full(), NO_SPACE),
        (["--json"], closed_pipe(), "Broken pipe (os error 32)"),
        (["--json=/dev/full"], Stdio::null(), NO_SPACE),
    ] {
        let server = Server::start(&["--json=/dev/full", "--echo"]);
        let error = failed(format!("rs2nc: cannot write the report: {reason}"));
        assert_eq!(run_client(&server.port, &args, output), error);
        check_server(&server.finish(), 1, &no_space);
    }
    let (chain, key) = (cert("ecdsa.pem"), cert("ecdsa.key"));
    let args = ["--cert", &chain, "--key", &key, "--echo", "127.0.0.1", "0"];
    assert_eq!(
        run(SERVER, &args, full()),
        failed(format!("rs2nd: {no_space}"))
    );
}

#[test]
fn secrets_that_cannot_be_logged_are_an_error() {
    let error = format!("cannot write {FULL}: {NO_SPACE}");
    for policy in ["default", TLS12_POLICY] {
        let args = ["--key-log", FULL, "--policy", policy];
        let server = Server::start(&[&args[..], &["--echo"]].concat());
        let client = client(&server.port, &args, input("hello"));
        // The data was transferred.
        assert_eq!(client.stdout, "hello");
        assert_eq!(
            (client.code, client.stderr),
            failed(format!("rs2nc: {error}"))
        );
        check_server(&server.finish(), 1, &error);
    }
}

#[test]
fn sessions_that_cannot_be_stored_are_an_error() {
    let dir = folder("session-limit");
    let session = path(&dir, "session");
    // No file may have content; the signal of the limit is ignored.
    let limited = "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"";
    for policy in ["default", TLS12_POLICY] {
        let keys = ticket_keys(&dir, b"a");
        let args = ["--ticket-key-file", &keys, "--policy", policy, "--echo"];
        let server = Server::start(&args);
        let ca = cert("ca.pem");
        let args = [
            "-c",
            limited,
            CLIENT,
            "localhost",
            &server.port,
            "--ca",
            &ca,
        ];
        let options = ["--session", &session, "--policy", policy];
        let mut process =
            Process::spawn_with_input("sh", &[&args[..], &options].concat(), input("hello"));
        assert_eq!(process.read(5), b"hello");
        let client = process.finish();
        let error = format!("rs2nc: cannot write {session}: File too large (os error 27)");
        assert_eq!((client.code, client.stderr), failed(error), "{policy}");
        assert_eq!(server.finish().code, Some(0));
        // No part of it is left beside the ticket keys.
        assert_eq!(fs::read_dir(&dir).expect("readable").count(), 1);
    }
}

#[test]
fn a_server_without_free_descriptors_waits() {
    let keys = ticket_keys(&folder("no-descriptor"), b"a");
    let args = ["--echo", "--connections", "3", "--ticket-key-file", &keys];
    let mut server = Server::start_with_input(&args, Stdio::null());
    let connect = || {
        let (reader, writer) = pipe().expect("a pipe");
        (start_client(&server.port, &[], Stdio::from(reader)), writer)
    };
    let (mut first, mut first_input) = connect();
    first_input.write_all(b"1").expect("sent");
    assert_eq!(first.read(1), b"1");

    limit_descriptors(&server.pid, 0);
    let (waiting, inputs): (Vec<_>, Vec<_>) = [(); 2].map(|()| connect()).into_iter().unzip();
    let pid = server.pid.clone();
    server
        .process
        .wait_for_text("cannot accept a connection: Too many open files");
    check_idle(&pid);
    // Neither can a file be opened.
    let hangup = Process::spawn("kill", &["-HUP", &pid]).finish();
    assert_eq!(hangup.code, Some(0));
    let message = format!("cannot read {keys}: Too many open files");
    server.process.wait_for_text(&message);
    // The connection is served.
    first_input.write_all(b"2").expect("sent");
    assert_eq!(first.read(1), b"2");

    limit_descriptors(&pid, 99);
    drop((first_input, inputs));
    for client in waiting.into_iter().chain([first]) {
        let client = client.finish();
        assert_eq!(client.code, Some(0), "{client:?}");
    }
    let report = server.finish();
    assert_eq!(report.code, Some(0), "{report:?}");
    assert!(!report.stdout.contains("cannot accept"), "{report:?}");
}

#[test]
fn a_file_that_cannot_be_opened_fails_one_connection() {
    let file = random_file(&folder("no-descriptor-for-file"), "file", 1000, 4);
    let args = ["--send", &file, "--connections", "2"];
    let mut server = Server::start_with_input(&args, Stdio::null());
    // For the connection, but not for the file.
    limit_descriptors(&server.pid, 1);
    let failed = client(&server.port, &[], Stdio::null());
    assert_eq!(failed.code, Some(1), "{failed:?}");
    let message = format!("cannot read {file}: Too many open files");
    server.process.wait_for_text(&message);
    limit_descriptors(&server.pid, 99);
    let served = client(&server.port, &[], Stdio::null());
    assert_eq!((served.code, served.stdout.len() > 500), (Some(0), true));
    assert_eq!(server.finish().code, Some(1));
}
