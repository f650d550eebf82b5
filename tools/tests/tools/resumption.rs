//! Resumption of sessions between the tools: session files, reconnections, ticket keys, the cache.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use crate::common::*;
use crate::peers::{Process, Report, cert};

/// Starts a server that echoes, for a number of connections.
fn serve(connections: usize, args: &[&str]) -> Server {
    let connections = connections.to_string();
    let own = [
        "--echo",
        "--linger",
        "0",
        "--connections",
        connections.as_str(),
    ];
    Server::start_with_input(&[&own[..], args].concat(), Stdio::null())
}

/// Runs a client with these options, and returns its report and whether it resumed a session.
fn connect(port: &str, report: &str, args: &[&str]) -> (Report, bool) {
    let json_option = format!("--json={report}");
    let args = [&["--linger", "0", json_option.as_str()], args].concat();
    let client = client(port, &args, Stdio::null());
    assert_eq!(client.code, Some(0), "{client:?}");
    let resumed = resumed(report);
    assert_eq!(resumed.len(), 1);
    (client, resumed[0])
}

fn expect_success(server: Server) -> Report {
    let report = server.finish();
    assert_eq!(report.code, Some(0), "{report:?}");
    report
}

#[test]
fn a_session_file_is_resumed_in_both_versions() {
    let dir = folder("session-file");
    let keys = ticket_keys(&dir, &[1]);
    for policy in ["default", TLS12_POLICY] {
        let session = path(&dir, policy);
        let (report, reports) = (path(&dir, "report"), path(&dir, "reports"));
        let json_option = format!("--json={reports}");
        let args = ["--ticket-key-file", &keys, "--policy", policy, &json_option];
        let server = serve(3, &args);
        for expected in [false, true, true] {
            let args = ["--session", &session, "--policy", policy, "-v"];
            let (client, is_resumed) = connect(&server.port, &report, &args);
            assert_eq!(is_resumed, expected, "{policy}: {client:?}");
            assert_eq!(client.stderr.contains(", resumed ("), expected);
            let chain = json(&report)["peer_chain"].clone();
            let len = chain.as_array().map_or(0, Vec::len);
            assert_eq!(len, if expected { 0 } else { 3 }, "{chain}");
            let mode = fs::metadata(&session).expect("a file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        expect_success(server);
        assert_eq!(resumed(&reports), [false, true, true], "{policy}");
    }
    let names = fs::read_dir(&dir).expect("a folder").count();
    assert_eq!(names, 5, "no temporary file is left");
}

/// Changes the time at which a session of TLS 1.3 was issued to 1970: it follows the type, the
/// ticket with its length, the format, the version and the suite.
fn expire(session: &mut [u8]) {
    let ticket = usize::from(u16::from_be_bytes([session[1], session[2]]));
    let issued = 1 + 2 + ticket + 1 + 1 + 2;
    session[issued..issued + 8].fill(0);
}

#[test]
fn an_invalid_or_expired_session_is_reported_and_not_offered() {
    let dir = folder("invalid-session");
    let keys = ticket_keys(&dir, &[1]);
    let (session, report) = (path(&dir, "session"), path(&dir, "report"));
    let server = serve(5, &["--ticket-key-file", &keys]);
    let args = ["--session", &session];
    connect(&server.port, &report, &args);
    let valid = fs::read(&session).expect("a session");
    let mut expired = valid.clone();
    expire(&mut expired);
    for invalid in [&b""[..], b"not a session", &expired] {
        fs::write(&session, invalid).expect("writable");
        let (client, is_resumed) = connect(&server.port, &report, &args);
        assert!(!is_resumed);
        let message = format!("the session of {session} is not offered: ");
        assert!(client.stderr.contains(&message), "{client:?}");
        assert!(client.stderr.starts_with("rs2nc: S2N_ERR_"), "{client:?}");
    }
    // The new session has replaced it.
    let (client, is_resumed) = connect(&server.port, &report, &args);
    assert!(is_resumed && client.stderr.is_empty(), "{client:?}");
    expect_success(server);
}

#[test]
fn a_session_of_another_version_is_a_full_handshake() {
    let dir = folder("other-version");
    let keys = ticket_keys(&dir, &[1]);
    let (session, report) = (path(&dir, "session"), path(&dir, "report"));
    let server = serve(3, &["--ticket-key-file", &keys]);
    for policy in ["default", TLS12_POLICY, "default"] {
        let args = ["--session", &session, "--policy", policy];
        let (client, is_resumed) = connect(&server.port, &report, &args);
        assert!(!is_resumed && client.stderr.is_empty(), "{client:?}");
    }
    expect_success(server);
}

#[test]
fn a_session_of_another_server_is_a_full_handshake() {
    let dir = folder("other-server");
    let keys = ticket_keys(&dir, &[1]);
    let other_keys = path(&dir, "other-keys");
    // The same name, and another secret.
    let other = format!("key-1 {}\n", "ab".repeat(32));
    fs::write(&other_keys, other).expect("writable");
    let report = path(&dir, "report");
    for policy in ["default", TLS12_POLICY] {
        let session = path(&dir, policy);
        for (server, expected) in [
            (serve(1, &["--ticket-key-file", &keys]), false),
            (serve(1, &["--ticket-key-file", &other_keys]), false),
            (serve(1, &["--ticket-key-file", &other_keys]), true),
            (serve(1, &[]), false),
            (serve(1, &["--session-cache"]), false),
        ] {
            let args = ["--session", &session, "--policy", policy];
            let (client, is_resumed) = connect(&server.port, &report, &args);
            assert_eq!(is_resumed, expected, "{policy}: {client:?}");
            expect_success(server);
        }
    }
}

#[test]
fn an_unusable_session_file_is_named() {
    let dir = folder("unusable-session");
    let here = dir.display().to_string();
    let report = client("1", &["--session", &here], Stdio::null());
    assert_eq!(report.code, Some(1), "{report:?}");
    assert!(report.stderr.contains("not a regular file"), "{report:?}");

    let keys = ticket_keys(&dir, &[1]);
    let server = serve(1, &["--ticket-key-file", &keys]);
    let report = client(
        &server.port,
        &["--session", "/nowhere/session"],
        input("hello"),
    );
    // The data was transferred, and the session was lost.
    assert_eq!(report.stdout, "hello");
    assert_eq!(report.code, Some(1), "{report:?}");
    let message = "cannot write /nowhere/session";
    assert!(report.stderr.contains(message), "{report:?}");
    expect_success(server);
}

#[test]
fn a_client_reconnects_with_its_last_session() {
    let dir = folder("reconnect");
    let keys = ticket_keys(&dir, &[1]);
    let file = random_file(&dir, "file", 100_000, 7);
    let (came, report) = (path(&dir, "came"), path(&dir, "report"));
    let json_option = format!("--json={report}");
    for policy in ["default", TLS12_POLICY] {
        let server = serve(3, &["--ticket-key-file", &keys]);
        let args = [
            "--reconnect",
            "2",
            "--send",
            &file,
            "--receive",
            &came,
            "--force",
            "--linger",
            "1",
            "--policy",
            policy,
            &json_option,
        ];
        let client = client(&server.port, &args, Stdio::null());
        assert_eq!(client.code, Some(0), "{client:?}");
        expect_success(server);
        let text = fs::read_to_string(&report).expect("reports");
        let numbers = text
            .lines()
            .map(|line| parse(line)["connection"].as_u64().expect("a number"));
        assert_eq!(numbers.collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(resumed(&report), [false, true, true], "{policy}");
        for number in 1..=3 {
            assert!(same(&file, &format!("{came}.{number}")));
        }
    }
}

#[test]
fn standard_input_is_sent_once_and_the_session_file_has_the_last_session() {
    let dir = folder("reconnect-input");
    let keys = ticket_keys(&dir, &[1]);
    let (session, report) = (path(&dir, "session"), path(&dir, "report"));
    let server = serve(3, &["--ticket-key-file", &keys]);
    let args = ["--reconnect", "1", "--session", &session, "-v"];
    let client = client(&server.port, &args, input("once"));
    assert_eq!(client.code, Some(0), "{client:?}");
    assert_eq!(client.stdout, "once");
    for line in ["rs2nc: connection 1: TLS 1.3, ", "rs2nc: connection 2: "] {
        assert!(client.stderr.contains(line), "{client:?}");
    }
    let (_, is_resumed) = connect(&server.port, &report, &["--session", &session]);
    assert!(is_resumed);
    expect_success(server);
}

/// Sends SIGHUP, and waits for the line that the server prints.
fn reload(server: &mut Server, line: &str) {
    let sent = Process::spawn("kill", &["-HUP", &server.pid]).finish();
    assert_eq!(sent.code, Some(0), "{sent:?}");
    server.process.wait_for(line);
}

#[test]
fn ticket_keys_rotate_while_connections_run() {
    let dir = folder("rotation");
    let keys = ticket_keys(&dir, &[1]);
    let (old, new, report) = (path(&dir, "old"), path(&dir, "new"), path(&dir, "report"));
    // A session of another server, which has the second key already.
    let other_dir = folder("rotation-other");
    let other = serve(1, &["--ticket-key-file", &ticket_keys(&other_dir, &[2])]);
    connect(&other.port, &report, &["--session", &new]);
    expect_success(other);
    let kept = fs::read(&new).expect("a session");

    let mut server = serve(6, &["--ticket-key-file", &keys]);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let running = start_client(&server.port, &[], Stdio::from(reader));
    connect(&server.port, &report, &["--session", &old]);
    assert!(!connect(&server.port, &report, &["--session", &new]).1);

    ticket_keys(&dir, &[1, 2]);
    reload(&mut server, &format!("rs2nd: {keys}: 1 new ticket keys"));
    fs::write(&new, kept).expect("writable");
    assert!(connect(&server.port, &report, &["--session", &old]).1);
    assert!(connect(&server.port, &report, &["--session", &new]).1);

    fs::write(&keys, "no key\n").expect("writable");
    let warning = "rs2nd: WARNING: the ticket keys in use are unchanged: ";
    reload(&mut server, warning);
    assert!(connect(&server.port, &report, &["--session", &old]).1);
    drop(writer);
    let running = running.finish();
    assert_eq!(running.code, Some(0), "{running:?}");
    expect_success(server);
}

#[test]
fn an_invalid_ticket_key_file_is_an_error_at_the_start() {
    let dir = folder("invalid-keys");
    let keys = path(&dir, "keys");
    let (chain, key) = (cert("ecdsa.pem"), cert("ecdsa.key"));
    let start = || {
        let own = ["--cert", &chain, "--key", &key, "--ticket-key-file", &keys];
        Process::spawn(SERVER, &[&own[..], &["127.0.0.1", "0"]].concat()).finish()
    };
    let report = start();
    assert_eq!(report.code, Some(1), "{report:?}");
    assert!(report.stderr.contains(&keys), "{report:?}");
    for (text, message) in [
        ("", "keys has no ticket key"),
        ("# one\none 12 34 56\n", "keys, line 2: "),
    ] {
        fs::write(&keys, text).expect("writable");
        let report = start();
        assert_eq!(report.code, Some(1), "{report:?}");
        assert!(report.stderr.contains(message), "{report:?}");
        assert_eq!(report.stdout, "");
    }
}

#[test]
fn the_session_cache_resumes_sessions_of_tls12() {
    let dir = folder("cache");
    let report = path(&dir, "report");
    let keys = ticket_keys(&dir, &[1]);
    for more in [&[][..], &["--ticket-key-file", &keys]] {
        let session = path(&dir, "session");
        let _ = fs::remove_file(&session);
        let server = serve(5, &[&["--session-cache"], more].concat());
        for expected in [false, true, true] {
            let args = ["--session", &session, "--policy", TLS12_POLICY];
            let (client, is_resumed) = connect(&server.port, &report, &args);
            assert_eq!(is_resumed, expected, "{client:?}");
            // A session ID, or a ticket.
            let kind = fs::read(&session).expect("a session")[0];
            assert_eq!(kind, u8::from(!more.is_empty()));
        }
        for expected in [false, !more.is_empty()] {
            let (client, is_resumed) = connect(&server.port, &report, &["--session", &session]);
            assert_eq!(is_resumed, expected, "{client:?}");
        }
        expect_success(server);
    }
}

/// A session has no certificate of the client.
#[test]
fn clients_with_a_certificate_are_not_resumed() {
    let dir = folder("client-auth");
    let keys = ticket_keys(&dir, &[1]);
    let report = path(&dir, "report");
    let (ca, chain, key) = (cert("ca.pem"), cert("client.pem"), cert("client.key"));
    for policy in ["default", TLS12_POLICY] {
        let session = path(&dir, policy);
        let server = ["--ticket-key-file", &keys, "--client-ca", &ca];
        let server = serve(2, &server);
        for _ in 0..2 {
            let own = ["--session", &session, "--cert", &chain, "--key", &key];
            let (_, is_resumed) = connect(
                &server.port,
                &report,
                &[&own[..], &["--policy", policy]].concat(),
            );
            assert!(!is_resumed);
            assert_eq!(json(&report)["client_certificate_used"], true);
        }
        expect_success(server);
    }
}
