//! Buffers between the transport and the record layer.

#[cfg(test)]
mod tests;

use std::ops::Range;

use super::transport::{Sink, Source};
use crate::base::memory;
use crate::error::Result;
use crate::record::Header;

/// The output buffer: sealed records that are not written yet.
#[derive(Debug, Default)]
pub(crate) struct OutBuffer {
    /// Initialized as a whole: records are sealed in place, without clearing the memory first.
    bytes: Vec<u8>,

    /// The bytes that the transport has not written.
    ///
    /// Invariant: `pending.end <= bytes.len()`, and `0..0` if empty.
    pending: Range<usize>,
}

impl OutBuffer {
    pub(crate) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Returns the free space behind the pending bytes, in a buffer of `size` bytes.
    pub(crate) fn room_in(&self, size: usize) -> usize {
        size.saturating_sub(self.pending.end)
    }

    /// Returns space for `len` more bytes, of which [`OutBuffer::commit`] adds those in use.
    pub(crate) fn room(&mut self, len: usize) -> Result<&mut [u8]> {
        let end = self.pending.end + len;
        if end > self.bytes.len() {
            let more = end - self.bytes.len();
            memory::reserve_exact(&mut self.bytes, more)?;
            self.bytes.resize(end, 0);
        }
        Ok(&mut self.bytes[self.pending.end..end])
    }

    /// Adds the first `len` bytes of the space to the pending ones.
    pub(crate) fn commit(&mut self, len: usize) {
        self.pending.end += len;
        debug_assert!(self.pending.end <= self.bytes.len());
    }

    /// Appends complete records.
    pub(crate) fn extend(&mut self, bytes: &[u8]) -> Result<()> {
        self.room(bytes.len())?.copy_from_slice(bytes);
        self.commit(bytes.len());
        Ok(())
    }

    /// [`Self::extend`], which takes over the memory of `bytes` if nothing is pending.
    pub(crate) fn append(&mut self, bytes: Vec<u8>) -> Result<()> {
        if !self.is_empty() || bytes.len() <= self.bytes.len() {
            return self.extend(&bytes);
        }
        self.pending = 0..bytes.len();
        self.bytes = bytes;
        Ok(())
    }

    /// Replaces the memory of an empty buffer by `bytes`, of which a part is pending.
    pub(crate) fn replace(&mut self, bytes: Vec<u8>, pending: Range<usize>) {
        debug_assert!(self.is_empty() && pending.end <= bytes.len());
        self.bytes = bytes;
        self.pending = pending;
    }

    /// Writes all pending bytes to the transport. After an error the rest stays pending.
    pub(crate) fn flush(&mut self, sink: &mut Sink<'_>) -> Result<()> {
        while !self.pending.is_empty() {
            self.pending.start += sink.write(&self.bytes[self.pending.clone()])?;
        }
        self.pending = 0..0;
        Ok(())
    }

    /// Returns the pending bytes.
    pub(crate) fn pending(&self) -> &[u8] {
        &self.bytes[self.pending.clone()]
    }

    /// Removes the first `len` pending bytes, which are written.
    pub(crate) fn consume(&mut self, len: usize) {
        self.pending.start += len;
        debug_assert!(self.pending.start <= self.pending.end);
        if self.pending.is_empty() {
            self.pending = 0..0;
        }
    }

    /// Removes the pending bytes, and returns them.
    #[cfg(test)]
    pub(crate) fn take_pending(&mut self) -> Vec<u8> {
        let pending = std::mem::take(&mut self.pending);
        self.bytes[pending].to_vec()
    }

    /// Returns the memory that is allocated, in bytes.
    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Frees the memory of an empty buffer.
    pub(crate) fn release(&mut self) {
        debug_assert!(self.is_empty());
        *self = Self::default();
    }
}

/// The input buffer: received bytes that are not consumed yet.
#[derive(Debug)]
pub(crate) struct InBuffer {
    /// Initialized as a whole: the transport writes into it.
    bytes: Vec<u8>,

    /// The bytes that were read and not consumed.
    ///
    /// Invariant: `buffered.end <= bytes.len()`, and `0..0` if empty.
    buffered: Range<usize>,

    /// The maximum of bytes behind `origin` that are read ahead.
    window: usize,

    /// The start of the window.
    origin: usize,

    /// The number of buffered bytes before the window, once it is moved: the part of a header that
    /// an earlier call has read, or the header of the current record.
    outside: usize,
}

/// The initial size of the window for reading ahead, in bytes; a larger record enlarges it.
const READ_AHEAD: usize = 16384;

