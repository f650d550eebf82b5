//! Models of the two directions of a connection, which two threads use at once.

use super::*;
use crate::process::sync::{explore, spawn};
use crate::testing;

/// Runs a sending call and a receiving call at once, and returns their outcomes.
fn both(pair: &Arc<Pair>) -> (Result<usize, Code>, Result<Vec<u8>, Code>) {
    let sending = pair.clone();
    let other = spawn(move || send(&sending.client, b"data").0);
    let received = recv(&pair.client, 10).0;
    (other.join().expect("no panic"), received)
}

/// Seals a record of the server for the client.
fn deliver(pair: &Pair, typ: ContentType, content: &[u8]) {
    let record = sealed(
        &mut pair.server.stream.send.lock().expect("free"),
        typ,
        content,
    );
    pair.to_client.state().bytes.extend(record);
}

/// What the peer receives is what was reported as sent, whole.
fn check_sent(pair: &Pair, sent: Result<usize, Code>) {
    let expected: &[u8] = match sent {
        Ok(len) => &b"data"[..len],
        Err(code) => {
            assert_eq!(code, Code::Closed);
            b""
        }
    };
    assert_eq!(received(&pair.server), expected);
}

#[test]
fn model_of_data_in_both_directions() {
    explore("data in both directions", || {
        let pair = Arc::new(Pair::new(Version::Tls13));
        deliver(&pair, ContentType::ApplicationData, b"answer");
        let (sent, answer) = both(&pair);
        assert_eq!(answer.expect("received"), b"answer");
        assert_eq!(sent, Ok(4));
        check_sent(&pair, sent);
    });
}

/// In TLS 1.2 a close_notify closes both directions, in TLS 1.3 only that of the peer.
#[test]
fn model_of_a_close_notify_during_a_send() {
    fn model(version: Version) {
        let pair = Arc::new(Pair::new(version));
        deliver(&pair, ContentType::Alert, &[1, 0]);
        let (sent, end) = both(&pair);
        assert_eq!(end.expect("the end"), b"");
        if version == Version::Tls13 {
            assert_eq!(sent, Ok(4));
        }
        check_sent(&pair, sent);
    }
    explore("a close_notify during a send of TLS 1.2", || {
        model(Version::Tls12)
    });
    explore("a close_notify during a send of TLS 1.3", || {
        model(Version::Tls13)
    });
}

#[test]
fn model_of_an_error_alert_during_a_send() {
    explore("an error alert during a send", || {
        let pair = Arc::new(Pair::new(Version::Tls13));
        deliver(&pair, ContentType::Alert, &[2, 40]);
        let (sent, failed) = both(&pair);
        assert_eq!(failed.unwrap_err(), Code::Alert);
        check_sent(&pair, sent);
        assert!(!pair.client.state.shared.can_write());
        assert_eq!(send(&pair.client, b"more").0, Err(Code::Closed));
    });
}

/// Of two calls in one direction one may fail, without an effect.
#[test]
fn model_of_two_calls_in_one_direction() {
    explore("two sends", || {
        let pair = Arc::new(Pair::new(Version::Tls13));
        let sending = pair.clone();
        let other = spawn(move || send(&sending.client, b"data").0);
        let outcomes = [
            send(&pair.client, b"data").0,
            other.join().expect("no panic"),
        ];
        let sent = outcomes.iter().filter(|outcome| **outcome == Ok(4)).count();
        let refused = outcomes
            .iter()
            .filter(|outcome| **outcome == Err(Code::Reentrancy));
        assert_eq!(sent + refused.count(), 2);
        assert!(sent > 0);
        assert_eq!(received(&pair.server), b"datadata"[..4 * sent]);
    });
}

/// A transport that is set during a send is used from the next one on.
#[test]
fn model_of_a_change_of_the_transport() {
    explore("a change of the transport during a send", || {
        let pair = Arc::new(Pair::new(Version::Tls13));
        let (old, new) = (pair.to_server.clone(), Arc::<Pipe>::default());
        let (shared, writer) = (pair.clone(), new.clone());
        let other = spawn(move || shared.client.set_writer(Some(writer), true));
        assert_eq!(send(&pair.client, b"data").0, Ok(4));
        other.join().expect("no panic");
        let written = |pipe: &Pipe| pipe.state().bytes.len();
        let (before, after) = (written(&old), written(&new));
        assert!((before == 0) != (after == 0), "one of them has the record");
        assert_eq!(send(&pair.client, b"more").0, Ok(4));
        assert_eq!(
            (written(&old), written(&new) - after),
            (before, before.max(after))
        );
    });
}

/// A KeyUpdate that the peer requests during a send precedes the next record, and is sent once.
#[test]
fn model_of_a_key_update_during_a_send() {
    explore("a requested KeyUpdate during a send", || {
        let pair = Arc::new(testing::Pair::new(testing::TLS13_POLICY));
        pair.establish();
        received(&pair.client);
        {
            let mut half = pair.server.stream.send.lock().expect("free");
            let record = sealed(&mut half, ContentType::Handshake, &[24, 0, 0, 1, 1]);
            let keys = pair.server.state.next_write_keys().expect("a secret");
            half.sealer
                .as_mut()
                .expect("installed")
                .rekey(keys)
                .expect("suits");
            pair.to_client.state().bytes.extend(record);
        }
        let sending = pair.clone();
        let other = spawn(move || send(&sending.client, b"data").0);
        assert_eq!(recv(&pair.client, 10).0, Err(Code::IoBlocked));
        assert_eq!(other.join().expect("no panic"), Ok(4));
        assert_eq!(send(&pair.client, b"more").0, Ok(4));
        assert_eq!(received(&pair.server), b"datamore");
        assert_eq!(pair.client.key_updates_received(), 1);
        assert_eq!(pair.client.key_updates_sent(), 1);
        assert_eq!(pair.server.key_updates_received(), 1);
        assert_eq!(send(&pair.server, b"answer").0, Ok(6));
        assert_eq!(received(&pair.client), b"answer");
    });
}
