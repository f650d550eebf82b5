//! Early data: the records that only a client with the key can send.

use std::sync::Mutex;
use std::sync::atomic::Ordering::*;

use super::*;
use crate::base::lock;
use crate::config::{EarlyDataProgress, KeyLogCallback, Psk};
use crate::error::Alert;
use crate::record::{ContentType, fatal_alert, warning_alert};

mod decisions;

const LIMIT: u32 = 1000;
const END_OF_EARLY_DATA: [u8; 4] = [5, 0, 0, 0];

pub(super) fn append(conn: &Connection, suite: u16) {
    let mut psk = Psk::default();
    psk.set_identity(b"identity").expect("of a length");
    psk.set_secret(b"a secret of 16 bytes").expect("not zeros");
    psk.configure_early_data(LIMIT, suite)
        .expect("of the hash SHA-256");
    conn.append_psk(&psk).expect("the first one");
}

/// A pair whose client has sent early data.
fn pair() -> Pair {
    let pair = Pair::new(TLS13_POLICY);
    append(&pair.client, 0x1301);
    append(&pair.server, 0x1301);
    assert_eq!(send_early(&pair.client, b"early").0, 5);
    pair
}

fn send_early(conn: &Connection, data: &[u8]) -> (usize, Result<(), Code>, Blocked) {
    let (mut sent, mut blocked) = (0, Blocked::Not);
    let outcome = conn.send_early_data(data, &mut sent, &mut blocked);
    (sent, outcome.map_err(|error| error.code()), blocked)
}

fn recv_early(conn: &Connection) -> (Vec<u8>, Result<(), Code>, Blocked) {
    let (mut buf, mut received, mut blocked) = (vec![0; 5000], 0, Blocked::Not);
    let outcome = conn.recv_early_data(&mut buf, &mut received, &mut blocked);
    buf.truncate(received);
    (buf, outcome.map_err(|error| error.code()), blocked)
}

/// Sends a record with the early data keys of a client.
fn send_record(pair: &Pair, typ: ContentType, content: &[u8]) {
    let mut half = pair.client.stream.send.lock().expect("free");
    let sealer = half.sealer.as_mut().expect("for early data");
    let mut record = vec![0; content.len() + sealer.overhead()];
    let len = sealer.seal(typ, &[content], &mut record).expect("sealed");
    pair.to_server.state().bytes.extend(&record[..len]);
}

/// Expects an error in the next record, with an alert.
fn check_rejected(pair: &Pair, code: Code, alert: Alert) {
    assert_eq!(recv_early(&pair.server).1, Err(code));
    assert_eq!(recv_early(&pair.server).1, Err(Code::Closed));
    let pending = pair.server.state.shared.pending_alert.load(Acquire);
    assert_eq!(pending, alert as i16);
}

/// The labels of the early secrets that a side logs.
#[derive(Default)]
struct EarlySecrets(Mutex<Vec<Vec<u8>>>);

impl KeyLogCallback for EarlySecrets {
    fn log(&self, _: usize, line: &[u8]) {
        let label = line.split(|&byte| byte == b' ').next().expect("a label");
        if label.windows(5).any(|part| part == b"EARLY") {
            lock(&self.0).push(label.to_vec());
        }
    }
}

#[test]
fn an_early_secret_is_logged_if_early_data_is_requested() {
    for (is_requested, expected) in [(false, &[][..]), (true, &[b"CLIENT_EARLY_TRAFFIC_SECRET"])] {
        let pair = Pair::new(TLS13_POLICY);
        append(&pair.client, 0x1301);
        append(&pair.server, 0x1301);
        let logs = [&pair.client_config, &pair.server_config].map(|config| {
            let log = Arc::new(EarlySecrets::default());
            config.set_key_log_callback(Some(log.clone()));
            log
        });
        if is_requested {
            assert_eq!(send_early(&pair.client, b"early").0, 5);
            assert_eq!(recv_early(&pair.server).0, b"early");
        }
        assert_eq!(pair.negotiate(), (Ok(()), Ok(())));
        for log in logs {
            assert_eq!(*lock(&log.0), expected);
        }
    }
}

