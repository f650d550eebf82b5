//! Closing of connections: close_notify, alerts, blinding and wiping.

use std::sync::atomic::AtomicU64;

use super::*;
use crate::base::Clock;

#[test]
fn an_end_of_the_stream_without_close_notify_is_an_error() {
    for version in VERSIONS {
        for len in [0, 3, 5, 10] {
            let pair = Pair::new(version);
            send(&pair.client, b"data").0.expect("sent");
            {
                let mut state = pair.to_server.state();
                state.bytes.truncate(len);
                state.ended = true;
            }
            assert_eq!(recv(&pair.server, 9), (Err(Code::Closed), Blocked::Read));
            assert_eq!(recv(&pair.server, 9), (Err(Code::Closed), Blocked::Read));
        }
    }
}

#[test]
fn a_close_notify_is_the_end_of_the_data() {
    for version in VERSIONS {
        let pair = Pair::new(version);
        send(&pair.client, b"last").0.expect("sent");
        assert_eq!(
            shutdown(&pair.client),
            (Err(Code::IoBlocked), Blocked::Read)
        );
        assert_eq!(send(&pair.client, b"x").0, Err(Code::Closed));

        assert_eq!(recv(&pair.server, 9), (Ok(b"last".to_vec()), Blocked::Not));
        assert_eq!(recv(&pair.server, 9), (Ok(vec![]), Blocked::Not));
        assert_eq!(recv(&pair.server, 9), (Ok(vec![]), Blocked::Not));
        assert_eq!(pair.server.alert().map_err(|error| error.code()), Ok(0));

        assert_eq!(shutdown(&pair.server), (Ok(()), Blocked::Not));
        assert_eq!(shutdown(&pair.client), (Ok(()), Blocked::Not));
        assert_eq!(shutdown(&pair.client), (Ok(()), Blocked::Not));
    }
}

#[test]
fn half_close_requires_tls13() {
    for version in VERSIONS {
        let pair = Pair::new(version);
        let mut blocked = Blocked::Not;
        pair.client.shutdown_send(&mut blocked).expect("sent");
        assert_eq!(recv(&pair.server, 9).0, Ok(vec![]));

        let (sent, received_data) = match version {
            Version::Tls13 => (Ok(5), Ok(b"still".to_vec())),
            _ => (Err(Code::Closed), Err(Code::Closed)),
        };
        assert_eq!(send(&pair.server, b"still").0, sent);
        assert_eq!(recv(&pair.client, 9).0, received_data);
    }
}

#[test]
fn a_blocked_shutdown_is_resumed() {
    let pair = Pair::new(Version::Tls13);
    pair.to_server.state().room = Some(0);
    assert_eq!(send(&pair.client, b"data").0, Err(Code::IoBlocked));
    assert_eq!(
        shutdown(&pair.client),
        (Err(Code::IoBlocked), Blocked::Write)
    );
    pair.to_server.state().room = Some(30);
    assert_eq!(
        shutdown(&pair.client),
        (Err(Code::IoBlocked), Blocked::Write)
    );
    pair.to_server.state().room = None;
    assert_eq!(
        shutdown(&pair.client),
        (Err(Code::IoBlocked), Blocked::Read)
    );
    assert_eq!(received(&pair.server), b"data");
    assert!(pair.to_server.state().bytes.is_empty(), "one close_notify");
}

#[test]
fn a_fatal_alert_closes_both_directions() {
    let pair = Pair::new(Version::Tls13);
    {
        let mut half = pair.client.stream.send.lock().expect("free");
        half.pending_alert = sealed_alert(&mut half, 40);
    }
    shutdown(&pair.client)
        .0
        .expect_err("the peer does not answer");
    assert_eq!(recv(&pair.server, 9), (Err(Code::Alert), Blocked::Read));
    assert_eq!(recv(&pair.server, 9).0, Err(Code::Closed));
    assert_eq!(send(&pair.server, b"x").0, Err(Code::Closed));
    assert_eq!(pair.server.alert().map_err(|error| error.code()), Ok(40));
    let sent = pair.server.wire_bytes_out();
    assert_eq!(shutdown(&pair.server), (Ok(()), Blocked::Not));
    assert_eq!(
        pair.server.wire_bytes_out(),
        sent,
        "no response to an alert"
    );
}

