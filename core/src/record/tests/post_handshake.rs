//! Reassembly and validation of post-handshake messages.

use super::super::{PostHandshakeMessage, PostHandshakeReassembler};
use super::*;
use crate::base::Mode;
use crate::error::Code;

/// An owned copy of a message.
#[derive(Clone, Debug, PartialEq)]
enum Received {
    KeyUpdate(bool),
    Ticket(Vec<u8>),
    HelloRequest,
}

/// The receiver of post-handshake messages.
struct Receiver {
    reassembler: PostHandshakeReassembler,
    side: Mode,
    tls13: bool,
    received: Vec<Received>,
}

impl Receiver {
    fn new(side: Mode, tls13: bool) -> Self {
        Self {
            reassembler: PostHandshakeReassembler::default(),
            side,
            tls13,
            received: Vec::new(),
        }
    }

    fn push(&mut self, plain: &[u8]) -> Option<Code> {
        let received = &mut self.received;
        let outcome = self
            .reassembler
            .push(plain, self.side, self.tls13, |message| {
                received.push(match message {
                    PostHandshakeMessage::KeyUpdate { requested } => Received::KeyUpdate(requested),
                    PostHandshakeMessage::NewSessionTicket(ticket) => {
                        Received::Ticket(ticket.to_vec())
                    }
                    PostHandshakeMessage::HelloRequest => Received::HelloRequest,
                });
                Ok(())
            });
        outcome.err().map(|error| error.code())
    }
}

fn message(typ: u8, body: &[u8]) -> Vec<u8> {
    let [_, len @ ..] = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[typ][..], &len, body].concat()
}

const HELLO_REQUEST: u8 = 0;
const TICKET: u8 = 4;
const KEY_UPDATE: u8 = 24;

#[test]
fn complete_messages_are_parsed_at_once() {
    let mut client = Receiver::new(Mode::Client, true);
    let first = plaintext(200);
    let flight = [message(TICKET, &first), message(TICKET, b"second")].concat();
    assert_eq!(client.push(&flight), None);
    assert_eq!(client.push(&message(KEY_UPDATE, &[1])), None);
    assert_eq!(client.push(&message(KEY_UPDATE, &[0])), None);
    let expected = [
        Received::Ticket(first),
        Received::Ticket(b"second".to_vec()),
        Received::KeyUpdate(true),
        Received::KeyUpdate(false),
    ];
    assert_eq!(client.received, expected);
    assert!(!client.reassembler.is_mid_message());
}

#[test]
fn messages_are_reassembled_from_any_fragments() {
    let flight = [
        message(TICKET, &plaintext(30)),
        message(TICKET, &plaintext(5)),
        message(KEY_UPDATE, &[1]),
    ]
    .concat();
    let expected = [
        Received::Ticket(plaintext(30)),
        Received::Ticket(plaintext(5)),
        Received::KeyUpdate(true),
    ];
    for first in 0..=flight.len() {
        for second in first..=flight.len() {
            let mut client = Receiver::new(Mode::Client, true);
            assert_eq!(client.push(&flight[..first]), None);
            assert_eq!(client.push(&flight[first..second]), None);
            assert_eq!(client.push(&flight[second..]), None);
            assert_eq!(client.received, expected, "{first} {second}");
            assert!(!client.reassembler.is_mid_message());
        }
    }
}

#[test]
fn messages_are_reassembled_from_single_bytes() {
    let flight = [message(TICKET, &plaintext(300)), message(KEY_UPDATE, &[0])].concat();
    let mut client = Receiver::new(Mode::Client, true);
    for byte in flight {
        assert_eq!(client.push(&[byte]), None);
    }
    assert_eq!(
        client.received,
        [Received::Ticket(plaintext(300)), Received::KeyUpdate(false)]
    );
}

#[test]
fn an_incomplete_message_is_reported() {
    let ticket = message(TICKET, b"ticket");
    for split in 0..=ticket.len() {
        let mut client = Receiver::new(Mode::Client, true);
        assert_eq!(client.push(&ticket[..split]), None);
        let expected = split > 0 && split < ticket.len();
        assert_eq!(client.reassembler.is_mid_message(), expected, "{split}");
    }
}

