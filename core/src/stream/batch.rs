//! Batches: records that are sealed ahead, and written together.
//!
//! In s2n-tls each record is written before the next is sealed, so that a blocked call commits the
//! caller to the bytes of one record only: the one that is not written completely. A caller of this
//! library must not notice the difference. So if the transport accepts a part of a batch, the
//! records of which no byte was accepted are withdrawn: see [`Sealer::withdraw`].

use std::cell::Cell;
use std::mem;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::*};

use super::transport::BatchError;
use super::{Data, Io, SendHalf};
use crate::base::memory;
use crate::error::{Code, Result};
use crate::process::permanent;
use crate::record::Header;

/// The length of the buffer of a batch in bytes: nine records of the default size.
const BATCH_LEN: usize = 72 * 1024;

/// The number of bytes by which batches grow with each one that the transport accepts completely.
const GROWTH: usize = 8 * 1024;

/// The number of free buffers that are kept.
const MAX_FREE: usize = 16;

/// Free buffers. They belong to the process, so that idle connections have none. They contain records
/// that were written, and zeros.
///
/// Each thread uses one place, so that it finds the buffer in the cache of its processor. Threads that
/// share a place do not wait for its lock, which in a forked process may never be released: a new
/// buffer is allocated, and freed at the end of the call.
static FREE: [Mutex<Option<Vec<u8>>>; MAX_FREE] = [const { Mutex::new(None) }; MAX_FREE];

/// Returns the place in [`FREE`] that the thread uses.
fn place() -> &'static Mutex<Option<Vec<u8>>> {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static PLACE: Cell<Option<usize>> = const { Cell::new(None) };
    }
    let place = PLACE.get().unwrap_or_else(|| {
        let next = THREADS.fetch_add(1, Relaxed) % MAX_FREE;
        PLACE.set(Some(next));
        next
    });
    &FREE[place]
}

/// Frees the buffers that are not in use.
pub(crate) fn free_batches() {
    for free in &FREE {
        drop(free.try_lock().map(|mut free| free.take()));
    }
}

/// Records that are sealed, and not yet written.
struct Batch {
    /// [`BATCH_LEN`] bytes, or none if the connection has taken them.
    bytes: Vec<u8>,

    /// The length of the records.
    len: usize,
}

impl Batch {
    /// Returns an empty batch.
    fn new() -> Result<Self> {
        let free = place().try_lock().ok().and_then(|mut free| free.take());
        let bytes = match free {
            Some(bytes) => bytes,
            None => permanent::allocate(|| memory::zeroed(BATCH_LEN))?,
        };
        Ok(Self { bytes, len: 0 })
    }

    fn records(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Returns the start and the end of the record that contains the byte at `at`.
    fn record_at(&self, at: usize) -> (usize, usize) {
        let (mut start, mut end) = (0, 0);
        while end <= at {
            start = end;
            end += Header::LEN + Header::read(&self.bytes[end..self.len]).len;
        }
        (start, end)
    }

    /// Frees the buffer for the next batch.
    fn free(self) {
        if self.bytes.len() < BATCH_LEN {
            return;
        }
        let last = match place().try_lock() {
            Ok(mut free) => free.replace(self.bytes),
            Err(_) => Some(self.bytes),
        };
        drop(last);
    }
}

impl SendHalf {
    /// Returns whether the next records are to be sealed as a batch: there are several, and the
    /// transport has accepted as many at once.
    pub(super) fn is_batch_next(&mut self, io: Io<'_>, data: &Data<'_>) -> bool {
        let shared = &io.state.shared;
        let Some(overhead) = self.overhead() else {
            return false;
        };
        let next = self.next_len(io, data, overhead);
        next < data.len() - self.unreported
            && 2 * (next + overhead) <= self.batch_limit()
            && self.out.is_empty()
            && !shared.collects_records.load(Relaxed)
            && !data.is_null()
            && io.sink(&mut self.writer).accepts_batches()
    }

    /// Seals the next records, and writes them together. As after [`SendHalf::send_record`], those
    /// that are sealed and not written completely are in the output buffer: at most one, unless the
    /// thread was cancelled.
    #[inline(never)]
    pub(super) fn send_batch(
        &mut self,
        io: Io<'_>,
        data: &Data<'_>,
        sent: &mut usize,
    ) -> Result<()> {
        let Ok(mut batch) = Batch::new() else {
            // One record requires less memory.
            return self.send_record(io, data, sent);
        };
        io.state.shared.use_send_buffer();
        let outcome = match self.seal_batch(io, data, &mut batch) {
            Ok(()) => self.write_batch(io, &mut batch, sent),
            Err(error) => Err(error),
        };
        batch.free();
        outcome
    }

    /// Seals at least one record. Not all of them may have the same length, as the first ones of a
    /// connection can be small.
    fn seal_batch(&mut self, io: Io<'_>, data: &Data<'_>, batch: &mut Batch) -> Result<()> {
        let limit = self.batch_limit();
        while self.unreported < data.len() {
            let overhead = self.overhead().ok_or(Code::Encrypt)?;
            let len = self.next_len(io, data, overhead);
            let sealer = self.sealer.as_mut().ok_or(Code::Encrypt)?;
            let is_first = batch.len == 0;
            let fits = batch.len + len + overhead <= limit;
            // The KeyUpdate precedes the next batch.
            if !is_first && (!fits || sealer.requires_key_update()) {
                break;
            }
            let room = &mut batch.bytes[batch.len..];
            match data.seal(sealer, self.unreported, len, room) {
                Ok(written) => {
                    batch.len += written;
                    self.unreported += len;
                    self.small_record_bytes += len as u64;
                }
                Err(error) => {
                    // Pieces of the record may have been copied before it could not be sealed.
                    room.fill(0);
                    match is_first {
                        true => return Err(error),
                        // The records before it are sent. It fails again then.
                        false => break,
                    }
                }
            }
        }
        Ok(())
    }

