//! Connections that fail: truncation, timeouts, refused connections, peers without TLS.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::Stdio;
use std::thread;

use crate::common::*;
use crate::peers::{Process, free_port};

/// Starts a proxy that closes both connections once the server has sent `len` bytes, and returns
/// its port.
fn truncating_proxy(server: &str, len: usize) -> String {
    let server: u16 = server.parse().expect("a port");
    let (listener, port) = listen();
    thread::spawn(move || {
        let (client, _) = listener.accept().expect("a client");
        let server = TcpStream::connect(("127.0.0.1", server)).expect("a server");
        let mut up = (
            client.try_clone().expect("a copy"),
            server.try_clone().expect("a copy"),
        );
        thread::spawn(move || std::io::copy(&mut up.0, &mut up.1));
        let mut bytes = (&server).take(len as u64);
        let mut client = &client;
        let _ = std::io::copy(&mut bytes, &mut client);
        let _ = client.flush();
        let _ = client.shutdown(Shutdown::Write);
        let _ = server.shutdown(Shutdown::Both);
    });
    port
}

#[test]
fn a_truncated_stream_is_a_failure() {
    let dir = folder("truncated");
    let file = random_file(&dir, "file", 1_000_000, 1);
    let (came, report) = (path(&dir, "came"), path(&dir, "report"));
    for policy in ["default", TLS12_POLICY] {
        let server = Server::start(&["--send", &file, "--policy", policy, "--linger", "0.2"]);
        let port = truncating_proxy(&server.port, 500_000);
        let json_option = format!("--json={report}");
        let args = ["--receive", &came, &json_option, "--policy", policy];
        let client = client(&port, &args, Stdio::null());
        assert_eq!(client.code, Some(1), "{policy}: {client:?}");
        assert!(
            client.stderr.starts_with("rs2nc: S2N_ERR_CLOSED: "),
            "{client:?}"
        );
        assert!(client.stderr.contains("may be incomplete"), "{client:?}");
        let report = json(&report);
        assert_eq!(report["error"]["name"], "S2N_ERR_CLOSED");
        assert_eq!(report["close_notify"]["received"], false);
        // The received part is kept under the temporary name.
        assert!(!dir.join("came").exists());
        let part = std::fs::metadata(dir.join("came.part")).expect("a part");
        assert_eq!(report["bytes_in"], part.len());
        assert!(part.len() > 400_000);
        let server = server.finish();
        assert_eq!(server.code, Some(1), "{server:?}");
    }
}

#[test]
fn a_reply_truncated_by_our_close_notify_is_a_failure() {
    let dir = folder("truncated-reply");
    let file = random_file(&dir, "file", 10_000_000, 2);
    let server = Server::start(&["--send", &file, "--policy", TLS12_POLICY]);
    let args = ["--linger", "0", "--policy", TLS12_POLICY];
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let mut client = start_client(&server.port, &args, Stdio::from(reader));
    // The input ends in the middle of the reply.
    client.read(1);
    drop(writer);
    let client = client.finish();
    assert_eq!(client.code, Some(1), "{}", client.stderr);
    let has_hint = client.stderr.contains("a larger --linger");
    assert!(has_hint, "{}", client.stderr);
    let server = server.finish();
    assert_eq!(server.code, Some(1), "{server:?}");
    assert!(
        server.stdout.contains("closed before all data was sent"),
        "{server:?}"
    );
}

#[test]
fn a_connection_closed_during_the_handshake_is_reported() {
    let (listener, port) = listen();
    let server = thread::spawn(move || {
        let (mut tcp, _) = listener.accept().expect("a client");
        let _ = tcp.read(&mut [0; 4096]);
    });
    let client = client(&port, &["--json"], Stdio::null());
    server.join().expect("it ends");
    assert_eq!(client.code, Some(1), "{client:?}");
    assert!(client.stderr.contains("during the handshake"), "{client:?}");
}

#[test]
fn a_peer_without_tls_is_reported() {
    let (listener, port) = listen();
    let server = thread::spawn(move || {
        let (mut tcp, _) = listener.accept().expect("a client");
        tcp.write_all(&[0xff; 5]).expect("sent");
        let _ = tcp.read_to_end(&mut Vec::new());
    });
    let client = client(&port, &[], Stdio::null());
    server.join().expect("it ends");
    assert_eq!(client.code, Some(1), "{client:?}");
    assert!(
        client.stderr.starts_with("rs2nc: S2N_ERR_BAD_MESSAGE: "),
        "{client:?}"
    );
    assert!(
        client.stderr.contains("hint: the peer does not speak TLS"),
        "{client:?}"
    );
}

#[test]
fn timeouts_apply_during_the_handshake_and_afterwards() {
    let (listener, port) = listen();
    let report = client(&port, &["--timeout", "1"], Stdio::null());
    drop(listener);
    assert_eq!(report.code, Some(1), "{report:?}");
    assert!(
        report.stderr.contains("not complete after 1 seconds"),
        "{report:?}"
    );

    // Server and client both wait for input.
    let (server_input, _server_writer) = std::io::pipe().expect("a pipe");
    let (client_input, _client_writer) = std::io::pipe().expect("a pipe");
    let server = Server::start_with_input(&["--once"], Stdio::from(server_input));
    let args = ["--timeout", "1"];
    let report = client(&server.port, &args, Stdio::from(client_input));
    assert_eq!(report.code, Some(1), "{report:?}");
    assert!(
        report
            .stderr
            .starts_with("rs2nc: S2N_ERR_IO_BLOCKED: no data was sent or received for 1 seconds")
    );
    let server = server.finish();
    assert_eq!(server.code, Some(1), "{server:?}");
    assert!(
        server.stdout.contains("without a close_notify"),
        "{server:?}"
    );
}

#[test]
fn an_unresolvable_host_is_reported() {
    // A label has 63 characters at most, so no DNS query is sent for this one.
    let host = "x".repeat(64);
    let client = Process::spawn(CLIENT, &[&host, "443"]).finish();
    assert_eq!(client.code, Some(1), "{client:?}");
    let message = format!("rs2nc: cannot resolve {host}: ");
    assert!(client.stderr.starts_with(&message), "{client:?}");
}

#[test]
fn a_refused_connection_is_reported() {
    let port = free_port();
    let report = client(&port, &["--json", "--receive", "/dev/null"], Stdio::null());
    assert_eq!(report.code, Some(1), "{report:?}");
    assert!(report.stderr.contains("Connection refused"), "{report:?}");
    assert!(report.stderr.contains("hint: "), "{report:?}");
    let other_kind = Process::spawn(CLIENT, &["-6", "127.0.0.1", &port]).finish();
    assert_eq!(other_kind.code, Some(1), "{other_kind:?}");
    let json = parse(&report.stdout);
    assert_eq!(json["peer"], serde_json::Value::Null);
    assert!(
        json["error"]["message"]
            .as_str()
            .expect("text")
            .contains("Connection refused")
    );
}
