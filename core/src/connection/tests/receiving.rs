//! Receiving: record boundaries, read-ahead, and buffers.

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::*;
use crate::config::{RenegotiationCallback, RenegotiationResponse};
use crate::error::Reason;

#[test]
fn a_receive_reads_exactly_one_record() {
    for version in VERSIONS {
        let pair = Pair::new(version);
        send(&pair.client, b"first").0.expect("sent");
        send(&pair.client, b"second").0.expect("sent");
        let wire_len = pair.to_server.state().bytes.len();

        assert_eq!(recv(&pair.server, 3), (Ok(b"fir".to_vec()), Blocked::Read));
        assert_eq!(pair.server.peek(), 2);
        let second = wire_len - pair.server.wire_bytes_in() as usize;
        assert_eq!(pair.to_server.state().bytes.len(), second);
        assert_eq!(second, wire_len / 2 + 1, "the longer record is not read");

        assert_eq!(recv(&pair.server, 100), (Ok(b"st".to_vec()), Blocked::Not));
        assert_eq!(
            recv(&pair.server, 100),
            (Ok(b"second".to_vec()), Blocked::Not)
        );
        assert_eq!(
            recv(&pair.server, 100),
            (Err(Code::IoBlocked), Blocked::Read)
        );
    }
}

#[test]
fn a_receive_of_no_bytes_does_not_read() {
    let pair = Pair::new(Version::Tls13);
    assert_eq!(recv(&pair.server, 0), (Ok(vec![]), Blocked::Not));
    send(&pair.client, b"data").0.expect("sent");
    recv(&pair.server, 1).0.expect("received");
    assert_eq!(recv(&pair.server, 0), (Ok(vec![]), Blocked::Read));
}

#[test]
fn bytes_that_are_read_ahead_are_counted() {
    let pair = Pair::new(Version::Tls13);
    pair.server.set_recv_buffering(true).expect("not QUIC");
    for _ in 0..3 {
        send(&pair.client, b"record").0.expect("sent");
    }
    assert_eq!(recv(&pair.server, 100).0, Ok(b"record".to_vec()));
    assert_eq!(pair.server.peek_buffered() as usize, 2 * (6 + 22));
    assert!(pair.to_server.state().bytes.is_empty());
    assert_eq!(received(&pair.server), b"recordrecord");
    assert_eq!(pair.server.peek_buffered(), 0);
}

#[test]
fn a_receive_returns_several_records_if_configured() {
    let config = Arc::new(Config::new_minimal());
    config.set_recv_multi_record(true);
    let pair = Pair::with_config(Version::Tls13, config);
    for _ in 0..3 {
        send(&pair.client, b"record").0.expect("sent");
    }
    assert_eq!(
        recv(&pair.server, 15),
        (Ok(b"recordrecordrec".to_vec()), Blocked::Read)
    );
    assert_eq!(recv(&pair.server, 15), (Ok(b"ord".to_vec()), Blocked::Not));
    // That the transport would block is not reported later.
    send(&pair.client, b"more").0.expect("sent");
    assert_eq!(recv(&pair.server, 15), (Ok(b"more".to_vec()), Blocked::Not));
}

#[test]
fn an_error_after_data_is_reported_by_the_next_receive() {
    let config = Arc::new(Config::new_minimal());
    config.set_recv_multi_record(true);
    let pair = Pair::with_config(Version::Tls13, config);
    pair.server.set_blinding(BlindingMode::SelfService);
    send(&pair.client, b"good").0.expect("sent");
    send(&pair.client, b"evil").0.expect("sent");
    *pair.to_server.state().bytes.back_mut().expect("a tag") ^= 1;

    assert_eq!(recv(&pair.server, 100).0, Ok(b"good".to_vec()));
    assert_eq!(recv(&pair.server, 100).0, Err(Code::Decrypt));
    assert_eq!(recv(&pair.server, 100).0, Err(Code::Closed));
}

#[test]
fn directions_are_independent() {
    let pair = Pair::new(Version::Tls13);
    let _sending = pair.client.stream.send.lock().expect("free");
    send(&pair.server, b"data").0.expect("sent");
    assert_eq!(recv(&pair.client, 9).0, Ok(b"data".to_vec()));
    assert_eq!(send(&pair.client, b"x").0, Err(Code::Reentrancy));
}

#[test]
fn buffers_are_released_only_when_they_are_empty() {
    let code = |conn: &Connection| conn.release_buffers().map_err(|error| error.code());
    let pair = Pair::new(Version::Tls13);
    pair.to_server.state().room = Some(5);
    send(&pair.client, b"data").0.expect_err("blocked");
    assert_eq!(code(&pair.client), Err(Code::StufferHasUnprocessedData));
    // A header alone stays buffered, and is no error.
    recv(&pair.server, 9).0.expect_err("blocked");
    assert_eq!(code(&pair.server), Ok(()));

    pair.to_server.state().room = Some(1);
    send(&pair.client, b"data").0.expect_err("blocked");
    recv(&pair.server, 9).0.expect_err("blocked");
    assert_eq!(code(&pair.server), Err(Code::StufferHasUnprocessedData));

    pair.to_server.state().room = None;
    send(&pair.client, b"data").0.expect("sent");
    assert_eq!(code(&pair.client), Ok(()));
    recv(&pair.server, 1).0.expect("received");
    assert_eq!(code(&pair.server), Err(Code::StufferHasUnprocessedData));
    recv(&pair.server, 9).0.expect("received");
    assert_eq!(code(&pair.server), Ok(()));
}

