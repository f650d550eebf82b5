//! Limits of a tunnel: connections at once, descriptors, time of handshakes; termination.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use super::chain::*;
use crate::common::*;
use crate::peers::{Process, free_port};

/// Transfers a few bytes both ways, and returns the ends of the connection.
fn exchange(client: TcpStream, chain: &Chain) -> [TcpStream; 2] {
    let server = chain.accept();
    (&client).write_all(b"ping").expect("sent");
    (&server).read_exact(&mut [0; 4]).expect("it arrives");
    (&server).write_all(b"pong").expect("sent");
    (&client).read_exact(&mut [0; 4]).expect("it arrives");
    [client, server]
}

#[test]
fn a_silent_peer_holds_its_slot_until_the_timeout() {
    let limits = ["--handshake-timeout", "0.5", "--max-connections", "1"];
    let chain = Chain::start(&limits, &[]);
    let silent = connect(chain.server.port);
    // It waits until the slot is free.
    let ends = exchange(chain.client.connect(), &chain);
    // An alert, and the end.
    let len = (&silent)
        .read_to_end(&mut Vec::new())
        .expect("it is closed");
    assert!(len < 10, "{len}");
    drop(ends);
    let [log, _] = chain.terminate();
    assert!(
        log.contains("the handshake was not complete after 0.5 seconds"),
        "{log}"
    );
}

#[test]
fn connections_above_the_maximum_are_served_later() {
    let chain = Chain::start(&["--max-connections", "2"], &[]);
    let first = [(); 2].map(|()| exchange(chain.client.connect(), &chain));
    let waiting = [(); 3].map(|()| chain.client.connect());
    chain.backend.set_nonblocking(true).expect("a socket");
    assert!(chain.backend.accept().is_err());
    chain.backend.set_nonblocking(false).expect("a socket");
    drop(first);
    for client in waiting {
        // They are accepted in any order.
        let server = chain.accept();
        drop((client, server));
    }
    chain.terminate();
}

#[test]
fn connections_wait_for_free_descriptors() {
    let (backend, port) = listen();
    let server = Tool::forward("", &format!("127.0.0.1:{port}"), &[]);
    let client = Tool::listen(server.port, &[]);
    let chain = Chain {
        backend,
        server,
        client,
    };
    let held = exchange(chain.client.connect(), &chain);
    // One more descriptor than are open: a connection is accepted, and its backend cannot be reached.
    limit_descriptors(&chain.server.pid, 1);
    let waiting = [(); 2].map(|()| chain.client.connect());
    check_idle(&chain.server.pid);
    drop(held);
    limit_descriptors(&chain.server.pid, 99);
    let served = waiting.map(|client| (chain.accept(), client));
    for (server, client) in served {
        drop((server, client));
    }
    let [log, _] = chain.terminate();
    assert_eq!(log.matches("cannot accept").count(), 1, "{log}");
}

#[test]
fn the_limit_of_descriptors_limits_the_connections() {
    let port = free_port();
    let server = Tool::forward("ulimit -n 32;", &format!("127.0.0.1:{port}"), &[]);
    server.terminate();
    let (chain, key) = (
        crate::peers::cert("ecdsa.pem"),
        crate::peers::cert("ecdsa.key"),
    );
    let script = "ulimit -n 32; exec \"$0\" \"$@\"";
    let first = ["-c", script, SERVER, "0", "--cert", &chain, "--key", &key];
    let rest = ["--forward", &port, "--max-connections", "5"];
    let report = Process::spawn("sh", &[&first[..], &rest].concat()).finish();
    assert_eq!(report.code, Some(1));
    assert!(
        report.stderr.contains("the limit of descriptors permits 4"),
        "{report:?}"
    );
}

#[test]
fn a_signal_lets_connections_complete() {
    let Chain {
        backend,
        server,
        client,
    } = Chain::start(&["-v"], &["--connections", "1"]);
    let port = server.port;
    let one = client.connect();
    let (other, _) = backend.accept().expect("a connection");
    let pid = server.pid.clone();
    let kill = || Process::spawn("kill", &[&pid]).finish().code;
    assert_eq!(kill(), Some(0));
    // It does not listen any more, once the signal is processed.
    while let Ok(tcp) = TcpStream::connect(("127.0.0.1", port)) {
        drop(tcp);
        thread::yield_now();
    }
    let sender = send(&one, bytes(8, 1 << 20));
    assert!(read_all(&other) == bytes(8, 1 << 20));
    drop(other);
    assert_eq!(read_all(&one), b"");
    sender.join().expect("sent").expect("all of it");
    assert_eq!(server.finish().code, Some(0));
    assert_eq!(client.finish().code, Some(0));

    // The second one ends it at once.
    let chain = Chain::start(&[], &[]);
    let ends = chain.connect();
    let pid = chain.server.pid.clone();
    let kill = || Process::spawn("kill", &[&pid]).finish().code;
    assert_eq!(kill(), Some(0));
    // A repetition at once is ignored.
    while kill() == Some(0) {
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(chain.server.finish().code, Some(1));
    drop(ends);
    chain.client.terminate();
}