#[test]
fn aborting_sends_an_error_alert_behind_the_data() {
    let pair = Pair::new(Version::Tls13);
    send(&pair.client, b"data").0.expect("sent");
    pair.client.abort();
    pair.client
        .shutdown_send(&mut Blocked::Not)
        .expect("it is sent");
    assert_eq!(recv(&pair.server, 4), (Ok(b"data".to_vec()), Blocked::Not));
    assert_eq!(recv(&pair.server, 9), (Err(Code::Alert), Blocked::Read));
    assert_eq!(pair.server.alert().map_err(|error| error.code()), Ok(80));

    // The alert of an error is more exact.
    let alert = &pair.server.state.shared.pending_alert;
    alert.store(Alert::DecodeError as i16, Release);
    pair.server.abort();
    assert_eq!(alert.load(Acquire), Alert::DecodeError as i16);
}

#[test]
fn a_bad_record_is_blinded() {
    let pair = Pair::new(Version::Tls13);
    pair.server.set_blinding(BlindingMode::SelfService);
    send(&pair.client, b"data").0.expect("sent");
    *pair.to_server.state().bytes.back_mut().expect("a tag") ^= 1;

    assert_eq!(recv(&pair.server, 9), (Err(Code::Decrypt), Blocked::Read));
    let delay = pair.server.delay().expect("the clock works").as_secs();
    assert!((9..30).contains(&delay), "{delay} s");
    assert_eq!(
        shutdown(&pair.server),
        (Err(Code::ShutdownPaused), Blocked::Not)
    );
    assert_eq!(pair.server.wire_bytes_out(), 0);
    assert_eq!(send(&pair.server, b"x").0, Err(Code::Closed));
}

#[test]
fn wiping_resets_a_connection() {
    let pair = Pair::new(Version::Tls13);
    pair.client.set_server_name(c"a.example").expect("short");
    send(&pair.client, b"x").0.expect("sent");
    pair.client.wipe().expect("free");
    assert_eq!(pair.client.wire_bytes_out(), 0);
    pair.client.with_server_name(|name| assert!(name.is_none()));
    assert_eq!(send(&pair.client, b"x").0, Err(Code::Encrypt));
    assert_eq!(shutdown(&pair.client), (Ok(()), Blocked::Not));
}

/// A connection without a transport has nothing to close.
#[test]
fn a_shutdown_writes_if_there_is_a_transport() {
    let pipe = Arc::<Pipe>::default();
    for (has_reader, has_writer) in [(false, false), (true, false), (false, true)] {
        let pair = Pair::new(Version::Tls13);
        pair.client
            .set_reader(has_reader.then(|| pipe.clone() as _));
        pair.client
            .set_writer(has_writer.then(|| pipe.clone() as _), false);
        let outcome = pair.client.shutdown_send(&mut Blocked::Not);
        let expected = match (has_reader, has_writer) {
            (true, false) => Err(Code::Io),
            _ => Ok(()),
        };
        assert_eq!(outcome.map_err(|error| error.code()), expected);
        assert_eq!(pipe.state().bytes.is_empty(), !has_writer);
        // Nor is the peer waited for.
        if !has_reader && !has_writer {
            assert_eq!(shutdown(&pair.client), (Ok(()), Blocked::Not));
        }
    }
}

/// A clock that the test sets, in seconds.
#[derive(Default)]
struct Seconds(AtomicU64);

impl Clock for Seconds {
    fn now(&self) -> Option<Duration> {
        Some(Duration::from_secs(self.0.load(Relaxed)))
    }
}

/// The peer that has caused the error is not waited for.
#[test]
fn a_shutdown_after_the_delay_does_not_wait_for_the_peer() {
    let clock = Arc::new(Seconds::default());
    let config = Arc::new(Config::new_minimal());
    config.set_monotonic_clock(clock.clone());
    let pair = Pair::with_config(Version::Tls13, config);
    pair.server.set_blinding(BlindingMode::SelfService);
    send(&pair.client, b"data").0.expect("sent");
    *pair.to_server.state().bytes.back_mut().expect("a tag") ^= 1;
    assert_eq!(recv(&pair.server, 9).0, Err(Code::Decrypt));

    assert_eq!(shutdown(&pair.server).0, Err(Code::ShutdownPaused));
    clock.0.store(100, Relaxed);
    assert_eq!(shutdown(&pair.server), (Ok(()), Blocked::Not));
    assert_eq!(recv(&pair.client, 9).0, Err(Code::Alert));
}
