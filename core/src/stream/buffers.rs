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
    pub(crate) fn room(&mut self, len: usize) -> Result<&mut [u8]> {
        let end = self.waiting.end + len;
        if end > self.bytes.len() {
            let more = end - self.bytes.len();
            memory::reserve_exact(&mut self.bytes, more)?;
            self.bytes.resize(end, 0);
        }
        Ok(&mut self.bytes[self.waiting.end..end])
    }

    pub(crate) fn commit(&mut self, len: usize) {
        self.waiting.end += len;
        debug_assert!(self.waiting.end <= self.bytes.len());
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
        self.waiting = 0..bytes.len();
        self.bytes = bytes;
        Ok(())
    }

    /// Hands everything to the transport; what it does not take stays.
    pub(crate) fn flush(&mut self, transport: &Transport, shared: &Shared) -> Result<()> {
        while !self.waiting.is_empty() {
            self.waiting.start += transport.write(shared, &self.bytes[self.waiting.clone()])?;
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
#[derive(Debug)]
pub(crate) struct InBuffer {
    /// All of it is initialized: the transport writes into it.
    bytes: Vec<u8>,

    /// What has been read and not been used.
    ///
    /// Invariant: `held.end <= bytes.len()`, and `0..0` if nothing is held.
    held: Range<usize>,

    /// Up to where a reader that may read ahead reads, counted from `origin`.
    window: usize,

    /// Where the window begins.
    origin: usize,

    /// How many of the held bytes do not count as in the window, once it is moved: the front of a
    /// header that an earlier call has read, or the header of the record that is being read.
    outside: usize,
}

/// How far a reader that may read ahead reads, unless a record needs more.
const READ_AHEAD: usize = 16384;

impl Default for InBuffer {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            held: 0..0,
            window: READ_AHEAD,
            origin: 0,
            outside: 0,
        }
    }
}

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
        transport: &Transport,
        shared: &Shared,
    ) -> Result<()> {
        if len > Header::LEN {
            self.outside = Header::LEN;
        }
        if self.held.len() >= len {
            return Ok(());
        }
        if self.ahead() < len - self.held.len() {
            self.move_window();
        }
        let outcome = self.read(len, ahead, transport, shared);
        if outcome.is_err() && len == Header::LEN {
            self.outside = self.held.len();
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
        while self.held.len() < len {
            let missing = len - self.held.len();
            let most = self.widen(missing);
            let request = if ahead { most } else { missing };
            self.make_room(request)?;
            let end = self.held.end;
            self.held.end += transport.read(shared, &mut self.bytes[end..end + request])?;
        }
        Ok(())
    }

    /// How many bytes of the window come behind what is held.
    fn ahead(&self) -> usize {
        (self.origin + self.window).saturating_sub(self.held.end)
    }

    /// Lets the window begin where s2n-tls' does, so that an application sees the same bytes
    /// waiting: it keeps a record's header elsewhere, as far as it has come.
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

    /// Makes room for `len` bytes behind the held ones.
    fn make_room(&mut self, len: usize) -> Result<()> {
        let end = self.held.end + len;
        if end <= self.bytes.len() {
            return Ok(());
        }
        let capacity = end.next_power_of_two().min(end + GROWTH).max(SMALLEST);
        let more = capacity - self.bytes.len();
        memory::reserve_exact(&mut self.bytes, more)?;
        self.bytes.resize(capacity, 0);
        Ok(())
    }

    fn move_to_front(&mut self) {
        self.bytes.copy_within(self.held.clone(), 0);
        self.held = 0..self.held.len();
    }

    pub(crate) fn consume(&mut self, len: usize) {
        self.held.start += len;
        debug_assert!(self.held.start <= self.held.end);
        if self.held.is_empty() {
            self.held = 0..0;
            self.origin = 0;
        }
        self.outside = 0;
    }

    /// Gives the memory back if nothing is held, or, where a record is `waited` for, no more than the
    /// front of its header.
    pub(crate) fn release(&mut self, waited: bool) {
        if self.held.is_empty() || waited && self.held.len() < Header::LEN {
            let bytes = self.held().to_vec();
            *self = Self {
                held: 0..bytes.len(),
                origin: bytes.len(),
                outside: bytes.len(),
                bytes,
                ..Self::default()
            };
        }
    }
}

/// The least memory that a buffer takes.
const SMALLEST: usize = 256;

/// How much more than what is needed a growing buffer may take.
const GROWTH: usize = 1024;
