//! Reassembly of plaintext handshake messages, before rustls receives them.
//!
//! The application, this library and rustls parse the same messages, however a peer fragments them.
//! rustls receives only complete messages: fragmentation into many small records causes no more
//! work than these records.

use std::borrow::Cow;

use super::rustls_input::RustlsInput;
use crate::error::{Code, Result};
use crate::messages::HandshakeHeader;
use crate::record::{ContentType, Header, Reassembler};

/// The maximum length of a message's body in bytes (the limit of rustls; that of s2n-tls is 1
/// more).
const MAX_BODY: usize = 0xffff;

/// Reassembles plaintext handshake messages from records, and passes them to rustls.
#[derive(Default)]
pub(super) struct PlaintextReassembler {
    reassembler: Reassembler,

    /// The number of bytes of the incomplete message that rustls has received: those in the record
    /// that completed the previous message.
    passed: usize,

    /// The version in the header of the first record that rustls has not received.
    version: [u8; 2],
}

impl PlaintextReassembler {
    /// Parses a handshake record, and calls `each` for every message that it completes. If there is
    /// one, passes the record and the earlier fragments to rustls, and returns true.
    pub(super) fn push(
        &mut self,
        record: &[u8],
        input: &mut RustlsInput,
        mut each: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<bool> {
        let header = Header::read(record);
        if self.unpassed().is_empty() {
            self.version = header.version;
        }
        let (version, passed) = (self.version, self.passed);
        let mut is_any = false;
        let content = &record[Header::LEN..];
        let pushed = self.reassembler.push(content, check_length, |whole| {
            // The record that completes a message is passed unchanged: rustls rejects a key change
            // if bytes follow the message in its record (RFC 8446, 5.1).
            if !is_any {
                input.push_content(version, &whole.message[passed..whole.earlier])?;
                input.push(record)?;
            }
            is_any = true;
            each(whole.message)
        });
        match pushed {
            // Too long: rustls rejects it, with its alert.
            Err(error) if error.code() == Code::BadMessage => {
                if !is_any {
                    self.pass_incomplete(input)?;
                    input.push(record)?;
                }
                return Ok(true);
            }
            pushed => pushed?,
        }
        if is_any {
            self.passed = self.reassembler.partial().len();
        }
        Ok(is_any)
    }

    /// Passes an incomplete message to rustls, which rejects other records in the middle of it.
    pub(super) fn pass_incomplete(&mut self, input: &mut RustlsInput) -> Result<()> {
        input.push_content(self.version, self.unpassed())?;
        *self = Self::default();
        Ok(())
    }

    /// Returns whether the next record must continue a message.
    pub(super) fn is_mid_message(&self) -> bool {
        !self.reassembler.partial().is_empty()
    }

    /// Returns the number of received bytes of an incomplete message.
    pub(super) fn len(&self) -> usize {
        self.reassembler.partial().len()
    }

    /// Returns the memory that is allocated for an incomplete message, in bytes.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.reassembler.capacity()
    }

    /// Returns the received part of an incomplete message that rustls has not received.
    fn unpassed(&self) -> &[u8] {
        &self.reassembler.partial()[self.passed..]
    }
}

/// Returns the content of the handshake records at the start of an output of rustls, which may split
/// a message.
pub(super) fn handshake_content(mut records: &[u8]) -> Cow<'_, [u8]> {
    let mut content: Cow<[u8]> = Cow::default();
    while let Some(header) = records.get(..Header::LEN).map(Header::read) {
        let body = records.get(Header::LEN..Header::LEN + header.len);
        let Some(body) = body.filter(|_| header.is_handshake()) else {
            break;
        };
        records = &records[Header::LEN + header.len..];
        match content.is_empty() {
            true => content = Cow::Borrowed(body),
            false => content.to_mut().extend_from_slice(body),
        }
    }
    content
}

/// Returns the number of protected records in an output of rustls: those behind a
/// ChangeCipherSpec. `None` if there is none.
pub(super) fn protected_records(mut records: &[u8]) -> Option<u64> {
    let mut protected = None;
    while let Some(header) = records.get(..Header::LEN).map(Header::read) {
        let len = Header::LEN + header.len;
        records = records.get(len..).unwrap_or_default();
        match header.typ == ContentType::ChangeCipherSpec as u8 {
            true => protected = Some(0),
            false => protected = protected.map(|count| count + 1),
        }
    }
    protected
}

/// Rejects a message that is too long.
fn check_length(header: HandshakeHeader) -> Result<()> {
    match header.len {
        Some(len) if len > MAX_BODY => Err(Code::BadMessage)?,
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(content: &[u8]) -> Vec<u8> {
        let [high, low] = (content.len() as u16).to_be_bytes();
        [&[22, 3, 3, high, low], content].concat()
    }

    /// rustls rejects it, with its alert.
    #[test]
    fn a_message_that_is_too_long_is_passed_before_it_is_complete() {
        for (start, is_passed) in [([1, 0, 0xff, 0xff], false), ([1, 1, 0, 0], true)] {
            for end in 1..4 {
                let mut input = RustlsInput::default();
                let mut reassembler = PlaintextReassembler::default();
                let (first, second) = (record(&start[..end]), record(&start[end..]));
                let pushed = reassembler.push(&first, &mut input, |_| Ok(()));
                assert!(!pushed.expect("incomplete") && reassembler.is_mid_message());
                assert_eq!((reassembler.len(), input.len()), (end, 0));
                let pushed = reassembler.push(&second, &mut input, |_| Ok(()));
                assert_eq!(pushed.expect("memory"), is_passed);
                let expected = if is_passed {
                    [first, second].concat()
                } else {
                    vec![]
                };
                assert_eq!(input.unread(), expected);
            }
        }
    }

    #[test]
    fn an_error_of_a_parsed_message_is_returned() {
        let mut reassembler = PlaintextReassembler::default();
        assert!(!reassembler.is_mid_message());
        let message = record(&[1, 0, 0, 1, 9]);
        let pushed = reassembler.push(&message, &mut RustlsInput::default(), |_| Err(Code::Alloc)?);
        assert_eq!(pushed.map_err(|error| error.code()), Err(Code::Alloc));
    }

    #[test]
    fn the_records_of_an_output_are_counted_behind_change_cipher_spec() {
        let (hello, key_change) = (record(&[2, 0, 0, 0]), [20, 3, 3, 0, 1, 1]);
        let sealed = [23, 3, 3, 0, 2, 7, 7];
        for (output, protected) in [
            (vec![], None),
            (hello.clone(), None),
            ([&hello[..], &key_change].concat(), Some(0)),
            (
                [&hello[..], &key_change, &sealed, &sealed].concat(),
                Some(2),
            ),
        ] {
            assert_eq!(protected_records(&output), protected);
        }
        let split = [record(&[2, 0, 0]), record(&[1, 9]), sealed.to_vec()].concat();
        assert_eq!(&*handshake_content(&split), [2, 0, 0, 1, 9]);
        // Incomplete.
        assert_eq!(&*handshake_content(&split[..8]), [2, 0, 0]);
        assert_eq!(&*handshake_content(&split[..7]), []);
    }
}