    fn write_batch(&mut self, io: Io<'_>, batch: &mut Batch, sent: &mut usize) -> Result<()> {
        match io.sink(&mut self.writer).write_batch(batch.records()) {
            Ok(accepted) if accepted == batch.len => {
                *sent = self.unreported;
                self.lengthen_batches();
                Ok(())
            }
            Ok(accepted) => {
                self.settle(batch, accepted, sent)?;
                self.flush(io)?;
                *sent = self.unreported;
                Ok(())
            }
            Err(BatchError::Rejected(error)) => {
                self.settle(batch, 0, sent)?;
                Err(error)
            }
            // The transport may have accepted any number of bytes. So no record can be withdrawn.
            Err(BatchError::Unknown(error)) => {
                let bytes = mem::take(&mut batch.bytes);
                self.out.replace(bytes, 0..batch.len);
                Err(error)
            }
        }
    }

    /// Divides a batch of which the transport has accepted `accepted` bytes, and not all. The rest of
    /// the first record that is not accepted completely becomes the output. The records behind it
    /// are withdrawn.
    fn settle(&mut self, batch: &mut Batch, accepted: usize, sent: &mut usize) -> Result<()> {
        let sealer = self.sealer.as_mut().ok_or(Code::Encrypt)?;
        let (start, end) = batch.record_at(accepted);
        let withdrawn = sealer.withdraw(&mut batch.bytes[end..batch.len]);
        self.unreported -= withdrawn;
        self.small_record_bytes -= withdrawn as u64;
        *sent = self.unreported - (end - start - sealer.overhead());

        if self.out.extend(&batch.bytes[accepted..end]).is_err() {
            // Without memory for a copy the buffer stays with the connection.
            self.out.replace(mem::take(&mut batch.bytes), accepted..end);
        }
        self.batch_shortfall = BATCH_LEN - accepted / 2;
        Ok(())
    }

    /// Returns the maximum length of the next batch in bytes.
    fn batch_limit(&self) -> usize {
        BATCH_LEN - self.batch_shortfall
    }

    /// Lengthens the next batch, after the transport has accepted everything.
    pub(super) fn lengthen_batches(&mut self) {
        self.batch_shortfall = self.batch_shortfall.saturating_sub(GROWTH);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::io::IoSlice;
    use std::{ptr, thread};

    use super::*;
    use crate::testing::{Pair, TLS13_POLICY, pattern};

    #[test]
    fn a_thread_has_one_place_for_its_buffer() {
        assert!(ptr::eq(place(), place()));
        assert!(FREE.as_ptr_range().contains(&ptr::from_ref(place())));
    }

    #[test]
    fn free_buffers_are_freed() {
        let marked = vec![0xa5; BATCH_LEN];
        for free in &FREE {
            *free.lock().expect("no panic under it") = Some(marked.clone());
        }
        free_batches();
        // Another thread may have left one.
        for free in &FREE {
            let free = free.lock().expect("no panic under it");
            assert!(free.as_ref() != Some(&marked));
        }
    }

    #[test]
    fn threads_have_different_places() {
        let places: HashSet<_> = (0..32)
            .map(|_| {
                thread::spawn(|| ptr::from_ref(place()).addr())
                    .join()
                    .expect("no panic")
            })
            .collect();
        // Other threads of the process may have got some of the numbers.
        assert!(places.len() > MAX_FREE / 2);
    }

    /// Threads of other tests may use the same place at the same time.
    #[test]
    fn a_whole_buffer_is_kept_for_the_next_batch() {
        let kept = || place().lock().expect("no panic under it").take();
        let is_kept = |_| {
            drop(kept());
            Batch::new().expect("memory").free();
            kept().is_some_and(|bytes| bytes.len() == BATCH_LEN)
        };
        assert!((0..100).any(is_kept));
        // The connection has taken the buffer.
        let (bytes, len) = (Vec::new(), 0);
        Batch { bytes, len }.free();
        assert!(kept().is_none_or(|bytes| bytes.len() == BATCH_LEN));
    }

    #[test]
    fn a_batch_has_at_least_two_records() {
        let pair = Pair::new(TLS13_POLICY);
        pair.establish();
        pair.to_server.state().accepts_batches = true;
        pair.client.set_record_size(16_384);
        let record = 16_384 + 22;
        let bytes = pattern(40_000);
        for (limit, len, expected) in [
            (BATCH_LEN, 16_384, false),
            (BATCH_LEN, 16_385, true),
            (2 * record, 40_000, true),
            (2 * record - 1, 40_000, false),
            (record, 40_000, false),
        ] {
            let mut half = pair.client.stream.send.lock().expect("free");
            half.batch_shortfall = BATCH_LEN - limit;
            let buffers = [IoSlice::new(&bytes[..len])];
            let data = Data::new(&buffers, 0).expect("short");
            let io = pair.client.stream.io(&pair.client.state);
            assert_eq!(half.is_batch_next(io, &data), expected, "{limit} {len}");
        }
    }
}
