//! Sending with kernel TLS.

use std::io::IoSlice;
use std::sync::Arc;
use std::sync::atomic::Ordering::*;

use super::*;
use crate::base::memory;
use crate::record::{ContentType, MAX_PLAINTEXT};
use crate::state::Shared;
use crate::stream::buffers::OutBuffer;
use crate::stream::send::{Data, KEY_UPDATE, SendHalf};
use crate::stream::transport::{KernelWriter, MAX_BUFFERS, write_once};

/// Sends the records of a connection with kernel TLS.
pub(in crate::stream) struct KernelSend {
    /// The descriptor that was last seen with kernel TLS.
    writer: Arc<dyn Writer>,

    tls13: bool,

    /// The content type of the output buffer, which has plaintext.
    ///
    /// Invariant: not application data, which is never buffered.
    pending: ContentType,

    /// The number of records that the kernel has sealed with the key, at least. The kernel fills
    /// the records of a call, so that only those of a file, or of very many buffers, may be
    /// smaller.
    sequence: u64,

    /// The number of records that a key may seal. The last one is reserved for other content than
    /// application data.
    limit: u64,
}

/// The maximum number of bytes of one call in Linux (MAX_RW_COUNT), rounded up.
const MAX_CALL: usize = 1 << 31;

impl KernelSend {
    pub(super) fn new(writer: Arc<dyn Writer>, tls13: bool, sequence: u64, limit: u64) -> Self {
        Self {
            writer,
            tls13,
            pending: ContentType::Alert,
            sequence,
            limit,
        }
    }

    pub(in crate::stream) fn is_tls13(&self) -> bool {
        self.tls13
    }

    /// Buffers a message, to be sent in records of this type.
    pub(in crate::stream) fn buffer(
        &mut self,
        out: &mut OutBuffer,
        typ: ContentType,
        message: &[u8],
    ) -> Result<()> {
        debug_assert!(out.is_empty());
        out.extend(message)?;
        self.pending = typ;
        Ok(())
    }

    /// Sends the buffered message. After an error the rest stays pending.
    pub(in crate::stream) fn flush(&mut self, io: Io<'_>, out: &mut OutBuffer) -> Result<()> {
        while !out.is_empty() {
            let sent = self.send_record(io, self.pending, out.pending())?;
            out.consume(sent);
        }
        Ok(())
    }

    /// Sends application data: returns the number of sent bytes, and whether these are all.
    pub(in crate::stream) fn send(&mut self, io: Io<'_>, data: &Data<'_>) -> Result<(usize, bool)> {
        let mut sent = 0;
        while sent < data.len() {
            match self.send_buffers(io, data, sent) {
                Ok((len, offered)) => {
                    sent += len;
                    if len < offered {
                        return Ok((sent, false));
                    }
                }
                // The error recurs in the next call.
                Err(_) if sent > 0 => return Ok((sent, false)),
                Err(error) => return Err(error),
            }
        }
        Ok((sent, true))
    }

    /// Sends the data from `start` on, as far as one call accepts it. Returns the number of sent
    /// bytes, at least 1, and of those that the call has offered.
    fn send_buffers(
        &mut self,
        io: Io<'_>,
        data: &Data<'_>,
        start: usize,
    ) -> Result<(usize, usize)> {
        if data.is_null() {
            return Err(Code::Null)?;
        }
        let left = (data.len() - start).min(MAX_CALL - MAX_PLAINTEXT);
        self.prepare(io, left)?;
        let mut few = [IoSlice::new(&[]); FEW_BUFFERS];
        let mut many = Vec::new();
        let buffers = collect(data.pieces(start, left), &mut few, &mut many)?;
        let offered = buffers.iter().map(|buffer| buffer.len()).sum();
        let sent = self.write(io, |kernel| kernel.send(buffers))?;
        self.count(sent);
        Ok((sent, offered))
    }

    /// Sends a part of a file.
    pub(super) fn send_file(
        &mut self,
        io: Io<'_>,
        (file, offset, count): (i32, i64, usize),
    ) -> Result<usize> {
        self.prepare(io, count.min(MAX_CALL))?;
        let sent = self.write_once(io, |kernel| kernel.send_file(file, offset, count))?;
        self.count(sent);
        Ok(sent)
    }

    /// Sends the pending KeyUpdate (RFC 8446, 4.6.3), or one because the key is used up by the next
    /// `len` bytes.
    pub(in crate::stream) fn prepare(&mut self, io: Io<'_>, len: usize) -> Result<()> {
        let pending = &io.state.shared.key_update_pending;
        let is_used_up = self.sequence + records(len) >= self.limit;
        if !self.tls13 {
            pending.store(false, Release);
        }
        if !is_used_up && !pending.load(Acquire) {
            return Ok(());
        }
        if self.tls13 && self.kernel(io)?.can_replace_keys() {
            return self.update_key(io);
        }
        // s2n-tls sends the KeyUpdate before the kernel rejects the keys, and the peer cannot
        // decrypt any later record, not even the close_notify.
        match is_used_up {
            true => Err(Code::KtlsKeyLimit)?,
            false => Err(Code::KtlsSockopt)?,
        }
    }

