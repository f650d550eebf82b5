//! Post-handshake messages (RFC 8446, 4.6; RFC 5246, 7.4.1.1): reassembly and parsing.

use super::reassembler::Reassembler;
use crate::base::Mode;
use crate::error::{Alert, Code, Error, Reason, Result};
use crate::messages::HandshakeHeader;

/// A handshake message that is valid after the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostHandshakeMessage<'a> {
    /// The next record is protected by the peer's next keys.
    KeyUpdate {
        /// update_requested: the peer requests a KeyUpdate for the other direction.
        requested: bool,
    },

    /// TLS 1.3, from a server: the message's body.
    NewSessionTicket(&'a [u8]),

    /// TLS 1.2, from a server: a request to renegotiate.
    HelloRequest,
}

/// Reassembles and parses post-handshake messages, which may be fragmented over records or share
/// one.
#[derive(Debug, Default)]
pub struct PostHandshakeReassembler(Reassembler);

impl PostHandshakeReassembler {
    /// Parses the content of a handshake record, and calls `each` for every message that it
    /// completes. An error of `each` ends the call.
    pub fn push(
        &mut self,
        plain: &[u8],
        side: Mode,
        tls13: bool,
        mut each: impl FnMut(PostHandshakeMessage<'_>) -> Result<()>,
    ) -> Result<()> {
        let check = |header| MessageType::validate(header, side, tls13).map(drop);
        self.0.push(plain, check, |whole| {
            let (header, body) = whole.message.split_at(HandshakeHeader::LEN);
            let typ = MessageType::new(header[0], side, tls13)?;
            // RFC 8446, 5.1: "Handshake messages MUST NOT span key changes", so a KeyUpdate is the
            // last message in its record.
            if typ == MessageType::KeyUpdate && !whole.rest.is_empty() {
                return Err(Code::BadMessage.rule("a message follows a KeyUpdate in its record"));
            }
            each(typ.parse(body)?)
        })
    }

    /// Returns whether the next record must continue a message: "there MUST NOT be any other
    /// records between them" (RFC 8446, 5.1).
    pub fn is_mid_message(&self) -> bool {
        !self.0.partial().is_empty()
    }
}

/// The maximum length of a reassembled body in bytes (the limit of s2n-tls).
const MAX_BODY: usize = 65_536;

#[derive(Clone, Copy, PartialEq, Eq)]
enum MessageType {
    HelloRequest,
    NewSessionTicket,
    KeyUpdate,
}

impl MessageType {
    /// Validates a header as far as it has been received.
    fn validate(header: HandshakeHeader, side: Mode, tls13: bool) -> Result<Self> {
        let typ = Self::new(header.typ, side, tls13)?;
        header.len.map_or(Ok(()), |len| typ.check_len(len))?;
        Ok(typ)
    }

    /// Rejects a type that the peer must not send. A server accepts only KeyUpdates, whose body is
    /// one byte, so that no client can make it store more than a message's header.
    fn new(typ: u8, side: Mode, tls13: bool) -> Result<Self> {
        match (typ, side, tls13) {
            (0, Mode::Client, false) => Ok(Self::HelloRequest),
            (4, Mode::Client, true) => Ok(Self::NewSessionTicket),
            (24, _, true) => Ok(Self::KeyUpdate),
            _ => Err(Code::BadMessage.because(Reason::MessageType {
                got: typ,
                expected: None,
            })),
        }
    }

    fn check_len(self, len: usize) -> Result<()> {
        let is_valid = match self {
            Self::HelloRequest => len == 0,
            Self::NewSessionTicket => len <= MAX_BODY,
            Self::KeyUpdate => len == 1,
        };
        match is_valid {
            true => Ok(()),
            false => Err(
                Error::with_alert(Code::BadMessage, Alert::DecodeError).because(Reason::Rule(
                    "the length of a message after the handshake is not allowed for its type",
                )),
            ),
        }
    }

    fn parse(self, body: &[u8]) -> Result<PostHandshakeMessage<'_>> {
        match (self, body) {
            (Self::HelloRequest, _) => Ok(PostHandshakeMessage::HelloRequest),
            (Self::NewSessionTicket, ticket) => Ok(PostHandshakeMessage::NewSessionTicket(ticket)),
            (Self::KeyUpdate, [0]) => Ok(PostHandshakeMessage::KeyUpdate { requested: false }),
            (Self::KeyUpdate, [1]) => Ok(PostHandshakeMessage::KeyUpdate { requested: true }),
            // RFC 8446, 4.6.3: "If an implementation receives any other value, it MUST terminate
            // the connection with an "illegal_parameter" alert."
            (Self::KeyUpdate, _) => {
                let error = Error::with_alert(Code::BadMessage, Alert::IllegalParameter);
                Err(error.because(Reason::Rule("the value in a KeyUpdate is neither 0 nor 1")))
            }
        }
    }
}
