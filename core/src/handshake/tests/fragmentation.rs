//! Fragmentation of handshake messages into records of every size.

use super::*;
use crate::messages::Field;

const HANDSHAKE: u8 = 22;
const CHANGE_CIPHER_SPEC: u8 = 20;
const HEADER: usize = 5;

/// A group for which no client sends a key share in its first ClientHello.
const RETRIED_GROUP: u16 = 0x0019;

/// Returns a pair whose server sends a HelloRetryRequest.
fn pair_with_retry() -> Pair {
    let pair = Pair::new(b"default");
    let policy = Policy::restricted_to_group(RETRIED_GROUP);
    pair.server.set_policy(policy).expect("no rules");
    pair
}

fn record(typ: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = (content.len() as u16).to_be_bytes();
    [&[typ, 3, 3, high, low], content].concat()
}

/// Removes the records from a transport, and returns each with its header.
fn records(transport: &Pipe) -> Vec<Vec<u8>> {
    let mut state = transport.state();
    let bytes: Vec<u8> = state.bytes.drain(..).collect();
    let mut rest = &bytes[..];
    let mut records = Vec::new();
    while let [_, _, _, high, low, ..] = *rest {
        let len = HEADER + usize::from(u16::from_be_bytes([high, low]));
        records.push(rest[..len].to_vec());
        rest = &rest[len..];
    }
    records
}

/// Fragments the handshake messages in the plaintext records of a transport into other records.
fn refragment(pair: &Pair, transport: &Pipe, fragment: impl Fn(&[u8]) -> Vec<Vec<u8>>) {
    let policy = pair.client.policy().expect("the pair's");
    let is_tls13 = policy.supports_tls13();
    let mut plain = Vec::new();
    let mut out = Vec::new();
    let mut is_plain = true;
    let flush = |plain: &mut Vec<u8>, out: &mut Vec<u8>| {
        let parts = fragment(&std::mem::take(plain));
        out.extend(parts.iter().flat_map(|part| record(HANDSHAKE, part)));
    };
    for next in records(transport) {
        match next[0] {
            HANDSHAKE if is_plain => plain.extend(&next[HEADER..]),
            typ => {
                flush(&mut plain, &mut out);
                // Before TLS 1.3 later records are encrypted.
                is_plain &= is_tls13 || typ != CHANGE_CIPHER_SPEC;
                out.extend(next);
            }
        }
    }
    flush(&mut plain, &mut out);
    transport.state().bytes.extend(out);
}

fn fragments(size: usize) -> impl Fn(&[u8]) -> Vec<Vec<u8>> {
    move |content| content.chunks(size).map(<[u8]>::to_vec).collect()
}

/// Completes a handshake whose plaintext messages are fragmented.
fn establish(pair: &Pair, fragment: impl Fn(&[u8]) -> Vec<Vec<u8>>) {
    let mut outcomes = (Err(Code::IoBlocked), Err(Code::IoBlocked));
    for _ in 0..8 {
        if outcomes.0.is_err() {
            outcomes.0 = negotiate(&pair.client).0;
            refragment(pair, &pair.to_server, &fragment);
        }
        if outcomes.1.is_err() {
            outcomes.1 = negotiate(&pair.server).0;
            refragment(pair, &pair.to_client, &fragment);
        }
    }
    assert_eq!(outcomes, (Ok(()), Ok(())));
    assert_eq!(send(&pair.client, b"data").0, Ok(4));
    assert_eq!(received(&pair.server), b"data");
}

#[test]
fn messages_are_reassembled_from_fragments_of_any_size() {
    for size in [1, 2, 3, 4, 5, 7, 64, 200, 1000] {
        for policy in POLICIES {
            establish(&Pair::new(policy), fragments(size));
        }
        establish(&pair_with_retry(), fragments(size));
    }
}

/// In TLS 1.2 the messages of a flight may share records, and a record may contain the end of one
/// and the start of another.
#[test]
fn a_flight_may_be_fragmented_at_any_position() {
    let flight = {
        let pair = Pair::new(TLS12_POLICY);
        negotiate(&pair.client).0.expect_err("blocked");
        negotiate(&pair.server).0.expect_err("blocked");
        let records = records(&pair.to_client);
        records.iter().map(|record| record.len() - HEADER).sum()
    };
    // Signatures differ in length by a few bytes from handshake to handshake.
    for position in (1..flight).step_by(3) {
        establish(&Pair::new(TLS12_POLICY), |content| {
            let (front, back) = content.split_at(position.min(content.len()));
            let parts = [front, back].map(<[u8]>::to_vec);
            parts.into_iter().filter(|part| !part.is_empty()).collect()
        });
    }
}

#[test]
fn a_fragmented_hello_is_parsed() {
    for size in [1, 50, 10_000] {
        let pair = pair_with_retry();
        negotiate(&pair.client).0.expect_err("blocked");
        let first = records(&pair.to_server).concat();
        pair.to_server.state().bytes.extend(&first);
        refragment(&pair, &pair.to_server, fragments(size));
        negotiate(&pair.server).0.expect_err("blocked");
        assert_is_client_hello(&pair.server, &first);
        assert_eq!(pair.server.message_name(), c"CLIENT_HELLO");

        refragment(&pair, &pair.to_client, fragments(size));
        assert_eq!(pair.client.server_version(), Version::Unknown);
        negotiate(&pair.client).0.expect_err("blocked");
        assert_eq!(pair.client.server_version(), Version::Tls13);
        assert_eq!(pair.client.message_name(), c"SERVER_HELLO");
        let second = records(&pair.to_server);
        let second = second.iter().find(|record| record[0] == HANDSHAKE);
        let second = second.expect("another ClientHello").clone();
        assert_ne!(first, second);
        pair.to_server.state().bytes.extend(&second);
        refragment(&pair, &pair.to_server, fragments(size));
        negotiate(&pair.server).0.expect_err("blocked");
        assert_is_client_hello(&pair.server, &second);
        assert_eq!(pair.server.message_name(), c"CLIENT_FINISHED");
    }
}

