//! Data through a tunnel: completeness, half-close, backpressure.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::thread;
use std::time::Duration;

use super::chain::*;
use crate::common::*;

const LEN: usize = 8 << 20;

#[test]
fn data_is_transferred_both_ways_at_once() {
    for policy in ["default", TLS12_POLICY] {
        let args = ["--policy", policy];
        let chain = Chain::start(&args, &args);
        let (client, server) = chain.connect();
        let senders = [send(&client, bytes(1, LEN)), send(&server, bytes(2, LEN))];
        let receiver = thread::spawn(move || read_all(&server) == bytes(1, LEN));
        assert!(read_all(&client) == bytes(2, LEN), "{policy}");
        assert!(receiver.join().expect("received"), "{policy}");
        for sender in senders {
            sender.join().expect("sent").expect("all of it");
        }
        chain.terminate();
    }
}

#[test]
fn each_direction_is_closed_on_its_own() {
    let chain = Chain::start(&["-v"], &["-v"]);
    for client_is_first in [true, false] {
        let (client, server) = chain.connect();
        let (first, second) = match client_is_first {
            true => (client, server),
            false => (server, client),
        };
        (&first).write_all(b"request").expect("sent");
        first.shutdown(Shutdown::Write).expect("open");
        assert_eq!(read_all(&second), b"request");
        // The other direction is still open, in both tools.
        let sender = send(&second, bytes(3, LEN));
        assert!(read_all(&first) == bytes(3, LEN));
        sender.join().expect("sent").expect("all of it");
    }
    for log in chain.terminate() {
        assert_eq!(log.matches("closed by both sides").count(), 2, "{log}");
        assert!(!log.contains("hint"), "{log}");
    }
}

#[test]
fn a_close_notify_of_tls12_waits_for_the_other_direction() {
    let args = ["--policy", TLS12_POLICY, "--linger", "2"];
    let (chain, response) = (Chain::start(&args, &args), bytes(4, LEN));
    let (client, server) = chain.connect();
    (&client).write_all(b"request").expect("sent");
    client.shutdown(Shutdown::Write).expect("open");
    let mut request = [0; 7];
    (&server).read_exact(&mut request).expect("it arrives");
    let sender = send(&server, response.clone());
    assert!(read_all(&client) == response);
    assert_eq!(read_all(&server), b"");
    sender.join().expect("sent").expect("all of it");
    chain.terminate();
}

#[test]
fn an_answer_behind_a_close_notify_of_tls12_is_not_taken_for_complete() {
    let args = ["--policy", TLS12_POLICY, "--linger", "0"];
    let chain = Chain::start(&["--policy", TLS12_POLICY], &args);
    let (client, server) = chain.connect();
    (&client).write_all(b"request").expect("sent");
    // The close_notify of the client follows at once, and ends both directions.
    client.shutdown(Shutdown::Write).expect("open");
    assert_eq!(read_all(&server), b"request");
    (&server).write_all(b"response").expect("sent");
    assert_eq!(read_to_reset(&client), b"");
    drop((client, server));
    let [log, _] = chain.terminate();
    let has_reason = log.contains("its close_notify ends both directions");
    assert!(has_reason, "{log}");
}

#[test]
fn a_slow_reader_stops_its_sender_and_not_the_others() {
    let chain = Chain::start(&[], &[]);
    let (client, server) = chain.connect();
    let before = [chain.server.memory(), chain.client.memory()];
    let timeout = Some(Duration::from_millis(500));
    client.set_write_timeout(timeout).expect("a duration");
    // The buffers of five sockets are filled, which the kernel limits.
    let (data, mut sent) = (bytes(5, 1 << 20), 0);
    let mut count = || loop {
        match (&client).write(&data[sent % data.len()..]) {
            Ok(len) => sent += len,
            Err(_) => return sent,
        }
    };
    let sent = count();
    assert!(sent > 1 << 20, "{sent}");
    let after = [chain.server.memory(), chain.client.memory()];
    for (before, after) in before.into_iter().zip(after) {
        assert!(after < before + (1 << 20), "{before} {after}");
    }
    // Another connection is served meanwhile.
    let (other, other_server) = chain.connect();
    let sender = send(&other, bytes(6, 1 << 20));
    assert!(read_all(&other_server) == bytes(6, 1 << 20));
    sender.join().expect("sent").expect("all of it");

    client.shutdown(Shutdown::Write).expect("open");
    let received = read_all(&server);
    assert_eq!(received.len(), sent);
    let expected = data.iter().cycle();
    assert!(
        received
            .iter()
            .zip(expected)
            .all(|(one, other)| one == other)
    );
    drop((client, server, other, other_server));
    chain.terminate();
}