#[test]
fn a_message_of_another_side_or_version_is_rejected() {
    for side in [Mode::Client, Mode::Server] {
        for tls13 in [false, true] {
            for typ in 0..=255 {
                let body: &[u8] = match typ {
                    HELLO_REQUEST => &[],
                    _ => &[1],
                };
                let expected = match (typ, side, tls13) {
                    (HELLO_REQUEST, Mode::Client, false)
                    | (TICKET, Mode::Client, true)
                    | (KEY_UPDATE, _, true) => None,
                    _ => Some(Code::BadMessage),
                };
                let mut peer = Receiver::new(side, tls13);
                assert_eq!(
                    peer.push(&message(typ, body)),
                    expected,
                    "{side:?} {tls13} {typ}"
                );
                assert_eq!(peer.received.len(), usize::from(expected.is_none()));

                // The type alone suffices.
                let mut peer = Receiver::new(side, tls13);
                assert_eq!(peer.push(&[typ]), expected);
            }
        }
    }
}

#[test]
fn a_key_update_with_another_body_than_0_or_1_is_rejected() {
    for side in [Mode::Client, Mode::Server] {
        for value in 2..=255 {
            let mut peer = Receiver::new(side, true);
            let rejected = peer.push(&message(KEY_UPDATE, &[value]));
            assert_eq!(rejected, Some(Code::BadMessage));
        }
        for body in [&[][..], &[0, 0], &[1, 0, 0]] {
            let mut peer = Receiver::new(side, true);
            let rejected = peer.push(&message(KEY_UPDATE, body));
            assert_eq!(rejected, Some(Code::BadMessage));
        }
    }
}

#[test]
fn data_after_a_key_update_in_its_record_is_rejected() {
    let two = [message(KEY_UPDATE, &[0]), message(KEY_UPDATE, &[0])].concat();
    for len in 6..=two.len() {
        let mut peer = Receiver::new(Mode::Server, true);
        assert_eq!(peer.push(&two[..len]), Some(Code::BadMessage));
        assert_eq!(peer.received, []);
    }
}

#[test]
fn a_hello_request_with_a_body_is_rejected() {
    let mut client = Receiver::new(Mode::Client, false);
    assert_eq!(client.push(&[0; 8]), None);
    assert_eq!(
        client.received,
        [Received::HelloRequest, Received::HelloRequest]
    );
    let rejected = client.push(&message(HELLO_REQUEST, &[0]));
    assert_eq!(rejected, Some(Code::BadMessage));
}

#[test]
fn a_client_stores_messages_up_to_the_limit() {
    let body = plaintext(65_536);
    let longest = message(TICKET, &body);
    let mut client = Receiver::new(Mode::Client, true);
    for fragment in longest.chunks(16_384) {
        assert_eq!(client.push(fragment), None);
    }
    assert_eq!(client.received, [Received::Ticket(body)]);

    let longer = message(TICKET, &[0; 65_537]);
    let mut client = Receiver::new(Mode::Client, true);
    assert_eq!(client.push(&longer[..4]), Some(Code::BadMessage));
}

#[test]
fn a_server_stores_at_most_a_header() {
    for split in 0..=5 {
        let mut server = Receiver::new(Mode::Server, true);
        let update = message(KEY_UPDATE, &[1]);
        assert_eq!(server.push(&update[..split]), None);
        assert_eq!(server.push(&update[split..]), None);
        assert_eq!(server.received, [Received::KeyUpdate(true)]);
    }
    let mut server = Receiver::new(Mode::Server, true);
    assert_eq!(server.push(&[KEY_UPDATE, 0, 0, 2]), Some(Code::BadMessage));
}

#[test]
fn an_error_of_the_callback_ends_the_call() {
    let flight = [message(TICKET, b"first"), message(TICKET, b"second")].concat();
    let mut calls = 0;
    let outcome = PostHandshakeReassembler::default().push(&flight, Mode::Client, true, |_| {
        calls += 1;
        Err(Code::Cancelled)?
    });
    assert_eq!(outcome.unwrap_err().code(), Code::Cancelled);
    assert_eq!(calls, 1);
}

#[test]
fn random_flights_are_reassembled_from_random_fragments() {
    let mut random = Random::seeded(8446);
    for _ in 0..300 {
        let mut client = Receiver::new(Mode::Client, true);
        let mut flight = Vec::new();
        let mut expected = Vec::new();
        for _ in 0..random.below(6) {
            let body = plaintext(random.below(400));
            flight.extend(message(TICKET, &body));
            expected.push(Received::Ticket(body));
        }
        let mut rest = &flight[..];
        while !rest.is_empty() {
            let (fragment, after) = rest.split_at(random.below(rest.len() + 1));
            assert_eq!(client.push(fragment), None);
            rest = after;
        }
        assert_eq!(client.received, expected);
        assert!(!client.reassembler.is_mid_message());
    }
}
