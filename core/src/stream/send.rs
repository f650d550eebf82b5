//! Sending: application bytes become records, and records become writes.

use std::io::IoSlice;
use std::sync::atomic::Ordering::*;
use std::time::Duration;

use super::buffers::OutBuffer;
use super::{Io, Stream};
use crate::base::{
    Blocked, StackDepth, Version, lock_direction, memory, uptime, with_cleared_stack,
};
use crate::error::{Code, Result};
use crate::record::{ContentType, Sealer};
use crate::state::{HandshakeKeys, Shared, State};

/// The writing direction of a connection.
#[derive(Default)]
pub(crate) struct SendHalf {
    /// Nothing before the handshake is complete.
    pub(crate) sealer: Option<Sealer>,

    pub(crate) out: OutBuffer,

    /// How many bytes of the caller's data are sealed and were not reported as sent. The caller
    /// offers them again at the front of its next call.
    unreported: usize,

    /// Bytes of the period in which small records are counted.
    bytes_in_period: u64,

    /// When the last send began, or the connection; kept only if a timeout of the period is set.
    last_send: Duration,

    /// An encoded fatal alert, sent instead of close_notify.
    pub(crate) pending_alert: Vec<u8>,

    pub(crate) alert_sent: bool,

    /// The keys for a close_notify in the middle of a handshake, once they are derived.
    pub(crate) handshake_keys: Option<HandshakeKeys>,
}

/// The largest threshold of small records, in bytes.
pub const MAX_SMALL_RECORD_THRESHOLD: u32 = 8 << 20;

/// A small record fits one Ethernet frame, with room for the headers of IP and TCP.
const SMALL_RECORD_ON_THE_WIRE: usize = 1400;

/// What a configured send buffer keeps back for a record's header and expansion; s2n-tls reckons
/// with the most that a version allows (RFC 8446, 5.2; RFC 5246, 6.2.3).
const EXPANSION_TLS13: usize = 261;
/// See [`EXPANSION_TLS13`].
const EXPANSION_TLS12: usize = 1029;

impl Stream {
    /// Sends `data`, after the records of an earlier call have left.
    ///
    /// `data` may be the error of invalid arguments: it is returned once those records have left.
    /// Until then their error, or that of a closed connection, takes precedence.
    ///
    /// Returns how many bytes are in records that the transport has taken whole. If that is not
    /// all, `blocked` is set, and the caller continues with the byte after the last reported one.
    pub(crate) fn send(
        &self,
        state: &State,
        data: Result<Data<'_>>,
        blocked: &mut Blocked,
    ) -> Result<usize> {
        *blocked = Blocked::Write;
        let mut half = lock_direction(&self.send)?;
        let outcome = half.send(self.io(state), data);
        half.release_if_dynamic(&state.shared);
        let (sent, all) = outcome?;
        if all {
            *blocked = Blocked::Not;
        }
        Ok(sent)
    }
}

/// The data of a send: a list of buffers, less the first `skip` bytes.
#[derive(Clone, Copy)]
pub struct Data<'a> {
    buffers: &'a [IoSlice<'a>],
    skip: usize,
    len: usize,

    /// There are no bytes behind the length: the call fails when it would need the first.
    is_null: bool,
}

