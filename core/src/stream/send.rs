//! Sending: fragmentation of application data into records, key updates, and the send buffer.

use std::io::IoSlice;
use std::sync::atomic::Ordering::*;
use std::time::Duration;

use super::buffers::OutBuffer;
use super::ktls::KernelSend;
use super::receive::NO_DATA_IN_QUIC;
use super::transport::Cached;
use super::{Io, Stream, Writer};
use crate::base::log::log;
use crate::base::probe::{self, Event};
use crate::base::{Blocked, StackDepth, lock_direction, memory, uptime, with_cleared_stack};
use crate::error::{Alert, Code, Error, Reason, Result};
use crate::record::{ContentType, Sealer, warning_alert};
use crate::state::{HandshakeKeys, Shared, State};

/// The sending direction of a connection.
#[derive(Default)]
pub(crate) struct SendHalf {
    /// `None` before the handshake is complete, and with kernel TLS.
    pub(crate) sealer: Option<Sealer>,

    /// Kernel TLS, once it is enabled. The output buffer has plaintext of other records than
    /// application data then.
    pub(super) kernel: Option<KernelSend>,

    pub(super) writer: Cached<dyn Writer>,

    /// Records, unless kernel TLS is enabled.
    pub(crate) out: OutBuffer,

    /// The number of the caller's bytes that are sealed, but not yet reported as sent. The caller
    /// passes them again at the start of its next call.
    pub(crate) unreported: usize,

    /// The number of bytes by which batches are shorter than their buffer, because the transport has
    /// not accepted all of the records: sealing those again costs time.
    pub(super) batch_shortfall: usize,

    /// The number of bytes sent since small records were last started.
    pub(crate) small_record_bytes: u64,

    /// The start of the last send, or of the connection; updated only if small records have a
    /// timeout.
    last_send: Duration,

    /// An encoded fatal alert, sent instead of close_notify.
    pub(crate) pending_alert: Vec<u8>,

    pub(crate) alert_sent: bool,

    /// The keys for a close_notify during the handshake, once they are derived.
    pub(crate) handshake_keys: Option<HandshakeKeys>,
}

/// The maximum threshold of small records, in bytes.
pub const MAX_SMALL_RECORD_THRESHOLD: u32 = 8 << 20;

/// The maximum length of a small record in bytes: it fits in one Ethernet frame with the headers of
/// IP and TCP.
const SMALL_RECORD_LEN: usize = 1400;

impl Stream {
    /// Sends `data`, after the records of an earlier call are written.
    ///
    /// `data` may be the error of invalid arguments: it is returned once those records are written.
    /// Until then their error, or that of a closed connection, takes precedence.
    ///
    /// Returns the number of bytes in completely written records. If these are not all, `blocked`
    /// is set, and the caller continues with the byte after the last reported one.
    #[inline]
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

    /// The address is null: the call fails at the first byte.
    is_null: bool,
}

impl<'a> Data<'a> {
    /// Validates the buffers: fails if they have fewer than `skip` bytes, or more than
    /// `isize::MAX`.
    #[inline]
    pub fn new(buffers: &'a [IoSlice<'a>], skip: usize) -> Result<Self> {
        let total = buffers
            .iter()
            .try_fold(0_usize, |total, buffer| total.checked_add(buffer.len()))
            .ok_or(Code::InvalidArgument)?;
        Self::counted(buffers, total, skip)
    }

    /// Returns data of `total` bytes at a null address.
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

    /// Seals `len` bytes from `start` on as a record, at the start of `out`. Returns its length.
    pub(super) fn seal(
        &self,
        sealer: &mut Sealer,
        start: usize,
        len: usize,
        out: &mut [u8],
    ) -> Result<usize> {
        self.with_pieces(start, len, |pieces| {
            sealer.seal(ContentType::ApplicationData, pieces, out)
        })
    }

    /// Calls `seal` with the pieces of the buffers that contain `len` bytes from `start` on.
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

    /// Returns the number of bytes.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Returns whether the address is null.
    pub(super) fn is_null(&self) -> bool {
        self.is_null
    }

    pub(super) fn pieces(&self, start: usize, len: usize) -> impl Iterator<Item = &'a [u8]> {
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

/// The number of pieces of a record that are listed without an allocation.
const FEW_PIECES: usize = 8;

impl SendHalf {
    /// Creates the sending direction of a new connection.
    pub(super) fn new() -> Self {
        Self {
            last_send: uptime(),
            ..Self::default()
        }
    }

