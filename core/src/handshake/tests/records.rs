//! Records between the messages of a handshake, the transport, and the end of a handshake's memory.

use std::sync::atomic::{AtomicUsize, Ordering::*};

use super::requirements::message_record;
use super::*;
use crate::config::SerializationVersion;
use crate::stream::Writer;

/// A writer that counts the calls of cork and uncork.
struct Corks {
    pipe: Arc<Pipe>,
    corks: [AtomicUsize; 2],
}

impl Writer for Corks {
    fn write(&self, buf: &[u8]) -> std::io::Result<usize> {
        let is_corked = self.corks[0].load(SeqCst) > self.corks[1].load(SeqCst);
        assert!(is_corked || self.corks[0].load(SeqCst) == 0);
        self.pipe.write(buf)
    }

    fn cork(&self) {
        self.corks[0].fetch_add(1, SeqCst);
    }

    fn uncork(&self) {
        self.corks[1].fetch_add(1, SeqCst);
    }
}

#[test]
fn each_flight_is_corked_if_the_connection_is() {
    for is_corked in [true, false] {
        let pair = Pair::new(TLS13_POLICY);
        let writer = Arc::new(Corks {
            pipe: pair.to_server.clone(),
            corks: Default::default(),
        });
        pair.client.set_writer(Some(writer.clone()), is_corked);
        if is_corked {
            pair.client.set_corked();
        }
        pair.establish();
        // ClientHello, ChangeCipherSpec, Finished.
        let expected = if is_corked { 3 } else { 0 };
        let counts = writer.corks.each_ref().map(|count| count.load(SeqCst));
        assert_eq!(counts, [expected; 2]);
    }
}

/// Removes what follows the first record.
fn keep_first_record(pipe: &Pipe) {
    let mut state = pipe.state();
    let len = u16::from_be_bytes([state.bytes[3], state.bytes[4]]);
    state.bytes.truncate(5 + usize::from(len));
}

/// What is no record of TLS is rejected without a delay, before the version is negotiated.
#[test]
fn an_unknown_type_of_record_is_delayed_behind_the_server_hello() {
    const UNKNOWN: [u8; 7] = [99, 3, 3, 0, 2, 1, 1];
    for is_negotiated in [false, true] {
        let pair = Pair::new(TLS12_POLICY);
        assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
        if is_negotiated {
            assert_eq!(negotiate(&pair.server).0, Err(Code::IoBlocked));
            keep_first_record(&pair.to_client);
        }
        pair.to_client.state().bytes.extend(UNKNOWN);
        assert_eq!(negotiate(&pair.client).0, Err(Code::BadMessage));
        let delay = pair.client.delay().expect("a clock");
        assert_eq!(delay.is_zero(), !is_negotiated);
    }
}

/// RFC 8446, 5: the alert is unexpected_message, and not that of a failed decryption.
#[test]
fn a_plaintext_record_behind_the_server_hello_is_unexpected() {
    for record in [message_record(8, &[0, 0]), vec![22, 3, 3, 0, 1, 0]] {
        let pair = Pair::new(TLS13_POLICY);
        pair.client_config.set_max_blinding_delay(0);
        assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
        assert_eq!(negotiate(&pair.server).0, Err(Code::IoBlocked));
        keep_first_record(&pair.to_client);
        assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
        pair.to_client.state().bytes.extend(record);
        assert_eq!(negotiate(&pair.client).0, Err(Code::BadMessage));
        assert_eq!(shutdown(&pair.client).0, Ok(()));
        assert_eq!(negotiate(&pair.server).0, Err(Code::Alert));
        assert_eq!(pair.server.alert().expect("received"), 10);
    }
}

#[test]
fn the_memory_of_a_handshake_can_be_freed_before_its_end() {
    let pair = Pair::new(TLS13_POLICY);
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    let references = Arc::strong_count(&pair.client_config);
    pair.client.free_handshake().expect("free");
    assert!(Arc::strong_count(&pair.client_config) < references);
}

/// A call that fails before the handshake starts changes nothing.
#[test]
fn a_connection_whose_handshake_has_not_started_can_be_deserialized() {
    let pair = Pair::new(TLS12_POLICY);
    let version = Ok(SerializationVersion::V1);
    let set = pair.client_config.set_serialization_version(version);
    set.expect("no QUIC");
    pair.establish();
    let serialized = pair.client.serialize(1000).expect("complete");

    let started = Pair::new(TLS12_POLICY);
    assert_eq!(negotiate(&started.client).0, Err(Code::IoBlocked));
    let outcome = started.client.deserialize(&serialized);
    assert_eq!(
        outcome.map_err(|error| error.code()),
        Err(Code::InvalidState)
    );

    let failed = Pair::new(TLS12_POLICY);
    failed.client_config.set_ech_grease(true);
    let outcome = negotiate(&failed.client).0;
    assert_eq!(outcome, Err(Code::InvalidCipherPreferences));
    failed.client.deserialize(&serialized).expect("it is new");
}

#[test]
fn a_client_of_tls12_awaits_the_certificate_in_the_middle_of_the_flight() {
    let pair = Pair::new(TLS12_POLICY);
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    assert_eq!(negotiate(&pair.server).0, Err(Code::IoBlocked));
    // The record has all messages of the flight: the ServerHello alone.
    let flight: Vec<u8> = pair.to_client.state().bytes.drain(..).collect();
    let body = &flight[9..][..usize::from(u16::from_be_bytes([flight[7], flight[8]]))];
    pair.to_client.state().bytes.extend(message_record(2, body));
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    assert_eq!(pair.client.message_name(), c"SERVER_CERT");
}

#[test]
fn both_sides_export_the_same_keying_material() {
    let export = |conn: &Connection, label: &[u8]| {
        let mut output = [0; 32];
        let outcome = conn.export(label, b"context", &mut output);
        outcome.map(|()| output).map_err(|error| error.code())
    };
    let pair = Pair::new(TLS13_POLICY);
    assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
    assert!(export(&pair.client, b"label").is_err());
    assert_eq!(negotiate(&pair.server).0, Err(Code::IoBlocked));
    pair.establish();
    let exported = export(&pair.client, b"label").expect("complete");
    assert_eq!(export(&pair.server, b"label"), Ok(exported));
    assert_ne!(export(&pair.server, b"other"), Ok(exported));
}