impl<'a> Data<'a> {
    /// Fails if there are fewer than `skip` bytes, or more than can be counted.
    pub fn new(buffers: &'a [IoSlice<'a>], skip: usize) -> Result<Self> {
        let total = buffers
            .iter()
            .try_fold(0_usize, |total, buffer| total.checked_add(buffer.len()))
            .ok_or(Code::InvalidArgument)?;
        Self::counted(buffers, total, skip)
    }

    /// Data of `total` bytes at a null address.
    pub fn null(total: usize, skip: usize) -> Result<Self> {
        let data = Self::counted(&[], total, skip)?;
        Ok(Self {
            is_null: true,
            ..data
        })
    }

    fn counted(buffers: &'a [IoSlice<'a>], total: usize, skip: usize) -> Result<Self> {
        if isize::try_from(total).is_err() {
            return Err(Code::InvalidArgument)?;
        }
        let len = total.checked_sub(skip).ok_or(Code::InvalidArgument)?;
        Ok(Self {
            buffers,
            skip,
            len,
            is_null: false,
        })
    }

    /// Calls `seal` with the pieces that hold `len` bytes from `start` on.
    fn with_pieces<R>(
        &self,
        start: usize,
        len: usize,
        seal: impl FnOnce(&[&[u8]]) -> Result<R>,
    ) -> Result<R> {
        let mut few: [&[u8]; FEW_PIECES] = [&[]; FEW_PIECES];
        let mut count = 0;
        let mut many = Vec::new();
        for piece in self.pieces(start, len) {
            if count < FEW_PIECES {
                few[count] = piece;
                count += 1;
                continue;
            }
            if many.is_empty() {
                memory::extend(&mut many, &few)?;
            }
            memory::push(&mut many, piece)?;
        }
        match many.is_empty() {
            true => seal(&few[..count]),
            false => seal(&many),
        }
    }

    fn pieces(&self, start: usize, len: usize) -> impl Iterator<Item = &'a [u8]> {
        let mut skip = self.skip + start;
        let mut left = len;
        self.buffers.iter().filter_map(move |buffer| {
            let buffer: &'a [u8] = buffer;
            let from = skip.min(buffer.len());
            skip -= from;
            let piece = &buffer[from..][..left.min(buffer.len() - from)];
            left -= piece.len();
            (!piece.is_empty()).then_some(piece)
        })
    }
}

/// How many pieces of a record are listed without allocating.
const FEW_PIECES: usize = 8;

impl SendHalf {
    /// The writing direction of a connection that begins now.
    pub(super) fn new() -> Self {
        Self {
            last_send: uptime(),
            ..Self::default()
        }
    }

    fn send(&mut self, io: Io<'_>, data: Result<Data<'_>>) -> Result<(usize, bool)> {
        let shared = &io.state.shared;
        if !shared.can_write() {
            return Err(Code::Closed)?;
        }

        // Whatever the arguments are: nothing else can be said before the last call's records
        // have left.
        self.flush(io)?;

        let data = data?;
        if data.len < self.unreported {
            return Err(Code::SendSize)?;
        }
        self.begin_period(io)?;

        // What was unreported has left with the flush.
        let mut sent = self.unreported;
        while self.unreported < data.len {
            // If this blocks, what has left is reported by the next call.
            self.send_post_handshake(io)?;
            let sealed = self.send_record(io, &data, &mut sent);
            match sealed {
                Ok(()) => {}
                Err(error) if error.is_blocked() && sent > 0 => {
                    self.unreported -= sent;
                    return Ok((sent, false));
                }
                Err(error) => return Err(error),
            }
        }
        self.unreported = 0;
        Ok((data.len, true))
    }

    /// Seals the next record, and writes it unless more records are to go with it.
    fn send_record(&mut self, io: Io<'_>, data: &Data<'_>, sent: &mut usize) -> Result<()> {
        let shared = &io.state.shared;
        let sealer = self.sealer.as_mut().ok_or(Code::Encrypt)?;
        if data.is_null {
            return Err(Code::Null)?;
        }

        let most = shared.max_payload();
        let small = self.bytes_in_period < shared.small_record_threshold.load(Relaxed).into();
        let len = match small {
            true => most.min(SMALL_RECORD_ON_THE_WIRE - sealer.overhead()),
            false => most,
        };
        let len = len.min(data.len - self.unreported);

        let room = self.out.room(len + sealer.overhead())?;
        let written = data.with_pieces(self.unreported, len, |pieces| {
            sealer.seal(ContentType::ApplicationData, pieces, room)
        })?;
        self.out.commit(written);
        self.unreported += len;
        self.bytes_in_period += len as u64;

        let next = most.min(data.len - self.unreported);
        let expansion = shared.expansion();
        let buffer = shared.use_send_buffer();
        if next == 0 || next + expansion > self.out.room_in(buffer) {
            self.flush(io)?;
            *sent = self.unreported;
        }
        Ok(())
    }