    #[inline]
    fn send(&mut self, io: Io<'_>, data: Result<Data<'_>>) -> Result<(usize, bool)> {
        let shared = &io.state.shared;
        if !shared.can_write() {
            return Err(Code::Closed.rule("the connection is closed for sending"));
        }
        if io.state.is_quic() {
            return Err(Code::UnsupportedWithQuic.rule(NO_DATA_IN_QUIC));
        }

        // Before the validation of the arguments: the records of the last call take precedence.
        self.flush_all(io)?;

        let data = data?;
        if data.len < self.unreported {
            return Err(Code::SendSize.because(Reason::SendSize {
                offered: data.len,
                accepted: self.unreported,
            }));
        }
        let is_early = io.state.check_early_send(data.len)?;
        if self.kernel.is_some() {
            return self.send_by_kernel(io, &data);
        }
        self.restart_small_records(io)?;

        // The flush has written the unreported bytes.
        let mut sent = self.unreported;
        while self.unreported < data.len {
            // If this blocks, the next call reports the written bytes.
            if !is_early {
                self.send_post_handshake(io)?;
            }
            let outcome = match !is_early && self.is_batch_next(io, &data) {
                true => self.send_batch(io, &data, &mut sent),
                false => self.send_record(io, &data, &mut sent),
            };
            match outcome {
                Ok(()) => {}
                Err(error) if error.is_blocked() && sent > 0 => {
                    self.unreported -= sent;
                    if is_early {
                        io.state.count_early_data(sent)?;
                    }
                    return Ok((sent, false));
                }
                Err(error) => return Err(error),
            }
        }
        self.unreported = 0;
        if is_early {
            io.state.count_early_data(data.len)?;
        }
        Ok((data.len, true))
    }

    #[inline(never)]
    fn send_by_kernel(&mut self, io: Io<'_>, data: &Data<'_>) -> Result<(usize, bool)> {
        if data.len > 0 {
            self.send_post_handshake(io)?;
        }
        let kernel = self.kernel.as_mut().ok_or(Code::Encrypt)?;
        kernel.send(io, data)
    }

    /// Seals the next record, and writes it unless the send buffer has space for another one.
    #[inline(never)] // The loop around it is inlined into the exported functions.
    pub(super) fn send_record(
        &mut self,
        io: Io<'_>,
        data: &Data<'_>,
        sent: &mut usize,
    ) -> Result<()> {
        let shared = &io.state.shared;
        let overhead = self.overhead().ok_or_else(no_keys)?;
        if data.is_null {
            return Err(Code::Null)?;
        }

        let len = self.next_len(io, data, overhead);
        let sealer = self.sealer.as_mut().ok_or_else(no_keys)?;
        let room = self.out.room(len + overhead)?;
        let written = data.seal(sealer, self.unreported, len, room)?;
        self.out.commit(written);
        self.unreported += len;
        self.small_record_bytes += len as u64;

        let next = shared.max_payload().min(data.len - self.unreported);
        let expansion = shared.expansion();
        let buffer = shared.use_send_buffer();
        if next == 0 || next + expansion > self.out.room_in(buffer) {
            self.flush(io)?;
            *sent = self.unreported;
            self.lengthen_batches();
        }
        Ok(())
    }

    /// Returns how many bytes longer a record is than its plaintext; `None` without keys.
    pub(super) fn overhead(&self) -> Option<usize> {
        self.sealer.as_ref().map(Sealer::overhead)
    }

    /// Returns the number of the caller's bytes in the next record.
    pub(super) fn next_len(&self, io: Io<'_>, data: &Data<'_>, overhead: usize) -> usize {
        let shared = &io.state.shared;
        let most = shared.max_payload();
        let small = self.small_record_bytes < shared.small_record_threshold.load(Relaxed).into();
        let len = match small {
            true => most.min(SMALL_RECORD_LEN - overhead),
            false => most,
        };
        len.min(data.len - self.unreported)
    }

    /// Restarts small records after an idle time of the application.
    fn restart_small_records(&mut self, io: Io<'_>) -> Result<()> {
        let timeout = io.state.shared.small_record_timeout.load(Relaxed);
        if timeout == 0 {
            return Ok(());
        }
        let now = io.state.config()?.monotonic_now()?;
        let timeout = Duration::from_secs(timeout.into());
        let last = std::mem::replace(&mut self.last_send, now);
        // A clock that runs backwards, or started after the connection, counts as idle.
        let pause = now.checked_sub(last);
        if pause.is_none_or(|pause| pause > timeout) {
            self.small_record_bytes = 0;
        }
        Ok(())
    }