    fn update_key(&mut self, io: Io<'_>) -> Result<()> {
        let sent = self.send_record(io, ContentType::Handshake, &KEY_UPDATE)?;
        io.state.shared.key_update_pending.store(false, Release);
        // The peer changes its read keys after this message, so every later record is sealed with
        // the new write keys.
        let replaced = match sent == KEY_UPDATE.len() {
            true => self.replace_key(io),
            false => Err(Code::KtlsSockopt.into()),
        };
        if let Err(error) = replaced {
            // The peer could not decrypt any later record.
            io.state.shared.close();
            return Err(error);
        }
        self.sequence = 0;
        Shared::count_key_update(&io.state.shared.key_updates_sent);
        Ok(())
    }

    fn replace_key(&mut self, io: Io<'_>) -> Result<()> {
        with_cleared_stack(StackDepth::Keys, || {
            let keys = KernelKeys::for_sending(self.tls13, io.state.next_write_keys()?)?;
            let kernel = self.writer.kernel().ok_or(Code::KtlsManagedIo)?;
            kernel
                .set_keys(&keys)
                .map_err(|_| Error::new(Code::KtlsSockopt))
        })
    }

    /// Sends a record of another type than application data: returns the number of sent bytes, at
    /// least 1.
    fn send_record(&mut self, io: Io<'_>, typ: ContentType, content: &[u8]) -> Result<usize> {
        let sent = self.write(io, |kernel| kernel.send_record(typ as u8, content))?;
        self.count(sent);
        Ok(sent)
    }

    fn count(&mut self, sent: usize) {
        self.sequence += records(sent);
    }

    /// Writes once: returns the number of bytes, at least 1.
    fn write(
        &mut self,
        io: Io<'_>,
        attempt: impl FnMut(&dyn KernelWriter) -> std::io::Result<usize>,
    ) -> Result<usize> {
        match self.write_once(io, attempt)? {
            0 => Err(Error::transport(Code::IoBlocked, 0)),
            sent => Ok(sent),
        }
    }

    fn write_once(
        &mut self,
        io: Io<'_>,
        mut attempt: impl FnMut(&dyn KernelWriter) -> std::io::Result<usize>,
    ) -> Result<usize> {
        let kernel = self.kernel(io)?;
        write_once(&io.state.shared, || attempt(kernel))
    }

    /// Returns the kernel TLS of the current descriptor. The application may have set another one,
    /// which must be of a socket with kernel TLS: the data is not encrypted otherwise.
    fn kernel(&mut self, io: Io<'_>) -> Result<&dyn KernelWriter> {
        let writer = io.transport().required_writer(&io.state.shared)?;
        if !Arc::ptr_eq(&writer, &self.writer) {
            if !writer.kernel().is_some_and(KernelWriter::is_enabled) {
                return Err(Code::KtlsManagedIo)?;
            }
            self.writer = writer;
        }
        Ok(self.writer.kernel().ok_or(Code::KtlsManagedIo)?)
    }
}

/// Returns the number of records with `len` bytes.
fn records(len: usize) -> u64 {
    len.div_ceil(MAX_PLAINTEXT) as u64
}

/// The number of buffers that are listed without an allocation.
const FEW_BUFFERS: usize = 16;

/// Lists the pieces, at most [`MAX_BUFFERS`].
fn collect<'a, 'b>(
    mut pieces: impl Iterator<Item = &'a [u8]>,
    few: &'b mut [IoSlice<'a>; FEW_BUFFERS],
    many: &'b mut Vec<IoSlice<'a>>,
) -> Result<&'b [IoSlice<'a>]> {
    let mut count = 0;
    for (place, piece) in few.iter_mut().zip(pieces.by_ref()) {
        *place = IoSlice::new(piece);
        count += 1;
    }
    let Some(next) = (count == FEW_BUFFERS).then(|| pieces.next()).flatten() else {
        return Ok(&few[..count]);
    };
    memory::extend(many, few)?;
    memory::push(many, IoSlice::new(next))?;
    for piece in pieces.take(MAX_BUFFERS - FEW_BUFFERS - 1) {
        memory::push(many, IoSlice::new(piece))?;
    }
    Ok(many)
}

impl SendHalf {
    /// Returns whether there are records, or the last alert, that the transport has not accepted,
    /// or bytes that a blocked call has not reported as sent.
    pub(super) fn has_pending(&self) -> bool {
        !self.out.is_empty() || self.unreported > 0 || !self.pending_alert.is_empty()
    }

    pub(super) fn send_file(&mut self, io: Io<'_>, part: (i32, i64, usize)) -> Result<usize> {
        if !io.state.shared.can_write() {
            return Err(Code::Closed)?;
        }
        self.flush_all(io)?;
        let kernel = self.kernel.as_mut().ok_or(Code::KtlsUnsupportedConn)?;
        kernel.send_file(io, part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_has_as_many_buffers_as_the_kernel_accepts() {
        let data = [7; 2000];
        for count in [0, 1, 15, 16, 17, 18, 1023, 1024, 1025, 2000] {
            let pieces = data.chunks(1).take(count);
            let mut few = [IoSlice::new(&[]); FEW_BUFFERS];
            let mut many = Vec::new();
            let listed = collect(pieces, &mut few, &mut many).expect("memory");
            assert_eq!(listed.len(), count.min(MAX_BUFFERS));
            assert!(listed.iter().all(|piece| piece[..] == [7]), "{count}");
            // An allocation only if it is necessary.
            assert_eq!(many.is_empty(), count <= FEW_BUFFERS, "{count}");
        }
    }
}
