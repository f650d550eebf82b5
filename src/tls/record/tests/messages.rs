//! Post-handshake messages, however they are cut.

use super::super::{MessageJoiner, PostHandshake};
use super::*;
use crate::tls::base::Mode;
use crate::tls::error::Code;

/// A message that outlives its record.
#[derive(Clone, Debug, PartialEq)]
enum Seen {
    KeyUpdate(bool),
    Ticket(Vec<u8>),
    HelloRequest,
}

struct Peer {
    joiner: MessageJoiner,
    side: Mode,
    tls13: bool,
    seen: Vec<Seen>,
}

impl Peer {
    fn of(side: Mode, tls13: bool) -> Self {
        Self {
            joiner: MessageJoiner::default(),
            side,
            tls13,
            seen: Vec::new(),
        }
    }

    fn push(&mut self, plain: &[u8]) -> Option<Code> {
        let seen = &mut self.seen;
        let outcome = self.joiner.push(plain, self.side, self.tls13, |message| {
            seen.push(match message {
                PostHandshake::KeyUpdate { requested } => Seen::KeyUpdate(requested),
                PostHandshake::NewSessionTicket(ticket) => Seen::Ticket(ticket.to_vec()),
                PostHandshake::HelloRequest => Seen::HelloRequest,
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
fn whole_messages_are_seen_at_once() {
    let mut client = Peer::of(Mode::Client, true);
    let first = plaintext(200);
    let flight = [message(TICKET, &first), message(TICKET, b"second")].concat();
    assert_eq!(client.push(&flight), None);
    assert_eq!(client.push(&message(KEY_UPDATE, &[1])), None);
    assert_eq!(client.push(&message(KEY_UPDATE, &[0])), None);
    let expected = [
        Seen::Ticket(first),
        Seen::Ticket(b"second".to_vec()),
        Seen::KeyUpdate(true),
        Seen::KeyUpdate(false),
    ];
    assert_eq!(client.seen, expected);
    assert!(!client.joiner.is_mid_message());
}

#[test]
fn messages_are_joined_whatever_the_cut() {
    let flight = [
        message(TICKET, &plaintext(30)),
        message(TICKET, &plaintext(5)),
        message(KEY_UPDATE, &[1]),
    ]
    .concat();
    let expected = [
        Seen::Ticket(plaintext(30)),
        Seen::Ticket(plaintext(5)),
        Seen::KeyUpdate(true),
    ];
    for first in 0..=flight.len() {
        for second in first..=flight.len() {
            let mut client = Peer::of(Mode::Client, true);
            assert_eq!(client.push(&flight[..first]), None);
            assert_eq!(client.push(&flight[first..second]), None);
            assert_eq!(client.push(&flight[second..]), None);
            assert_eq!(client.seen, expected, "{first} {second}");
            assert!(!client.joiner.is_mid_message());
        }
    }
}

#[test]
fn messages_are_joined_byte_by_byte() {
    let flight = [message(TICKET, &plaintext(300)), message(KEY_UPDATE, &[0])].concat();
    let mut client = Peer::of(Mode::Client, true);
    for byte in flight {
        assert_eq!(client.push(&[byte]), None);
    }
    assert_eq!(
        client.seen,
        [Seen::Ticket(plaintext(300)), Seen::KeyUpdate(false)]
    );
}

#[test]
fn a_message_that_goes_on_is_known_to() {
    let ticket = message(TICKET, b"ticket");
    for cut in 0..=ticket.len() {
        let mut client = Peer::of(Mode::Client, true);
        assert_eq!(client.push(&ticket[..cut]), None);
        let expected = cut > 0 && cut < ticket.len();
        assert_eq!(client.joiner.is_mid_message(), expected, "{cut}");
    }
}

#[test]
fn each_side_and_version_takes_its_messages_only() {
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
                let mut peer = Peer::of(side, tls13);
                assert_eq!(
                    peer.push(&message(typ, body)),
                    expected,
                    "{side:?} {tls13} {typ}"
                );
                assert_eq!(peer.seen.len(), usize::from(expected.is_none()));

                // The type alone tells.
                let mut peer = Peer::of(side, tls13);
                assert_eq!(peer.push(&[typ]), expected);
            }
        }
    }
}

#[test]
fn a_key_update_says_yes_or_no_in_one_byte() {
    for side in [Mode::Client, Mode::Server] {
        for value in 2..=255 {
            let mut peer = Peer::of(side, true);
            let refused = peer.push(&message(KEY_UPDATE, &[value]));
            assert_eq!(refused, Some(Code::BadMessage));
        }
        for body in [&[][..], &[0, 0], &[1, 0, 0]] {
            let mut peer = Peer::of(side, true);
            let refused = peer.push(&message(KEY_UPDATE, body));
            assert_eq!(refused, Some(Code::BadMessage));
        }
    }
}

#[test]
fn nothing_follows_a_key_update_in_its_record() {
    let two = [message(KEY_UPDATE, &[0]), message(KEY_UPDATE, &[0])].concat();
    for len in 6..=two.len() {
        let mut peer = Peer::of(Mode::Server, true);
        assert_eq!(peer.push(&two[..len]), Some(Code::BadMessage));
        assert_eq!(peer.seen, []);
    }
}

#[test]
fn a_hello_request_has_no_body() {
    let mut client = Peer::of(Mode::Client, false);
    assert_eq!(client.push(&[0; 8]), None);
    assert_eq!(client.seen, [Seen::HelloRequest, Seen::HelloRequest]);
    let refused = client.push(&message(HELLO_REQUEST, &[0]));
    assert_eq!(refused, Some(Code::BadMessage));
}

#[test]
fn a_client_stores_so_much_and_no_more() {
    let body = plaintext(65_536);
    let longest = message(TICKET, &body);
    let mut client = Peer::of(Mode::Client, true);
    for piece in longest.chunks(16_384) {
        assert_eq!(client.push(piece), None);
    }
    assert_eq!(client.seen, [Seen::Ticket(body)]);

    let longer = message(TICKET, &[0; 65_537]);
    let mut client = Peer::of(Mode::Client, true);
    assert_eq!(client.push(&longer[..4]), Some(Code::BadMessage));
}

#[test]
fn a_server_stores_no_more_than_a_header() {
    for cut in 0..=5 {
        let mut server = Peer::of(Mode::Server, true);
        let update = message(KEY_UPDATE, &[1]);
        assert_eq!(server.push(&update[..cut]), None);
        assert_eq!(server.push(&update[cut..]), None);
        assert_eq!(server.seen, [Seen::KeyUpdate(true)]);
    }
    let mut server = Peer::of(Mode::Server, true);
    assert_eq!(server.push(&[KEY_UPDATE, 0, 0, 2]), Some(Code::BadMessage));
}

#[test]
fn an_error_of_the_caller_ends_the_call() {
    let flight = [message(TICKET, b"first"), message(TICKET, b"second")].concat();
    let mut calls = 0;
    let outcome = MessageJoiner::default().push(&flight, Mode::Client, true, |_| {
        calls += 1;
        Err(Code::Cancelled)?
    });
    assert_eq!(outcome.unwrap_err().code(), Code::Cancelled);
    assert_eq!(calls, 1);
}

#[test]
fn random_cuts_of_random_flights_are_joined() {
    let mut random = Random::seeded(8446);
    for _ in 0..300 {
        let mut client = Peer::of(Mode::Client, true);
        let mut flight = Vec::new();
        let mut expected = Vec::new();
        for _ in 0..random.below(6) {
            let body = plaintext(random.below(400));
            flight.extend(message(TICKET, &body));
            expected.push(Seen::Ticket(body));
        }
        let mut rest = &flight[..];
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(random.below(rest.len() + 1));
            assert_eq!(client.push(piece), None);
            rest = after;
        }
        assert_eq!(client.seen, expected);
        assert!(!client.joiner.is_mid_message());
    }
}