#[test]
fn end_of_early_data_may_be_fragmented() {
    let pair = pair();
    assert_eq!(recv_early(&pair.server).0, b"early");
    // The client's own message follows: it is the second one, which has no key any more.
    for fragment in END_OF_EARLY_DATA.chunks(1) {
        let progress = pair.server.early_data_progress();
        assert_eq!(progress, EarlyDataProgress::Accepted);
        send_record(&pair, ContentType::Handshake, fragment);
        let (data, outcome, _) = recv_early(&pair.server);
        assert!(data.is_empty());
        assert!(matches!(outcome, Ok(()) | Err(Code::IoBlocked)));
    }
    assert_eq!(pair.server.early_data_progress(), EarlyDataProgress::Ended);
    // The end of the handshake, without the client's own EndOfEarlyData.
    pair.to_server.state().room = Some(0);
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    let mut half = pair.client.stream.send.lock().expect("free");
    let queued = half.out.take_pending();
    drop(half);
    let end = 5 + usize::from(u16::from_be_bytes([queued[3], queued[4]]));
    pair.to_server.state().bytes.extend(&queued[end..]);
    assert_eq!(negotiate(&pair.server).0, Ok(()));
}

#[test]
fn a_blocked_call_that_is_not_repeated_has_no_effect_on_application_data() {
    let pair = pair();
    assert_eq!(recv_early(&pair.server).0, b"early");
    pair.to_server.state().room = Some(0);
    let (sent, outcome, _) = send_early(&pair.client, b"not repeated");
    assert_eq!((sent, outcome), (0, Err(Code::IoBlocked)));
    pair.to_server.state().room = None;

    assert_eq!(negotiate(&pair.client).0, Ok(()));
    assert_eq!(recv_early(&pair.server).0, b"not repeated");
    assert_eq!(negotiate(&pair.server).0, Ok(()));
    assert_eq!(send(&pair.client, b"data").0, Ok(4));
    assert_eq!(recv(&pair.server, 9).0, Ok(b"data".to_vec()));
}

#[test]
fn other_messages_than_end_of_early_data_are_rejected() {
    for message in [
        &[5, 0, 0, 1, 0][..],
        &[5, 0, 0, 1],
        &[20, 0, 0, 0],
        &[24, 0, 0, 1, 0],
        &[1],
    ] {
        let pair = pair();
        assert_eq!(recv_early(&pair.server).0, b"early");
        send_record(&pair, ContentType::Handshake, message);
        check_rejected(&pair, Code::BadMessage, Alert::UnexpectedMessage);
    }
}

#[test]
fn messages_do_not_span_the_change_of_keys() {
    for (fragments, typ) in [
        (&[&[5, 0, 0, 0, 20][..]][..], ContentType::Handshake),
        (&[&[5, 0][..], &[]], ContentType::Handshake),
        (&[&[5, 0], b"data"], ContentType::ApplicationData),
    ] {
        let pair = pair();
        assert_eq!(recv_early(&pair.server).0, b"early");
        send_record(&pair, ContentType::Handshake, fragments[0]);
        if let Some(fragment) = fragments.get(1) {
            send_record(&pair, typ, fragment);
        }
        check_rejected(&pair, Code::BadMessage, Alert::UnexpectedMessage);
    }
}

#[test]
fn empty_records_are_limited() {
    let pair = pair();
    assert_eq!(recv_early(&pair.server).0, b"early");
    for _ in 0..32 {
        send_record(&pair, ContentType::ApplicationData, b"");
    }
    assert_eq!(recv_early(&pair.server).1, Err(Code::IoBlocked));
    send_record(&pair, ContentType::ApplicationData, b"data");
    assert_eq!(recv_early(&pair.server).0, b"data");
    for _ in 0..33 {
        send_record(&pair, ContentType::ApplicationData, b"");
    }
    assert_eq!(recv_early(&pair.server).1, Err(Code::BadMessage));
}

