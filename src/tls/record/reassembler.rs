//! Reassembly of handshake messages, which may be split over records or share one (RFC 8446, 5.1).

use crate::tls::base::memory;
use crate::tls::error::Result;

/// The front of a handshake message whose end has not come.
#[derive(Debug, Default)]
pub struct Reassembler {
    /// Its header included.
    partial: Vec<u8>,
}

/// A handshake message that a record completes.
#[derive(Clone, Copy, Debug)]
pub struct Reassembled<'a> {
    /// The message, its header included.
    pub message: &'a [u8],

    /// How many bytes of it came in earlier records.
    pub earlier: usize,

    /// What follows it in its record.
    pub rest: &'a [u8],
}

/// What the header of a handshake message says, as far as it has come.
#[derive(Clone, Copy, Debug)]
pub struct MessageHeader {
    pub typ: u8,

    /// The length of the body; `None` as long as the header is incomplete.
    pub len: Option<usize>,
}

impl MessageHeader {
    /// A message's type and the length of its body.
    pub const LEN: usize = 4;
}

impl Reassembler {
    /// Takes the content of a handshake record, and calls `each` for every message that it
    /// completes. `check` judges a header before anything behind it is kept; what it refuses changes
    /// nothing.
    pub fn push(
        &mut self,
        mut content: &[u8],
        check: impl Fn(MessageHeader) -> Result<()>,
        mut each: impl FnMut(Reassembled<'_>) -> Result<()>,
    ) -> Result<()> {
        while let Some(header) = self.header(content) {
            check(header)?;
            let missing = header
                .len
                .map(|len| MessageHeader::LEN + len - self.partial.len());
            let Some((last, rest)) = missing.and_then(|len| content.split_at_checked(len)) else {
                return self.keep(content);
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
            self.keep(last)?;
            // Most messages come whole, so the memory is not kept for another one.
            let message = std::mem::take(&mut self.partial);
            each(Reassembled {
                message: &message,
                earlier,
                rest,
            })?;
        }
        Ok(())
    }

    /// What has come of a message whose end has not.
    pub fn partial(&self) -> &[u8] {
        &self.partial
    }

    /// How much memory an incomplete message takes.
    #[cfg(test)]
    pub fn capacity(&self) -> usize {
        self.partial.capacity()
    }

    /// The header that `content` begins or continues; `None` if there is nothing of it.
    fn header(&self, content: &[u8]) -> Option<MessageHeader> {
        if content.is_empty() {
            return None;
        }
        let mut header = self.partial.iter().chain(content).copied();
        let typ = header.next()?;
        let len = [header.next(), header.next(), header.next()];
        let len = match len {
            [Some(high), Some(middle), Some(low)] => {
                Some(u32::from_be_bytes([0, high, middle, low]) as usize)
            }
            _ => None,
        };
        Some(MessageHeader { typ, len })
    }

    /// Memory grows with what comes, not with what a header announces: a peer must send what it wants
    /// to be held.
    fn keep(&mut self, content: &[u8]) -> Result<()> {
        memory::extend(&mut self.partial, content)
    }
}
