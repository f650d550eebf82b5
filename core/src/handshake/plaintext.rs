//! Plaintext handshake messages on their way to rustls.
//!
//! Messages are reassembled from records before anything reads them, so that the application, this
//! library and rustls read the same bytes, however a peer cuts them. rustls is given a message when it
//! is whole: a peer that sends it in many small records causes no more work than these records.

use super::rustls_input::RustlsInput;
use crate::error::{Code, Result};
use crate::messages::HandshakeHeader;
use crate::record::{Header, Reassembler};

/// The longest body of a message (the limit of rustls; that of s2n-tls is a byte longer).
const MAX_BODY: usize = 0xffff;

/// Handshake messages of a peer that sends plaintext.
#[derive(Default)]
pub(super) struct PlaintextReassembler {
    reassembler: Reassembler,

    /// How many bytes of the incomplete message rustls has: those that came in the record in which the
    /// message before it ended.
    passed: usize,

    /// The version in the header of the record with the next byte that rustls has not.
    version: [u8; 2],
}

impl PlaintextReassembler {
    /// Takes a handshake record, and calls `see` for every message that it completes. Passes what has
    /// come to rustls once a message is complete, and returns whether one was.
    pub(super) fn push(
        &mut self,
        record: &[u8],
        input: &mut RustlsInput,
        mut see: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<bool> {
        let header = Header::read(record);
        if self.unpassed().is_empty() {
            self.version = header.version;
        }
        let (version, passed) = (self.version, self.passed);
        let mut is_any = false;
        let content = &record[Header::LEN..];
        let pushed = self.reassembler.push(content, check_length, |whole| {
            // The record in which a message ends stays as it is: what follows it there decides whether
            // keys may change (RFC 8446, 5.1).
            if !is_any {
                input.push_content(version, &whole.message[passed..whole.earlier])?;
                input.push(record)?;
            }
            is_any = true;
            see(whole.message)
        });
        match pushed {
            // Too long: rustls refuses it, with its alert.
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

    /// Passes an incomplete message to rustls. What comes in the middle of it is refused there.
    pub(super) fn pass_incomplete(&mut self, input: &mut RustlsInput) -> Result<()> {
        input.push_content(self.version, self.unpassed())?;
        *self = Self::default();
        Ok(())
    }

    /// Whether the next record must continue a message.
    pub(super) fn is_mid_message(&self) -> bool {
        !self.reassembler.partial().is_empty()
    }

    /// How many bytes of an incomplete message have come.
    pub(super) fn len(&self) -> usize {
        self.reassembler.partial().len()
    }

    /// How much memory an incomplete message takes.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.reassembler.capacity()
    }

    /// What rustls has not, of a message that is incomplete.
    fn unpassed(&self) -> &[u8] {
        &self.reassembler.partial()[self.passed..]
    }
}

fn check_length(header: HandshakeHeader) -> Result<()> {
    match header.len {
        Some(len) if len > MAX_BODY => Err(Code::BadMessage)?,
        _ => Ok(()),
    }
}