    /// Restarts the count of small records after a pause of the application.
    fn begin_period(&mut self, io: Io<'_>) -> Result<()> {
        let timeout = io.state.shared.small_record_timeout.load(Relaxed);
        if timeout == 0 {
            return Ok(());
        }
        let now = io.state.config()?.monotonic_now()?;
        let timeout = Duration::from_secs(timeout.into());
        let last = std::mem::replace(&mut self.last_send, now);
        // A clock that runs backwards, or began later than the connection, tells of no activity.
        let pause = now.checked_sub(last);
        if pause.is_none_or(|pause| pause > timeout) {
            self.bytes_in_period = 0;
        }
        Ok(())
    }

    /// Sends what is owed before application data: a key update, asked for by the peer or due
    /// because this key has sealed as many records as is safe (RFC 8446, 4.6.3 and 5.5).
    pub(crate) fn send_post_handshake(&mut self, io: Io<'_>) -> Result<()> {
        let Some(sealer) = &mut self.sealer else {
            return Ok(());
        };
        if !io.state.shared.key_update_pending.load(Acquire) && !sealer.requires_key_update() {
            return Ok(());
        }
        if !sealer.is_tls13() {
            io.state.shared.key_update_pending.store(false, Release);
            return Ok(());
        }
        self.out.flush(io.transport, &io.state.shared)?;

        let room = self.out.room(KEY_UPDATE.len() + sealer.overhead())?;
        io.state.shared.key_update_pending.store(false, Release);
        let written = sealer.seal(ContentType::Handshake, &[&KEY_UPDATE], room)?;
        self.out.commit(written);
        // The peer changes its reading keys right behind the message, so every later record
        // belongs to the new ones.
        let rekeyed = with_cleared_stack(StackDepth::Keys, || {
            let keys = io.state.with_key_schedule(|schedule| {
                let schedule = schedule.ok_or(Code::HandshakeNotComplete)?;
                schedule.next_write_keys()
            })?;
            sealer.rekey(keys)
        });
        if let Err(error) = rekeyed {
            // It would not understand any record that follows.
            io.state.shared.close();
            return Err(error);
        }
        Shared::count_key_update(&io.state.shared.key_updates_sent);
        self.flush(io)
    }

    pub(crate) fn flush(&mut self, io: Io<'_>) -> Result<()> {
        self.out.flush(io.transport, &io.state.shared)
    }

    pub(crate) fn release_if_dynamic(&mut self, shared: &Shared) {
        if shared.dynamic_buffers.load(Relaxed) && self.out.is_empty() {
            self.out.release();
            shared.send_buffer_in_use.store(0, Relaxed);
        }
    }
}

/// A KeyUpdate that does not ask for one in return (RFC 8446, 4.6.3).
const KEY_UPDATE: [u8; 5] = [24, 0, 0, 1, 0];

impl Shared {
    /// The most plaintext that a record may carry now.
    fn max_payload(&self) -> usize {
        let preferred = self.record_size.load(Relaxed) as usize;
        match self.send_buffer.load(Relaxed) as usize {
            0 => preferred,
            buffer => preferred
                .min(buffer.saturating_sub(self.expansion()))
                .max(1),
        }
    }

    /// What is kept back for a record's header and expansion.
    fn expansion(&self) -> usize {
        match self.has_negotiated_version() && self.version.load(Acquire) >= Version::Tls13 {
            true => EXPANSION_TLS13,
            false => EXPANSION_TLS12,
        }
    }

    /// The size of the buffer in which records are collected, 0 if none is configured. Its size is
    /// settled when it is first used, which is in the handshake.
    pub(crate) fn use_send_buffer(&self) -> usize {
        let configured = self.send_buffer.load(Relaxed) as usize;
        if configured == 0 {
            return 0;
        }
        match self.send_buffer_in_use.load(Relaxed) as usize {
            0 => {
                let size = configured.max(self.max_payload() + self.expansion());
                self.send_buffer_in_use.store(size as u32, Relaxed);
                size
            }
            size => size,
        }
    }

    /// A buffer in use holds at least one record of the size that is preferred now.
    pub(crate) fn enlarge_send_buffer(&self) {
        let record = self.record_size.load(Relaxed) + self.expansion() as u32;
        let in_use = self.send_buffer_in_use.load(Relaxed);
        if in_use > 0 && in_use < record {
            self.send_buffer_in_use.store(record, Relaxed);
        }
    }
}
