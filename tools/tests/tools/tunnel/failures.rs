//! Failures of one side of a tunnel, which the other side must notice.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use super::chain::*;
use crate::common::*;
use crate::peers::{cert, free_port};

/// Starts a proxy of one connection that closes both sides once `len` bytes were transferred in a
/// direction. Returns its port.
fn truncating_proxy(server: u16, to_server: bool, len: u64) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    thread::spawn(move || {
        let (client, _) = listener.accept().expect("a client");
        let server = connect(server);
        let (from, to) = match to_server {
            true => (&client, &server),
            false => (&server, &client),
        };
        let mut back = (
            to.try_clone().expect("a copy"),
            from.try_clone().expect("a copy"),
        );
        thread::spawn(move || io::copy(&mut back.0, &mut back.1));
        let mut to = to;
        io::copy(&mut from.take(len), &mut to).expect("transferred");
        // A clean end of the TCP connection, without a close_notify.
        to.shutdown(Shutdown::Write).expect("open");
        let _ = to.read(&mut [0; 1]);
    });
    port
}

#[test]
fn a_truncated_stream_ends_with_a_reset() {
    for policy in ["default", TLS12_POLICY] {
        for to_server in [true, false] {
            let (backend, port) = listen();
            let args = ["--policy", policy];
            let server = Tool::forward("", &format!("127.0.0.1:{port}"), &args);
            let proxy = truncating_proxy(server.port, to_server, 500_000);
            let client = Tool::listen(proxy, &args);
            let one = client.connect();
            let (other, _) = backend.accept().expect("a connection");
            let (from, to) = match to_server {
                true => (one, other),
                false => (other, one),
            };
            let sender = send(&from, bytes(1, 1 << 20));
            let received = read_to_reset(&to);
            let data = bytes(1, 1 << 20);
            // What the system has buffered when it is reset is lost.
            assert!(received.len() < data.len());
            assert!(data.starts_with(&received), "{policy} {to_server}");
            drop(from);
            let _ = sender.join();
            let tool = if to_server { server } else { client };
            let log = tool.terminate().stderr;
            assert!(log.contains("S2N_ERR_CLOSED: "), "{log}");
        }
    }
}

#[test]
fn a_reset_reaches_the_other_end() {
    for policy in ["default", TLS12_POLICY] {
        let args = ["--policy", policy];
        let chain = Chain::start(&args, &args);
        for resets_client in [true, false] {
            let (client, server) = chain.connect();
            let (from, to) = match resets_client {
                true => (client, server),
                false => (server, client),
            };
            (&from).write_all(b"a part").expect("sent");
            let mut part = [0; 6];
            (&to).read_exact(&mut part).expect("it arrives");
            reset(from);
            assert_eq!(read_to_reset(&to), b"");
        }
        let [server, client] = chain.terminate();
        // Each tool has one reset of its plain side, and the alert of the other tool.
        for log in [server, client] {
            assert!(
                log.contains("from the plain side: Connection reset"),
                "{log}"
            );
            assert!(log.contains("alert 80, internal_error"), "{log}");
        }
    }
}

#[test]
fn data_before_a_reset_is_delivered() {
    let chain = Chain::start(&[], &[]);
    let (client, server) = chain.connect();
    // A server that responds, and closes without having read the request: its system resets the
    // connection.
    (&client).write_all(&[0; 100_000]).expect("sent");
    let mut first = [0; 1];
    (&server).read_exact(&mut first).expect("it arrives");
    (&server).write_all(b"no").expect("sent");
    drop(server);
    assert_eq!(read_to_reset(&client), b"no");
    drop(client);
    chain.terminate();
}

#[test]
fn a_refused_backend_is_reported_to_both_ends() {
    let to = format!("127.0.0.1:{}", free_port());
    let server = Tool::forward("", &to, &[]);
    let client = Tool::listen(server.port, &["--once"]);
    assert_eq!(read_to_reset(&client.connect()), b"");
    let client = client.finish();
    assert_eq!(client.code, Some(1), "{client:?}");
    assert!(client.stderr.contains("internal_error"), "{client:?}");
    let server = server.terminate();
    assert_eq!(server.code, Some(0), "{server:?}");
    assert!(server.stderr.contains("Connection refused"), "{server:?}");
}

#[test]
fn a_client_without_a_certificate_does_not_reach_the_backend() {
    let (ca, chain_file, key) = (cert("ca.pem"), cert("client.pem"), cert("client.key"));
    let chain = Chain::start(&["--client-ca", &ca], &[]);
    assert_eq!(read_to_reset(&chain.client.connect()), b"");
    chain.backend.set_nonblocking(true).expect("a socket");
    let accepted = chain.backend.accept().map(drop);
    let error = accepted.expect_err("no connection");
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);

    chain.backend.set_nonblocking(false).expect("a socket");
    let args = ["--cert", &chain_file, "--key", &key];
    let client = Tool::listen(chain.server.port, &args);
    let one = client.connect();
    let other = chain.accept();
    send(&one, b"hello".to_vec())
        .join()
        .expect("sent")
        .expect("all");
    assert_eq!(read_all(&other), b"hello");
    drop((one, other));
    let [_, log] = chain.terminate();
    assert!(log.contains("alert 116, certificate_required"), "{log}");
    client.terminate();
}

#[test]
fn an_untrusted_server_is_reported() {
    let (_backend, port) = listen();
    let server = Tool::forward("", &format!("127.0.0.1:{port}"), &[]);
    let client = Tool::listen(server.port, &["--name", "www.example.org", "--once"]);
    assert_eq!(read_to_reset(&client.connect()), b"");
    let report = client.finish();
    assert_eq!(report.code, Some(1));
    assert!(
        report.stderr.contains("S2N_ERR_CERT_INVALID_HOSTNAME"),
        "{report:?}"
    );
    server.terminate();
}

#[test]
fn peers_without_tls_do_not_disturb_others() {
    let chain = Chain::start(&[], &[]);
    for garbage in [
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        bytes(7, 100_000),
        vec![0x16, 3, 1, 0xff, 0xff],
        Vec::new(),
    ] {
        let tcp = connect(chain.server.port);
        // It may be rejected before everything is written.
        let _ = (&tcp).write_all(&garbage);
        let _ = tcp.shutdown(Shutdown::Write);
        let _ = (&tcp).read_to_end(&mut Vec::new());
    }
    let (client, server) = chain.connect();
    send(&client, b"hello".to_vec())
        .join()
        .expect("sent")
        .expect("all");
    assert_eq!(read_all(&server), b"hello");
    drop((client, server));
    let [log, _] = chain.terminate();
    assert!(
        log.contains("does not speak TLS on this port, but HTTP"),
        "{log}"
    );
    assert!(log.contains("during the handshake"), "{log}");
}

#[test]
fn an_idle_connection_is_reset() {
    let chain = Chain::start(&["--timeout", "0.3"], &[]);
    let (client, server) = chain.connect();
    assert_eq!(read_to_reset(&client), b"");
    assert_eq!(read_to_reset(&server), b"");
    drop::<[TcpStream; 2]>([client, server]);
    let [log, _] = chain.terminate();
    assert!(
        log.contains("no data was sent or received for 0.3 seconds"),
        "{log}"
    );
}