impl Default for InBuffer {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            buffered: 0..0,
            window: READ_AHEAD,
            origin: 0,
            outside: 0,
        }
    }
}

impl InBuffer {
    pub(crate) fn buffered(&self) -> &[u8] {
        &self.bytes[self.buffered.clone()]
    }

    pub(crate) fn buffered_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.buffered.clone()]
    }

    pub(crate) fn len(&self) -> usize {
        self.buffered.len()
    }

    /// Reads until `len` bytes are buffered. Reads no more than these, unless `ahead`.
    pub(crate) fn fill(&mut self, len: usize, ahead: bool, source: &mut Source<'_>) -> Result<()> {
        if len > Header::LEN {
            self.outside = Header::LEN;
        }
        if self.buffered.len() >= len {
            return Ok(());
        }
        if self.ahead() < len - self.buffered.len() {
            self.move_window();
        }
        let outcome = self.read(len, ahead, source);
        if outcome.is_err() && len == Header::LEN {
            self.outside = self.buffered.len();
        }
        outcome
    }

    fn read(&mut self, len: usize, ahead: bool, source: &mut Source<'_>) -> Result<()> {
        while self.buffered.len() < len {
            let missing = len - self.buffered.len();
            let most = self.widen(missing);
            let request = if ahead { most } else { missing };
            self.make_room(request)?;
            let end = self.buffered.end;
            self.buffered.end += source.read(&mut self.bytes[end..end + request])?;
        }
        Ok(())
    }

    /// Returns space for `len` bytes in an empty buffer, of which [`InBuffer::commit`] adds those
    /// in use.
    pub(crate) fn room(&mut self, len: usize) -> Result<&mut [u8]> {
        debug_assert!(self.buffered.is_empty());
        self.make_room(len)?;
        Ok(&mut self.bytes[..len])
    }

    /// Adds the first `len` bytes of the space to the buffered ones.
    pub(crate) fn commit(&mut self, len: usize) {
        self.buffered = 0..len;
        debug_assert!(len <= self.bytes.len());
    }

    /// Returns the size of the window behind the buffered bytes.
    fn ahead(&self) -> usize {
        (self.origin + self.window).saturating_sub(self.buffered.end)
    }

    /// Moves the window to where that of s2n-tls starts, so that an application gets the same
    /// number of buffered bytes: s2n-tls stores a record's header, or the received part of it, in
    /// another buffer.
    fn move_window(&mut self) {
        self.move_to_front();
        self.origin = self.outside;
    }

    /// Returns the maximum of a read when `missing` bytes are required: the rest of the window,
    /// which is enlarged if it is too small.
    fn widen(&mut self, missing: usize) -> usize {
        let ahead = self.ahead();
        if missing > ahead {
            self.window += (missing - ahead).max(GROWTH);
        }
        missing.max(ahead)
    }

    /// Reserves space for `len` bytes behind the buffered ones.
    fn make_room(&mut self, len: usize) -> Result<()> {
        let end = self.buffered.end + len;
        if end <= self.bytes.len() {
            return Ok(());
        }
        let capacity = end.next_power_of_two().min(end + GROWTH).max(MIN_CAPACITY);
        let more = capacity - self.bytes.len();
        memory::reserve_exact(&mut self.bytes, more)?;
        self.bytes.resize(capacity, 0);
        Ok(())
    }

    fn move_to_front(&mut self) {
        self.bytes.copy_within(self.buffered.clone(), 0);
        self.buffered = 0..self.buffered.len();
    }

    pub(crate) fn consume(&mut self, len: usize) {
        self.buffered.start += len;
        debug_assert!(self.buffered.start <= self.buffered.end);
        if self.buffered.is_empty() {
            self.buffered = 0..0;
            self.origin = 0;
        }
        self.outside = 0;
    }

    /// Returns the memory that is allocated, in bytes.
    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Frees the memory if nothing is buffered, or only a part of the header of an `incomplete`
    /// record.
    pub(crate) fn release(&mut self, incomplete: bool) {
        if self.buffered.is_empty() || incomplete && self.buffered.len() < Header::LEN {
            let bytes = self.buffered().to_vec();
            *self = Self {
                buffered: 0..bytes.len(),
                origin: bytes.len(),
                outside: bytes.len(),
                bytes,
                ..Self::default()
            };
        }
    }
}

/// The minimum capacity of an input buffer in bytes.
const MIN_CAPACITY: usize = 256;

/// The maximum of bytes that a growing buffer adds to those required.
const GROWTH: usize = 1024;