/// The server of the test does not support secure renegotiation.
pub(super) struct NeverCalled;

impl RenegotiationCallback for NeverCalled {
    fn decide(&self, _: usize) -> Option<RenegotiationResponse> {
        panic!("the server does not support secure renegotiation")
    }
}

#[test]
fn a_hello_request_is_answered_if_the_application_has_a_callback() {
    for has_callback in [false, true] {
        let config = Arc::new(Config::new_minimal());
        let callback: Arc<dyn RenegotiationCallback> = Arc::new(NeverCalled);
        let set = config.set_renegotiation_callback(has_callback.then_some(callback));
        set.expect("not serializable");
        let pair = Pair::with_config(Version::Tls12, config);
        let request = {
            let mut half = pair.server.stream.send.lock().expect("free");
            sealed(&mut half, ContentType::Handshake, &[0; 4])
        };
        pair.to_client.state().bytes.extend(&request);
        assert_eq!(recv(&pair.client, 1).0, Err(Code::IoBlocked));
        assert!(
            pair.to_server.state().bytes.is_empty(),
            "a receive does not write"
        );

        send(&pair.client, b"data").0.expect("sent");
        send(&pair.client, b"more").0.expect("sent");
        let outcome = match has_callback {
            // no_renegotiation
            true => Err(Code::Alert),
            false => Ok(b"data".to_vec()),
        };
        assert_eq!(recv(&pair.server, 4).0, outcome);
        if has_callback {
            assert_eq!(pair.server.alert().expect("received"), 100);
        }
    }
}

#[test]
fn an_end_in_a_record_tells_how_much_of_it_is_missing() {
    for (len, need, header) in [
        (0, 5, [0; 5]),
        (3, 5, [23, 3, 3, 0, 0]),
        (5, 26, [23, 3, 3, 0, 21]),
        (10, 26, [23, 3, 3, 0, 21]),
    ] {
        let pair = Pair::new(Version::Tls13);
        send(&pair.client, b"data").0.expect("sent");
        {
            let mut state = pair.to_server.state();
            state.bytes.truncate(len);
            state.ended = true;
        }
        let error = pair.server.recv(&mut [0; 9], &mut Blocked::Not);
        let end = match error.expect_err("the end of the stream").reason() {
            Reason::EndOfStream { have, need, header } => (have, need, header),
            other => panic!("{other:?}"),
        };
        assert_eq!(end, (len as u32, need, header));
    }
    // Another error has its own reason.
    let pair = Pair::new(Version::Tls13);
    let error = pair.server.recv(&mut [0; 9], &mut Blocked::Not);
    let error = error.expect_err("nothing to receive");
    assert!(!matches!(error.reason(), Reason::EndOfStream { .. }));
}

#[test]
fn the_current_record_is_not_counted_as_read_ahead() {
    let pair = Pair::new(Version::Tls13);
    pair.server.set_recv_buffering(true).expect("not QUIC");
    for _ in 0..2 {
        send(&pair.client, b"record").0.expect("sent");
    }
    // A part of the next record.
    pair.to_server.state().bytes.truncate(28 + 20);
    assert_eq!(recv(&pair.server, 2).0, Ok(b"re".to_vec()));
    assert_eq!((pair.server.peek(), pair.server.peek_buffered()), (4, 20));
    assert_eq!(recv(&pair.server, 9).0, Ok(b"cord".to_vec()));
    assert_eq!((pair.server.peek(), pair.server.peek_buffered()), (0, 20));
    // It is awaited then.
    assert_eq!(recv(&pair.server, 9).0, Err(Code::IoBlocked));
    assert_eq!((pair.server.peek(), pair.server.peek_buffered()), (0, 0));
}

/// RFC 8446, 6: all alerts but close_notify and user_canceled are errors, whatever their level is.
#[test]
fn warnings_are_ignored_in_tls12_alone() {
    for version in VERSIONS {
        for (level, description, ignored) in [
            (1, 90, true),
            (1, 100, version == Version::Tls12),
            (2, 90, version == Version::Tls13),
            (2, 100, false),
        ] {
            let config = Arc::new(Config::new_minimal());
            config.set_ignores_warnings(true);
            let pair = Pair::with_config(version, config);
            let alert = {
                let mut half = pair.client.stream.send.lock().expect("free");
                sealed(&mut half, ContentType::Alert, &[level, description])
            };
            pair.to_server.state().bytes.extend(alert);
            send(&pair.client, b"data").0.expect("sent");
            let expected = match ignored {
                true => Ok(b"data".to_vec()),
                false => Err(Code::Alert),
            };
            let received = recv(&pair.server, 9).0;
            assert_eq!(received, expected, "{version:?} {level} {description}");
        }
    }
}

