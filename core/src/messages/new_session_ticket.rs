//! The NewSessionTicket message (RFC 8446, 4.6.1; RFC 5077, 3.3).

use super::Reader;
use super::extension_type::EARLY_DATA;
use crate::base::memory;
use crate::error::Result;

/// The type of the message.
pub(crate) const NEW_SESSION_TICKET: u8 = 4;

/// A NewSessionTicket of TLS 1.3.
#[derive(Debug)]
pub(crate) struct NewSessionTicket<'a> {
    /// In seconds.
    pub(crate) lifetime: u32,
    pub(crate) age_add: u32,
    pub(crate) nonce: &'a [u8],
    pub(crate) ticket: &'a [u8],
    /// The maximum length of early data in bytes; 0 for none.
    pub(crate) max_early_data: u32,
}

impl<'a> NewSessionTicket<'a> {
    /// Parses the body of a message.
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self> {
        let mut body = Reader(body);
        let lifetime = body.u32()?;
        let age_add = body.u32()?;
        let nonce = body.vector(1)?;
        let ticket = body.vector(2)?;
        let extensions = Reader(body.vector(2)?);
        extensions.check_extensions()?;
        let max_early_data = match extensions.extension(EARLY_DATA) {
            Some(data) => Reader(data).u32()?,
            None => 0,
        };
        body.end()?;
        Ok(Self {
            lifetime,
            age_add,
            nonce,
            ticket,
            max_early_data,
        })
    }

    /// Encodes a message, its handshake header included.
    pub(crate) fn encode(&self) -> Result<Vec<u8>> {
        let extensions = if self.max_early_data > 0 { 8 } else { 0 };
        let len = 4 + 4 + 1 + self.nonce.len() + 2 + self.ticket.len() + 2 + extensions;
        let mut message = Vec::new();
        memory::reserve_exact(&mut message, 4 + len)?;
        message.extend_from_slice(&(len as u32).to_be_bytes());
        message[0] = NEW_SESSION_TICKET;
        message.extend_from_slice(&self.lifetime.to_be_bytes());
        message.extend_from_slice(&self.age_add.to_be_bytes());
        message.push(self.nonce.len() as u8);
        message.extend_from_slice(self.nonce);
        message.extend_from_slice(&(self.ticket.len() as u16).to_be_bytes());
        message.extend_from_slice(self.ticket);
        message.extend_from_slice(&(extensions as u16).to_be_bytes());
        if self.max_early_data > 0 {
            message.extend_from_slice(&EARLY_DATA.to_be_bytes());
            message.extend_from_slice(&[0, 4]);
            message.extend_from_slice(&self.max_early_data.to_be_bytes());
        }
        Ok(message)
    }
}

/// A NewSessionTicket of TLS 1.2.
#[derive(Debug)]
pub(crate) struct Tls12Ticket<'a> {
    /// In seconds; 0 if it is not specified.
    pub(crate) lifetime: u32,
    /// Empty if the server has changed its mind.
    pub(crate) ticket: &'a [u8],
}

impl<'a> Tls12Ticket<'a> {
    /// Parses a message, its handshake header included.
    pub(crate) fn parse(message: &'a [u8]) -> Result<Self> {
        let mut message = Reader(message);
        message.u8()?;
        let mut body = Reader(message.vector(3)?);
        let lifetime = body.u32()?;
        let ticket = body.vector(2)?;
        Ok(Self { lifetime, ticket })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Alert, Code};

    fn ticket() -> NewSessionTicket<'static> {
        NewSessionTicket {
            lifetime: 0x0102_0304,
            age_add: 0x0506_0708,
            nonce: &[0, 9, 8],
            ticket: b"ticket",
            max_early_data: 0,
        }
    }

    #[test]
    fn a_message_is_encoded_and_parsed() {
        let message = ticket().encode().expect("encoded");
        assert_eq!(message[..4], [4, 0, 0, 22]);
        let parsed = NewSessionTicket::parse(&message[4..]).expect("complete");
        assert_eq!(parsed.lifetime, ticket().lifetime);
        assert_eq!(parsed.age_add, ticket().age_add);
        assert_eq!(parsed.nonce, ticket().nonce);
        assert_eq!(parsed.ticket, ticket().ticket);
        assert_eq!(parsed.max_early_data, 0);
    }

    #[test]
    fn early_data_is_parsed() {
        let mut own = ticket();
        own.max_early_data = 0x0102_0304;
        let message = own.encode().expect("encoded");
        let parsed = NewSessionTicket::parse(&message[4..]).expect("complete");
        assert_eq!(parsed.max_early_data, 0x0102_0304);
        let mut message = ticket().encode().expect("encoded");
        message.truncate(message.len() - 2);
        message.extend([0, 13, 0, 42, 0, 4, 0, 0, 1, 0, 0x1a, 0x1a, 0, 1, 0]);
        let parsed = NewSessionTicket::parse(&message[4..]).expect("complete");
        assert_eq!(parsed.max_early_data, 256);
    }

    #[test]
    fn a_repeated_extension_is_rejected() {
        let mut message = ticket().encode().expect("encoded");
        message.truncate(message.len() - 2);
        let early_data = [0, 42, 0, 4, 0, 0, 1, 0];
        message.extend([0, 16]);
        message.extend(early_data);
        message.extend(early_data);
        let error = NewSessionTicket::parse(&message[4..]).expect_err("it is repeated");
        assert_eq!(error.code(), Code::DuplicateExtension);
        assert_eq!(error.received_alert(), Some(Alert::IllegalParameter));
    }

    #[test]
    fn truncated_messages_and_trailing_bytes_are_rejected() {
        let message = ticket().encode().expect("encoded");
        for len in 4..message.len() {
            assert!(NewSessionTicket::parse(&message[4..len]).is_err(), "{len}");
        }
        let longer = [&message[4..], &[0]].concat();
        assert!(NewSessionTicket::parse(&longer).is_err());
    }

    #[test]
    fn a_tls12_message_may_have_an_empty_ticket() {
        let parsed = Tls12Ticket::parse(&[4, 0, 0, 6, 0, 0, 0, 5, 0, 0]).expect("complete");
        assert_eq!((parsed.lifetime, parsed.ticket), (5, &[][..]));
        assert!(Tls12Ticket::parse(&[4, 0, 0, 6, 0, 0, 0, 5, 0, 1]).is_err());
    }
}
