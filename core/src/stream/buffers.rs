//! The bytes between the transport and the record layer.

use std::ops::Range;

use super::Transport;
use crate::base::memory;
use crate::error::Result;
use crate::record::Header;
use crate::state::Shared;

/// Bytes that are on their way out.
#[derive(Debug, Default)]
pub(crate) struct OutBuffer {
    /// All of it is initialized: records are sealed into it without being cleared first.
    bytes: Vec<u8>,

    /// What the transport has not taken yet.
    ///
    /// Invariant: `pending.end <= bytes.len()`, and `0..0` if nothing waits.
    pending: Range<usize>,
}

impl OutBuffer {
    pub(crate) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// How many bytes fit behind what waits, in a buffer of `size` bytes.
    pub(crate) fn room_in(&self, size: usize) -> usize {
        size.saturating_sub(self.pending.end)
    }

    /// Room for `len` more bytes; [`OutBuffer::commit`] says how many were written.
    pub(crate) fn room(&mut self, len: usize) -> Result<&mut [u8]> {
        let end = self.pending.end + len;
        if end > self.bytes.len() {
            let more = end - self.bytes.len();
            memory::reserve_exact(&mut self.bytes, more)?;
            self.bytes.resize(end, 0);
        }
        Ok(&mut self.bytes[self.pending.end..end])
    }

    pub(crate) fn commit(&mut self, len: usize) {
        self.pending.end += len;
        debug_assert!(self.pending.end <= self.bytes.len());
    }

    /// Appends bytes that are ready to be sent.
    pub(crate) fn extend(&mut self, bytes: &[u8]) -> Result<()> {
        self.room(bytes.len())?.copy_from_slice(bytes);
        self.commit(bytes.len());
        Ok(())
    }

    /// [`Self::extend`], with the memory of the bytes if nothing waits.
    pub(crate) fn append(&mut self, bytes: Vec<u8>) -> Result<()> {
        if !self.is_empty() || bytes.len() <= self.bytes.len() {
            return self.extend(&bytes);
        }
        self.pending = 0..bytes.len();
        self.bytes = bytes;
        Ok(())
    }

    /// Hands everything to the transport; what it does not take stays.
    pub(crate) fn flush(&mut self, transport: &Transport, shared: &Shared) -> Result<()> {
        while !self.pending.is_empty() {
            self.pending.start += transport.write(shared, &self.bytes[self.pending.clone()])?;
        }
        self.pending = 0..0;
        Ok(())
    }

    /// Gives the memory back; only for a buffer that is empty.
    pub(crate) fn release(&mut self) {
        debug_assert!(self.is_empty());
        *self = Self::default();
    }
}

/// Bytes that came in.
#[derive(Debug)]
pub(crate) struct InBuffer {
    /// All of it is initialized: the transport writes into it.
    bytes: Vec<u8>,

    /// What has been read and not been used.
    ///
    /// Invariant: `buffered.end <= bytes.len()`, and `0..0` if nothing is buffered.
    buffered: Range<usize>,

    /// Up to where a reader that may read ahead reads, counted from `origin`.
    window: usize,

    /// Where the window begins.
    origin: usize,

    /// How many of the buffered bytes do not count as in the window, once it is moved: the front of a
    /// header that an earlier call has read, or the header of the record that is being read.
    outside: usize,
}

/// How far a reader that may read ahead reads, unless a record needs more.
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

    /// Reads until `len` bytes are buffered. Reads no byte beyond them, unless `ahead`.
    pub(crate) fn fill(
        &mut self,
        len: usize,
        ahead: bool,
        transport: &Transport,
        shared: &Shared,
    ) -> Result<()> {
        if len > Header::LEN {
            self.outside = Header::LEN;
        }
        if self.buffered.len() >= len {
            return Ok(());
        }
        if self.ahead() < len - self.buffered.len() {
            self.move_window();
        }
        let outcome = self.read(len, ahead, transport, shared);
        if outcome.is_err() && len == Header::LEN {
            self.outside = self.buffered.len();
        }
        outcome
    }

    fn read(
        &mut self,
        len: usize,
        ahead: bool,
        transport: &Transport,
        shared: &Shared,
    ) -> Result<()> {
        while self.buffered.len() < len {
            let missing = len - self.buffered.len();
            let most = self.widen(missing);
            let request = if ahead { most } else { missing };
            self.make_room(request)?;
            let end = self.buffered.end;
            self.buffered.end += transport.read(shared, &mut self.bytes[end..end + request])?;
        }
        Ok(())
    }

    /// How many bytes of the window come behind what is buffered.
    fn ahead(&self) -> usize {
        (self.origin + self.window).saturating_sub(self.buffered.end)
    }

    /// Lets the window begin where s2n-tls' does, so that an application sees the same bytes
    /// pending: it keeps a record's header elsewhere, as far as it has come.
    fn move_window(&mut self) {
        self.move_to_front();
        self.origin = self.outside;
    }

    /// How many bytes to ask for when `missing` are needed: all that the window has room for.
    fn widen(&mut self, missing: usize) -> usize {
        let ahead = self.ahead();
        if missing > ahead {
            self.window += (missing - ahead).max(GROWTH);
        }
        missing.max(ahead)
    }

    /// Makes room for `len` bytes behind the buffered ones.
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

    /// Gives the memory back if nothing is buffered, or, where a record is `waited` for, no more than the
    /// front of its header.
    pub(crate) fn release(&mut self, waited: bool) {
        if self.buffered.is_empty() || waited && self.buffered.len() < Header::LEN {
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

/// The least memory that a buffer takes.
const MIN_CAPACITY: usize = 256;

/// How much more than what is needed a growing buffer may take.
const GROWTH: usize = 1024;
