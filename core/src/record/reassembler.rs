//! Reassembly of handshake messages, which may be fragmented over records or share one (RFC 8446,
//! 5.1).

use crate::base::memory;
use crate::error::Result;
use crate::messages::HandshakeHeader;

/// Reassembles handshake messages from the content of consecutive records.
#[derive(Debug, Default)]
pub struct Reassembler {
    /// The received part of an incomplete message, its header included.
    partial: Vec<u8>,
}

/// A handshake message that a record completes.
#[derive(Clone, Copy, Debug)]
pub struct Reassembled<'a> {
    /// The message, its header included.
    pub message: &'a [u8],

    /// The number of its bytes that earlier records contained.
    pub earlier: usize,

    /// The bytes that follow it in its record.
    pub rest: &'a [u8],
}

impl Reassembler {
    /// Parses the content of a handshake record, and calls `each` for every message that it
    /// completes. `check` validates a header before anything behind it is stored; if it fails, the
    /// state is unchanged.
    pub fn push(
        &mut self,
        mut content: &[u8],
        check: impl Fn(HandshakeHeader) -> Result<()>,
        mut each: impl FnMut(Reassembled<'_>) -> Result<()>,
    ) -> Result<()> {
        while let Some(header) = self.header(content) {
            check(header)?;
            let missing = header
                .len
                .map(|len| HandshakeHeader::LEN + len - self.partial.len());
            let Some((last, rest)) = missing.and_then(|len| content.split_at_checked(len)) else {
                return self.store(content);
            };
            content = rest;
            let earlier = self.partial.len();
            if earlier == 0 {
                each(Reassembled {
                    message: last,
                    earlier,
                    rest,
                })?;
                continue;
            }
            self.store(last)?;
            // Few messages are fragmented, so the buffer is not kept for another one.
            let message = std::mem::take(&mut self.partial);
            each(Reassembled {
                message: &message,
                earlier,
                rest,
            })?;
        }
        Ok(())
    }

    /// Returns the received part of an incomplete message.
    pub fn partial(&self) -> &[u8] {
        &self.partial
    }

    /// Returns the memory that is allocated for an incomplete message, in bytes.
    #[cfg(test)]
    pub fn capacity(&self) -> usize {
        self.partial.capacity()
    }

    /// Reads the header that `content` begins or continues; `None` if `content` is empty.
    fn header(&self, content: &[u8]) -> Option<HandshakeHeader> {
        if content.is_empty() {
            return None;
        }
        HandshakeHeader::read(self.partial.iter().chain(content).copied())
    }

    /// Appends to the incomplete message. Memory grows with the received bytes, not with the length
    /// that a header announces.
    fn store(&mut self, content: &[u8]) -> Result<()> {
        memory::extend(&mut self.partial, content)
    }
}
