//! Handshake messages after the handshake (RFC 8446, 4.6; RFC 5246, 7.4.1.1).

use super::reassembler::{MessageHeader, Reassembler};
use crate::tls::base::Mode;
use crate::tls::error::{Alert, Code, Error, Result};

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
pub struct MessageJoiner(Reassembler);

impl MessageJoiner {
    /// Takes the content of a handshake record, and calls `each` for every message that it
    /// completes. An error of `each` ends the call.
    pub fn push(
        &mut self,
        plain: &[u8],
        side: Mode,
        tls13: bool,
        mut each: impl FnMut(PostHandshake<'_>) -> Result<()>,
    ) -> Result<()> {
        let check = |header| Kind::of(header, side, tls13).map(drop);
        self.0.push(plain, check, |whole| {
            let (header, body) = whole.message.split_at(MessageHeader::LEN);
            let kind = Kind::new(header[0], side, tls13)?;
            // RFC 8446, 5.1: "Handshake messages MUST NOT span key changes", so the one that
            // changes them ends its record.
            if kind == Kind::KeyUpdate && !whole.rest.is_empty() {
                return Err(Code::BadMessage)?;
            }
            each(kind.parse(body)?)
        })
    }

    /// Whether the next record must continue a message: "there MUST NOT be any other records
    /// between them" (RFC 8446, 5.1).
    pub fn is_mid_message(&self) -> bool {
        !self.0.partial().is_empty()
    }
}

/// The longest body that is put together (the limit of s2n-tls).
const MAX_BODY: usize = 65_536;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    HelloRequest,
    NewSessionTicket,
    KeyUpdate,
}

impl Kind {
    fn of(header: MessageHeader, side: Mode, tls13: bool) -> Result<Self> {
        let kind = Self::new(header.typ, side, tls13)?;
        header.len.map_or(Ok(()), |len| kind.check_len(len))?;
        Ok(kind)
    }

    /// Refuses what the peer may not send. A server takes nothing but KeyUpdates, of one byte, so
    /// no client can make it store more than a message's header.
    fn new(typ: u8, side: Mode, tls13: bool) -> Result<Self> {
        match (typ, side, tls13) {
            (0, Mode::Client, false) => Ok(Self::HelloRequest),
            (4, Mode::Client, true) => Ok(Self::NewSessionTicket),
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
            false => Err(Error::with_alert(Code::BadMessage, Alert::DecodeError)),
        }
    }

    fn parse(self, body: &[u8]) -> Result<PostHandshake<'_>> {
        match (self, body) {
            (Self::HelloRequest, _) => Ok(PostHandshake::HelloRequest),
            (Self::NewSessionTicket, ticket) => Ok(PostHandshake::NewSessionTicket(ticket)),
            (Self::KeyUpdate, [0]) => Ok(PostHandshake::KeyUpdate { requested: false }),
            (Self::KeyUpdate, [1]) => Ok(PostHandshake::KeyUpdate { requested: true }),
            // RFC 8446, 4.6.3: "If an implementation receives any other value, it MUST terminate the
            // connection with an "illegal_parameter" alert."
            (Self::KeyUpdate, _) => {
                Err(Error::with_alert(Code::BadMessage, Alert::IllegalParameter))
            }
        }
    }
}
