//! Handshake messages after the handshake (RFC 8446, 4.6; RFC 5246, 7.4.1.1).

use crate::tls::error::{Code, Result};

/// Which end of the connection we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Server,
    Client,
}

/// A message that a peer may send after the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostHandshake<'a> {
    /// The next record is protected by the peer's next keys.
    KeyUpdate {
        /// The peer wants our keys to change as well.
        requested: bool,
    },

    /// TLS 1.3, from a server: the message's body.
    NewSessionTicket(&'a [u8]),

    /// TLS 1.2, from a server: it would like to negotiate again.
    HelloRequest,
}

/// Puts messages together, which may be split over records or share one.
#[derive(Debug, Default)]
pub struct MessageJoiner {
    /// The front of a message whose end has not come, its header included.
    partial: Vec<u8>,
}

impl MessageJoiner {
    /// Takes the content of a handshake record, and calls `each` for every message that it
    /// completes. An error of `each` ends the call.
    pub fn push(
        &mut self,
        mut plain: &[u8],
        side: Side,
        tls13: bool,
        mut each: impl FnMut(PostHandshake<'_>) -> Result<()>,
    ) -> Result<()> {
        while !plain.is_empty() {
            let Some(expected) = self.expect(plain, side, tls13)? else {
                self.partial.extend_from_slice(plain);
                break;
            };
            let missing = HEADER_LEN + expected.len - self.partial.len();
            let Some((head, rest)) = plain.split_at_checked(missing) else {
                self.keep(plain, expected);
                break;
            };
            // RFC 8446, 5.1: "Handshake messages MUST NOT span key changes", so the one that
            // changes them ends its record.
            if expected.kind == Kind::KeyUpdate && !rest.is_empty() {
                return Err(Code::BadMessage)?;
            }
            plain = rest;

            if self.partial.is_empty() {
                each(expected.kind.parse(&head[HEADER_LEN..])?)?;
                continue;
            }
            // Most messages come whole, so the memory is not kept for another one.
            let mut message = std::mem::take(&mut self.partial);
            message.extend_from_slice(head);
            each(expected.kind.parse(&message[HEADER_LEN..])?)?;
        }
        Ok(())
    }

    /// Whether the next record must continue a message: "there MUST NOT be any other records
    /// between them" (RFC 8446, 5.1).
    pub fn is_mid_message(&self) -> bool {
        !self.partial.is_empty()
    }

    /// What the message is that `plain` begins or continues; nothing if its header is incomplete.
    fn expect(&self, plain: &[u8], side: Side, tls13: bool) -> Result<Option<Expected>> {
        let mut header = self.partial.iter().chain(plain);
        let Some(&typ) = header.next() else {
            return Ok(None);
        };
        let kind = Kind::new(typ, side, tls13)?;
        let mut len = 0;
        for _ in 1..HEADER_LEN {
            let Some(&byte) = header.next() else {
                return Ok(None);
            };
            len = len << 8 | usize::from(byte);
        }
        kind.check_len(len)?;
        Ok(Some(Expected { kind, len }))
    }

    fn keep(&mut self, plain: &[u8], expected: Expected) {
        let len = HEADER_LEN + expected.len - self.partial.len();
        self.partial.reserve_exact(len);
        self.partial.extend_from_slice(plain);
    }
}

/// A message's type and the length of its body.
const HEADER_LEN: usize = 4;

/// The longest body that is put together (the limit of s2n-tls).
const MAX_BODY: usize = 65_536;

#[derive(Clone, Copy)]
struct Expected {
    kind: Kind,

    /// The length of the body.
    len: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    HelloRequest,
    NewSessionTicket,
    KeyUpdate,
}

impl Kind {
    /// Refuses what the peer may not send. A server takes nothing but KeyUpdates, of one byte, so
    /// no client can make it store more than a message's header.
    fn new(typ: u8, side: Side, tls13: bool) -> Result<Self> {
        match (typ, side, tls13) {
            (0, Side::Client, false) => Ok(Self::HelloRequest),
            (4, Side::Client, true) => Ok(Self::NewSessionTicket),
            (24, _, true) => Ok(Self::KeyUpdate),
            _ => Err(Code::BadMessage)?,
        }
    }

    fn check_len(self, len: usize) -> Result<()> {
        let fits = match self {
            Self::HelloRequest => len == 0,
            Self::NewSessionTicket => len <= MAX_BODY,
            Self::KeyUpdate => len == 1,
        };
        match fits {
            true => Ok(()),
            false => Err(Code::BadMessage)?,
        }
    }

    fn parse(self, body: &[u8]) -> Result<PostHandshake<'_>> {
        match (self, body) {
            (Self::HelloRequest, _) => Ok(PostHandshake::HelloRequest),
            (Self::NewSessionTicket, ticket) => Ok(PostHandshake::NewSessionTicket(ticket)),
            (Self::KeyUpdate, [0]) => Ok(PostHandshake::KeyUpdate { requested: false }),
            (Self::KeyUpdate, [1]) => Ok(PostHandshake::KeyUpdate { requested: true }),
            (Self::KeyUpdate, _) => Err(Code::BadMessage)?,
        }
    }
}
