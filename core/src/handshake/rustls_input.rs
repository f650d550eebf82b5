//! The input buffer of rustls: handshake records.

use rustls::TlsInputBuffer;
use zeroize::Zeroize;

use crate::base::memory;
use crate::error::Result;
use crate::record::{ContentType, MAX_PLAINTEXT};

/// The input buffer of rustls. Records are appended one at a time, so that it has no bytes after
/// the handshake.
#[derive(Debug, Default)]
pub(super) struct RustlsInput {
    bytes: Vec<u8>,
    /// The number of bytes that rustls has consumed.
    used: usize,
    close_notify: bool,
}

/// The capacity that is retained for later records, in bytes.
const RETAINED_CAPACITY: usize = 4096;

impl RustlsInput {
    /// Appends a record.
    pub(super) fn push(&mut self, record: &[u8]) -> Result<()> {
        memory::extend(&mut self.bytes, record)
    }

    /// Appends content in as few handshake records as possible.
    pub(super) fn push_content(&mut self, version: [u8; 2], content: &[u8]) -> Result<()> {
        let [major, minor] = version;
        for part in content.chunks(MAX_PLAINTEXT) {
            let [high, low] = (part.len() as u16).to_be_bytes();
            self.push(&[ContentType::Handshake as u8, major, minor, high, low])?;
            self.push(part)?;
        }
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.used == self.bytes.len()
    }

    /// Returns the number of bytes that rustls has not consumed.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.used
    }

    /// Returns the bytes that rustls has not consumed.
    pub(super) fn unread(&self) -> &[u8] {
        &self.bytes[self.used..]
    }

    /// Clears the memory of the consumed bytes.
    pub(super) fn wipe_consumed(&mut self) {
        match self.is_empty() {
            true => self.bytes.zeroize(),
            false => self.bytes[..self.used].zeroize(),
        }
    }

    /// Returns whether rustls has received a close_notify.
    pub(super) fn close_notify(&self) -> bool {
        self.close_notify
    }
}

impl TlsInputBuffer for RustlsInput {
    fn slice_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.used..]
    }

    fn discard(&mut self, num_bytes: usize) {
        self.used += num_bytes;
        if self.is_empty() {
            self.bytes.clear();
            self.used = 0;
            // A long message is not followed by another long one.
            self.bytes.shrink_to(RETAINED_CAPACITY);
        }
    }

    fn received_close_notify(&mut self) {
        self.close_notify = true;
    }

    fn has_seen_eof(&self) -> bool {
        // The driver detects the end of the stream before it calls rustls.
        false
    }
}