#[test]
fn the_memory_of_an_empty_input_buffer_is_released() {
    let capacity = |conn: &Connection| conn.stream.recv.lock().expect("free").input.capacity();
    let pair = Pair::new(Version::Tls13);
    send(&pair.client, b"data").0.expect("sent");
    recv(&pair.server, 9).0.expect("received");
    assert!(capacity(&pair.server) > 0);
    pair.server.release_buffers().expect("empty");
    assert_eq!(capacity(&pair.server), 0);

    // After each call, if the application wants that.
    pair.server.set_dynamic_buffers(true);
    send(&pair.client, b"data").0.expect("sent");
    recv(&pair.server, 3).0.expect("received");
    assert!(capacity(&pair.server) > 0);
    recv(&pair.server, 3).0.expect("received");
    assert_eq!(capacity(&pair.server), 0);
}

/// The error of TLS 1.3 is that of a message which is not allowed; before, the record cannot be
/// decrypted.
#[test]
fn there_is_no_application_data_before_the_keys() {
    let decrypt = Err(Code::Decrypt);
    for (version, typ, expected) in [
        (None, ContentType::ApplicationData, decrypt),
        (Some(Version::Tls12), ContentType::ApplicationData, decrypt),
        (
            Some(Version::Tls13),
            ContentType::ApplicationData,
            Err(Code::BadMessage),
        ),
        (None, ContentType::Handshake, Ok(ContentType::Handshake)),
        (
            Some(Version::Tls12),
            ContentType::Alert,
            Ok(ContentType::Alert),
        ),
        (
            Some(Version::Tls13),
            ContentType::Handshake,
            Ok(ContentType::Handshake),
        ),
    ] {
        let conn = Connection::new(Mode::Client);
        conn.set_config(config()).expect("the config suits");
        conn.set_blinding(BlindingMode::SelfService);
        if let Some(version) = version {
            conn.state.shared.version.store(version, Release);
            conn.state.shared.server_version.store(version, Release);
        }
        let pipe = Arc::<Pipe>::default();
        pipe.state().bytes.extend([typ as u8, 3, 3, 0, 1, 7]);
        conn.set_reader(Some(pipe));
        let mut half = conn.stream.recv.lock().expect("free");
        let read = half.read_record(conn.stream.io(&conn.state));
        assert_eq!(
            read.map_err(|error| error.code()),
            expected,
            "{version:?} {typ:?}"
        );
    }
}

/// RFC 8446, 5.1: "there MUST NOT be any other records between them".
#[test]
fn nothing_is_between_the_parts_of_a_message() {
    use ContentType::*;

    for (records, expected) in [
        (
            &[(Handshake, &[0; 2][..]), (Handshake, &[0; 2])][..],
            Ok(b"data".to_vec()),
        ),
        (
            &[
                (Handshake, &[0; 2]),
                (Alert, &[1, 100]),
                (Handshake, &[0; 2]),
            ],
            Err(Code::BadMessage),
        ),
        (&[(Handshake, &[0; 2])], Err(Code::BadMessage)),
    ] {
        let config = Arc::new(Config::new_minimal());
        config.set_ignores_warnings(true);
        let pair = Pair::with_config(Version::Tls12, config);
        pair.client.set_blinding(BlindingMode::SelfService);
        for &(typ, content) in records {
            let mut half = pair.server.stream.send.lock().expect("free");
            let record = sealed(&mut half, typ, content);
            pair.to_client.state().bytes.extend(record);
        }
        send(&pair.server, b"data").0.expect("sent");
        assert_eq!(recv(&pair.client, 9).0, expected);
    }
}

/// Seals an empty record of the client with padding, of which this library sends none: the inner
/// plaintext is the content type and zeros (RFC 8446, 5.4).
fn padded_record(sequence: u8, zeros: usize) -> Vec<u8> {
    let mut inner = vec![0; 1 + zeros];
    inner[0] = ContentType::ApplicationData as u8;
    let len = (inner.len() + 16) as u16;
    let header = [&[23, 3, 3][..], &len.to_be_bytes()].concat();
    let mut nonce = [1; 12];
    nonce[11] ^= sequence;
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &[1; 16]).expect("fits"));
    let nonce = Nonce::assume_unique_for_key(nonce);
    key.seal_in_place_append_tag(nonce, Aad::from(&header), &mut inner)
        .expect("sealed");
    [header, inner].concat()
}

#[test]
fn empty_records_are_limited_however_long_their_padding_is() {
    for zeros in [0, 5000] {
        let pair = Pair::new(Version::Tls13);
        pair.server.set_blinding(BlindingMode::SelfService);
        // The sequence numbers begin with 1.
        for sequence in 1..33 {
            let record = padded_record(sequence, zeros);
            pair.to_server.state().bytes.extend(record);
            assert_eq!(
                recv(&pair.server, 9000).0,
                Err(Code::IoBlocked),
                "{sequence}"
            );
        }
        let record = padded_record(33, zeros);
        pair.to_server.state().bytes.extend(record);
        assert_eq!(recv(&pair.server, 9000).0, Err(Code::BadMessage));
    }
}