    /// Sends the pending post-handshake messages.
    pub(crate) fn send_post_handshake(&mut self, io: Io<'_>) -> Result<()> {
        match &mut self.kernel {
            Some(kernel) => kernel.prepare(io, 0)?,
            None => self.send_key_update(io)?,
        }
        if self.is_tls13() {
            self.send_tickets(io)?;
        }
        Ok(())
    }

    /// Returns whether the connection has keys of TLS 1.3.
    fn is_tls13(&self) -> bool {
        self.sealer.as_ref().is_some_and(Sealer::is_tls13)
            || self.kernel.as_ref().is_some_and(KernelSend::is_tls13)
    }

    /// Sends a pending KeyUpdate: the peer or the application has requested it, or the key has
    /// reached its usage limit (RFC 8446, 4.6.3 and 5.5).
    fn send_key_update(&mut self, io: Io<'_>) -> Result<()> {
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
        self.out.flush(&mut io.sink(&mut self.writer))?;

        io.state.shared.use_send_buffer();
        let room = self.out.room(KEY_UPDATE.len() + sealer.overhead())?;
        io.state.shared.key_update_pending.store(false, Release);
        let written = sealer.seal(ContentType::Handshake, &[&KEY_UPDATE], room)?;
        self.out.commit(written);
        // The peer changes its read keys after this message, so every later record is sealed with
        // the new write keys.
        let rekeyed = with_cleared_stack(StackDepth::Keys, || {
            sealer.rekey(io.state.next_write_keys()?)
        });
        if let Err(error) = rekeyed {
            // The peer could not decrypt any later record.
            io.state.shared.close();
            return Err(error);
        }
        Shared::count_key_update(&io.state.shared.key_updates_sent);
        probe::fire(io.state.name(), Event::KeyUpdate { is_sent: true });
        log!(Debug, io.state.name(), "a KeyUpdate is sent");
        self.flush(io)
    }

    /// Stops sending early data, which the server has rejected: none of it was received.
    pub(crate) fn drop_early_data(&mut self) {
        self.sealer = None;
        self.unreported = 0;
    }

    #[inline]
    pub(crate) fn flush(&mut self, io: Io<'_>) -> Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        match &mut self.kernel {
            Some(kernel) => kernel.flush(io, &mut self.out),
            None => self.out.flush(&mut io.sink(&mut self.writer)),
        }
    }

    /// Writes the sealed records, and the pending answer to a HelloRequest.
    #[inline]
    pub(crate) fn flush_all(&mut self, io: Io<'_>) -> Result<()> {
        self.flush(io)?;
        match io.state.shared.no_renegotiation_pending.load(Acquire) {
            true => self.send_no_renegotiation(io),
            false => Ok(()),
        }
    }

    /// RFC 5246, 7.2.2: no_renegotiation "is always a warning".
    #[cold]
    fn send_no_renegotiation(&mut self, io: Io<'_>) -> Result<()> {
        let alert = warning_alert(Alert::NoRenegotiation);
        match (&mut self.kernel, &mut self.sealer) {
            (Some(kernel), _) => kernel.buffer(&mut self.out, ContentType::Alert, &alert)?,
            (None, Some(sealer)) => {
                io.state.shared.use_send_buffer();
                let room = self.out.room(alert.len() + sealer.overhead())?;
                let written = sealer.seal(ContentType::Alert, &[&alert], room)?;
                self.out.commit(written);
            }
            (None, None) => return Ok(()),
        }
        io.state
            .shared
            .no_renegotiation_pending
            .store(false, Release);
        self.flush(io)
    }

    pub(crate) fn release_if_dynamic(&mut self, shared: &Shared) {
        if shared.dynamic_buffers.load(Relaxed) && self.out.is_empty() {
            self.out.release();
            shared.send_buffer_in_use.store(0, Relaxed);
        }
    }
}

/// The error of a send before the handshake is complete.
#[cold]
fn no_keys() -> Error {
    Code::Encrypt.rule("there are no keys for sending: the handshake is not complete")
}

/// A KeyUpdate with update_not_requested (RFC 8446, 4.6.3).
pub(super) const KEY_UPDATE: [u8; 5] = [24, 0, 0, 1, 0];
