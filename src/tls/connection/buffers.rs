//! The bytes between the transport and the record layer.

use std::ops::Range;

use super::link::Link;
use super::shared::Shared;
use crate::tls::error::Result;

/// Bytes that are on their way out.
#[derive(Debug, Default)]
pub(crate) struct OutBuffer {
    /// All of it is initialized: records are sealed into it without being cleared first.
    bytes: Vec<u8>,

    /// What the transport has not taken yet.
    ///
    /// Invariant: `waiting.end <= bytes.len()`, and `0..0` if nothing waits.
    waiting: Range<usize>,
}

impl OutBuffer {
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many bytes fit behind what waits, in a buffer of `size` bytes.
    pub(crate) fn room_in(&self, size: usize) -> usize {
        size.saturating_sub(self.waiting.end)
    }

    /// Room for `len` more bytes; [`OutBuffer::commit`] says how many were written.
    pub(crate) fn room(&mut self, len: usize) -> &mut [u8] {
        let end = self.waiting.end + len;
        if end > self.bytes.len() {
            self.bytes.reserve_exact(end - self.bytes.len());
            self.bytes.resize(end, 0);
        }
        &mut self.bytes[self.waiting.end..end]
    }

    pub(crate) fn commit(&mut self, len: usize) {
        self.waiting.end += len;
        debug_assert!(self.waiting.end <= self.bytes.len());
    }

    /// Appends bytes that are ready to be sent.
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        self.room(bytes.len()).copy_from_slice(bytes);
        self.commit(bytes.len());
    }

    /// Hands everything to the transport; what it does not take stays.
    pub(crate) fn flush(&mut self, link: &Link, shared: &Shared) -> Result<()> {
        while !self.waiting.is_empty() {
            self.waiting.start += link.write(shared, &self.bytes[self.waiting.clone()])?;
        }
        self.waiting = 0..0;
        Ok(())
    }

    /// Gives the memory back; only for a buffer that is empty.
    pub(crate) fn release(&mut self) {
        debug_assert!(self.is_empty());
        *self = Self::default();
    }
}

/// Bytes that came in.
#[derive(Debug, Default)]
pub(crate) struct InBuffer {
    /// All of it is initialized: the transport writes into it.
    bytes: Vec<u8>,

    /// What has been read and not been used.
    ///
    /// Invariant: `held.end <= bytes.len()`, and `0..0` if nothing is held.
    held: Range<usize>,
}

/// The first request of a reader that may read ahead.
const READ_AHEAD: usize = 16384;

impl InBuffer {
    pub(crate) fn held(&self) -> &[u8] {
        &self.bytes[self.held.clone()]
    }

    pub(crate) fn held_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.held.clone()]
    }

    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }

    /// Reads until `len` bytes are held. Reads no byte beyond them, unless `ahead`.
    pub(crate) fn fill(
        &mut self,
        len: usize,
        ahead: bool,
        link: &Link,
        shared: &Shared,
    ) -> Result<()> {
        while self.held.len() < len {
            self.make_room(if ahead { len.max(READ_AHEAD) } else { len });
            let stop = match ahead {
                true => self.bytes.len(),
                false => self.held.start + len,
            };
            self.held.end += link.read(shared, &mut self.bytes[self.held.end..stop])?;
        }
        Ok(())
    }

    /// Makes the buffer hold `len` bytes from where the held ones start.
    fn make_room(&mut self, len: usize) {
        if self.held.start + len <= self.bytes.len() {
            return;
        }
        self.bytes.copy_within(self.held.clone(), 0);
        self.held = 0..self.held.len();
        if len > self.bytes.len() {
            let capacity = len.next_power_of_two().min(len + GROWTH).max(SMALLEST);
            self.bytes.reserve_exact(capacity - self.bytes.len());
            self.bytes.resize(capacity, 0);
        }
    }

    pub(crate) fn consume(&mut self, len: usize) {
        self.held.start += len;
        debug_assert!(self.held.start <= self.held.end);
        if self.held.is_empty() {
            self.held = 0..0;
        }
    }

    /// Gives the memory back that is not in use.
    pub(crate) fn release(&mut self) {
        if self.held.is_empty() {
            *self = Self::default();
        }
    }
}

/// The least memory that a buffer takes.
const SMALLEST: usize = 256;

/// How much more than what is needed a growing buffer may take.
const GROWTH: usize = 1024;