/// Asserts that the application can read the ClientHello in this record.
fn assert_is_client_hello(server: &Connection, record: &[u8]) {
    const RANDOM: std::ops::Range<usize> = 2..34;

    let hello = server.client_hello().expect("received");
    let mut body = record[HEADER + 4..].to_vec();
    assert_eq!(hello.random(), body[RANDOM]);
    body[RANDOM].fill(0);
    let same = hello.with_field(Field::Message, |bytes| bytes == body);
    assert!(same.expect("not freed"));
}

#[test]
fn a_fragmented_server_hello_sets_the_version() {
    for (policy, version, next) in [
        (TLS12_POLICY, Version::Tls12, c"SERVER_CERT"),
        (TLS13_POLICY, Version::Tls13, c"ENCRYPTED_EXTENSIONS"),
    ] {
        let pair = Pair::new(policy);
        negotiate(&pair.client).0.expect_err("blocked");
        negotiate(&pair.server).0.expect_err("blocked");
        let hello = records(&pair.to_client).remove(0);
        let len = 4 + usize::from(u16::from_be_bytes([hello[HEADER + 2], hello[HEADER + 3]]));
        let (last, hello) = hello[HEADER..][..len].split_last().expect("not empty");
        for &byte in hello {
            pair.to_client
                .state()
                .bytes
                .extend(record(HANDSHAKE, &[byte]));
            assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
            assert_eq!(pair.client.server_version(), Version::Unknown);
            assert_eq!(pair.client.message_name(), c"SERVER_HELLO");
        }
        pair.to_client
            .state()
            .bytes
            .extend(record(HANDSHAKE, &[*last]));
        assert_eq!(negotiate(&pair.client).0, Err(Code::IoBlocked));
        assert_eq!(pair.client.server_version(), version);
        assert_eq!(pair.client.version(), version);
        assert_eq!(pair.client.message_name(), next);
    }
}

/// RFC 8446, 5.1: a message before a change of keys "MUST align with a record boundary".
#[test]
fn bytes_after_a_hello_in_its_record_are_rejected() {
    for size in [1, 100, 10_000] {
        for tail in [&[0][..], &[1, 0, 0, 0], &[20, 0, 0, 40, 1, 2]] {
            let lengthen = |content: &[u8]| {
                let mut parts = fragments(size)(content);
                if let Some(last) = parts.last_mut() {
                    last.extend(tail);
                }
                parts
            };
            let pair = Pair::new(TLS13_POLICY);
            negotiate(&pair.client).0.expect_err("blocked");
            refragment(&pair, &pair.to_server, lengthen);
            assert_eq!(negotiate(&pair.server).0, Err(Code::BadMessage));

            let pair = Pair::new(TLS13_POLICY);
            negotiate(&pair.client).0.expect_err("blocked");
            negotiate(&pair.server).0.expect_err("blocked");
            refragment(&pair, &pair.to_client, lengthen);
            assert_eq!(negotiate(&pair.client).0, Err(Code::BadMessage));
        }
    }
}

/// RFC 8446, 5.1: "there MUST NOT be any other records between them".
#[test]
fn another_record_between_fragments_is_rejected() {
    let others = [
        record(CHANGE_CIPHER_SPEC, &[1]),
        record(23, b"data"),
        record(HANDSHAKE, &[]),
    ];
    for other in &others {
        for retry in [false, true] {
            let pair = pair_with_retry();
            negotiate(&pair.client).0.expect_err("blocked");
            if retry {
                negotiate(&pair.server).0.expect_err("blocked");
                negotiate(&pair.client).0.expect_err("blocked");
            }
            refragment(&pair, &pair.to_server, fragments(100));
            let mut whole = records(&pair.to_server);
            let fragment = whole.iter().position(|record| record[0] == HANDSHAKE);
            whole.insert(fragment.expect("a fragment") + 1, other.clone());
            pair.to_server.state().bytes.extend(whole.concat());
            assert_eq!(negotiate(&pair.server).0, Err(Code::BadMessage));
            assert_eq!(negotiate(&pair.server).0, Err(Code::Closed));
        }
    }
}

#[test]
fn a_message_is_rejected_by_the_length_in_its_header() {
    for size in 1..=4 {
        let pair = Pair::new(TLS13_POLICY);
        let header = [1, 1, 0, 0];
        let mut state = pair.to_server.state();
        for part in header.chunks(size) {
            state.bytes.extend(record(HANDSHAKE, part));
        }
        drop(state);
        assert_eq!(negotiate(&pair.server).0, Err(Code::BadMessage));
    }
}

/// No memory is allocated for bytes that are not received.
#[test]
fn memory_is_allocated_for_received_bytes_only() {
    let pair = Pair::new(TLS13_POLICY);
    let front = record(HANDSHAKE, &[1, 0, 0xff, 0xff, 3, 3]);
    pair.to_server.state().bytes.extend(front);
    assert_eq!(negotiate(&pair.server).0, Err(Code::IoBlocked));
    let handshake = pair.server.handshake.lock().expect("free");
    let handshake = handshake.as_ref().expect("started");
    assert!(handshake.reassembler.capacity() < 100);
}