#[test]
fn alerts_are_sealed_with_the_keys_of_early_data() {
    let pair = pair();
    let alert = fatal_alert(Alert::InternalError as u8);
    send_record(&pair, ContentType::Alert, &alert);
    let (data, outcome, _) = recv_early(&pair.server);
    assert_eq!((&data[..], outcome), (&b"early"[..], Err(Code::Alert)));
    assert_eq!(pair.server.alert().expect("received"), 80);

    let pair = self::pair();
    assert_eq!(shutdown(&pair.client), (Ok(()), Blocked::Not));
    assert_eq!(recv_early(&pair.server).1, Err(Code::Closed));
    assert_eq!(pair.server.alert().expect("received"), 0);

    // Not in plaintext.
    let pair = self::pair();
    assert_eq!(recv_early(&pair.server).0, b"early");
    let [level, description] = warning_alert(Alert::CloseNotify);
    let record = [21, 3, 3, 0, 2, level, description];
    pair.to_server.state().bytes.extend(record);
    assert_eq!(recv_early(&pair.server).1, Err(Code::BadMessage));
}

/// A failed handshake behind early data: no number of a record is used twice, and the server can
/// decrypt the alert.
#[test]
fn the_alert_of_a_failed_handshake_follows_early_data() {
    let pair = pair();
    pair.client_config.set_max_blinding_delay(0);
    assert_eq!(recv_early(&pair.server).0, b"early");
    if let Some(last) = pair.to_client.state().bytes.back_mut() {
        *last ^= 1;
    }
    assert_eq!(negotiate(&pair.client).0, Err(Code::Decrypt));
    assert_eq!(shutdown(&pair.client).0, Ok(()));
    assert_eq!(recv_early(&pair.server).1, Err(Code::Alert));
    let alert = pair.server.alert().expect("received");
    assert_eq!(alert, Alert::BadRecordMac as u8);
}

#[test]
fn a_change_cipher_spec_is_ignored() {
    let pair = pair();
    assert_eq!(recv_early(&pair.server).0, b"early");
    pair.establish();
    assert_eq!(send(&pair.client, b"data").0, Ok(4));
    assert_eq!(received(&pair.server), b"data");
}

/// The server selects another suite with the hash of the key: its early data is not accepted.
#[test]
fn early_data_needs_the_suite_of_the_key() {
    let pair = Pair::new(TLS13_POLICY);
    append(&pair.client, 0x1303);
    append(&pair.server, 0x1303);
    assert_eq!(send_early(&pair.client, b"early").0, 5);
    assert_eq!(recv_early(&pair.server), (vec![], Ok(()), Blocked::Not));
    assert_eq!(
        pair.server.early_data_progress(),
        EarlyDataProgress::Rejected
    );
    // rustls has no way for a client to continue.
    assert_eq!(negotiate(&pair.client).0, Err(Code::BadMessage));
}

#[test]
fn rejected_early_data_ends_with_the_first_record_that_can_be_decrypted() {
    let pair = Pair::new(TLS13_POLICY);
    append(&pair.client, 0x1301);
    append(&pair.server, 0x1301);
    assert_eq!(send_early(&pair.client, &pattern(400)).0, 400);
    assert_eq!(negotiate(&pair.server).0, Err(Code::IoBlocked));
    assert_eq!(negotiate(&pair.client).0, Ok(()));
    assert_eq!(negotiate(&pair.server).0, Ok(()));
    // A record of early data behind the end of the handshake.
    let garbage = [&[23, 3, 3, 0, 30][..], &[7; 30]].concat();
    pair.to_server.state().bytes.extend(garbage);
    assert_eq!(recv(&pair.server, 9).0, Err(Code::Decrypt));
}

#[test]
fn a_client_forgets_early_data_that_is_rejected_while_it_is_sent() {
    let pair = Pair::new(TLS13_POLICY);
    append(&pair.client, 0x1301);
    append(&pair.server, 0x1301);
    assert_eq!(send_early(&pair.client, b"").0, 0);
    // The record is sealed, and a part of it written.
    pair.to_server.state().room = Some(9);
    let blocked = (0, Err(Code::IoBlocked), Blocked::Write);
    assert_eq!(send_early(&pair.client, &pattern(300)), blocked);
    pair.to_server.state().room = None;
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    assert_eq!(negotiate(&pair.server).0, Err(Code::IoBlocked));
    pair.establish();
    // A shorter send is not the repetition of the blocked one.
    assert_eq!(send(&pair.client, b"data").0, Ok(4));
    assert_eq!(received(&pair.server), b"data");
}
