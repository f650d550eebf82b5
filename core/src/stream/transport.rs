//! The transport of a connection: descriptors or callbacks of the application, and validation of
//! their results.

use std::io::{self, IoSlice};
use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering::*;

use crate::base::lock;
use crate::error::{Code, Error, Reason, Result};
use crate::process::sync::{AtomicU32, Mutex};
use crate::record::KernelKeys;
use crate::state::Shared;

/// The receiving side of a transport.
pub trait Reader: Send + Sync {
    /// Reads at most `buf.len()` bytes; 0 is the end of the stream.
    fn read(&self, buf: &mut [u8]) -> io::Result<usize>;

    /// Returns the number of the file descriptor that is read, if it is one.
    fn descriptor(&self) -> Option<i32> {
        None
    }

    /// Returns kernel TLS for receiving; `None` if the transport is not a descriptor of Linux.
    fn kernel(&self) -> Option<&dyn KernelReader> {
        None
    }

    /// Requests an immediate TCP acknowledgement (TCP_QUICKACK); a hint.
    fn quick_ack(&self) {}

    /// Restores the socket options that the transport had when it was set.
    fn restore(&self) {}
}

/// The sending side of a transport.
pub trait Writer: Send + Sync {
    /// Writes at most `buf.len()` bytes.
    fn write(&self, buf: &[u8]) -> io::Result<usize>;

    /// Returns whether several records may be written at once: the bytes are a stream, and a write
    /// that fails has accepted none of them, unless [`Writer::is_cancelled`]. An application that
    /// writes the bytes itself gets one record at a time.
    fn accepts_batches(&self) -> bool {
        false
    }

    /// Returns whether the thread was cancelled in the last write, so that the bytes that it has
    /// accepted are unknown.
    fn is_cancelled(&self) -> bool {
        false
    }

    /// Returns the number of the file descriptor that is written, if it is one.
    fn descriptor(&self) -> Option<i32> {
        None
    }

    /// Returns kernel TLS for sending; `None` if the transport is not a descriptor of Linux.
    fn kernel(&self) -> Option<&dyn KernelWriter> {
        None
    }

    /// Delays small TCP segments until [`Writer::uncork`] (TCP_CORK); a hint.
    fn cork(&self) {}

    /// Ends the delay of [`Writer::cork`].
    fn uncork(&self) {}

    /// Restores the socket options that the transport had when it was set.
    fn restore(&self) {}
}

/// Kernel TLS of a socket, for receiving: the kernel opens the records.
pub trait KernelReader {
    /// Enables it with the keys of the next record, or replaces the keys after a KeyUpdate.
    fn set_keys(&self, keys: &KernelKeys) -> io::Result<()>;

    /// Returns whether it is enabled.
    fn is_enabled(&self) -> bool;

    /// Receives the content of records of one type, at most `buf.len()` bytes, and returns its type
    /// and length. Records of another type than application data are returned one by one. `None` is
    /// the end of the stream.
    fn receive(&self, buf: &mut [u8]) -> Result<Option<(u8, usize)>, ReceiveError>;
}

/// An error of [`KernelReader::receive`].
#[derive(Debug)]
pub enum ReceiveError {
    /// The kernel cannot decrypt a record (EBADMSG).
    Decrypt(io::Error),

    /// A record is too long (EMSGSIZE).
    Overflow(io::Error),

    /// The header of a record is invalid (EINVAL).
    Header(io::Error),

    /// The kernel requires new keys, although no KeyUpdate is complete (EKEYEXPIRED).
    KeyExpired,

    /// The type of a record is missing, or truncated.
    RecordType,

    /// Any other error.
    Transport(io::Error),
}

/// Kernel TLS of a socket, for sending: the kernel seals the records.
pub trait KernelWriter {
    /// Enables it with the keys of the next record, or replaces the keys after a KeyUpdate.
    fn set_keys(&self, keys: &KernelKeys) -> io::Result<()>;

    /// Returns whether it is enabled.
    fn is_enabled(&self) -> bool;

    /// Returns whether the keys can be replaced, without a change of them.
    fn can_replace_keys(&self) -> bool;

    /// Sends application data from at most [`MAX_BUFFERS`] buffers.
    fn send(&self, buffers: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Sends a record of another type. Application data that the kernel has not sealed precedes it.
    fn send_record(&self, typ: u8, content: &[u8]) -> io::Result<usize>;

    /// Sends a part of a file, named by the number of its descriptor, as application data. Fails
    /// unless the transport supports it.
    fn send_file(&self, _file: i32, _offset: i64, _count: usize) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// The maximum number of buffers of one [`KernelWriter::send`] (IOV_MAX of Linux).
pub const MAX_BUFFERS: usize = 1024;

/// The transport of a connection's records.
///
/// The locks are held only to copy or to replace a reference, never during a read or write, which may
/// be a callback that sets another transport, nor while one is freed, which may be a callback, too.
#[derive(Default)]
pub(crate) struct Transport {
    reader: Mutex<Option<Arc<dyn Reader>>>,
    writer: Mutex<Option<Arc<dyn Writer>>>,

    /// The number of times that a side was set.
    changes: AtomicU32,
}

/// The number of consecutive writes of 0 bytes after which a call is blocked.
const EMPTY_WRITES: usize = 16;

impl Transport {
    /// Sets the receiving side, and returns the old one.
    pub(crate) fn set_reader(&self, reader: Option<Arc<dyn Reader>>) -> Option<Arc<dyn Reader>> {
        let old = mem::replace(&mut *lock(&self.reader), reader);
        self.changes.fetch_add(1, Release);
        old
    }

    /// Sets the sending side, and returns the old one.
    pub(crate) fn set_writer(&self, writer: Option<Arc<dyn Writer>>) -> Option<Arc<dyn Writer>> {
        let old = mem::replace(&mut *lock(&self.writer), writer);
        self.changes.fetch_add(1, Release);
        old
    }

    pub(crate) fn reader(&self) -> Option<Arc<dyn Reader>> {
        lock(&self.reader).clone()
    }

    pub(crate) fn writer(&self) -> Option<Arc<dyn Writer>> {
        lock(&self.writer).clone()
    }

    /// Restores the socket options that the transports had when they were set.
    pub(crate) fn restore(&self) {
        if let Some(reader) = self.reader() {
            reader.restore();
        }
        if let Some(writer) = self.writer() {
            writer.restore();
        }
    }

    pub(crate) fn is_missing(&self) -> bool {
        lock(&self.reader).is_none() && lock(&self.writer).is_none()
    }

    pub(super) fn required_reader(&self) -> Result<Arc<dyn Reader>> {
        self.reader().ok_or_else(|| missing(false))
    }

    /// Returns the sending side, unless a write has failed with EPIPE.
    pub(super) fn required_writer(&self, shared: &Shared) -> Result<Arc<dyn Writer>> {
        if shared.write_broken.load(Acquire) {
            return Err(broken_pipe());
        }
        self.writer().ok_or_else(|| missing(true))
    }
}

/// The error of a direction without a transport.
#[cold]
#[track_caller]
fn missing(sends: bool) -> Error {
    Error::transport(Code::Io, 0).because(Reason::NoTransport { sends })
}

/// The error of a write after one that has failed with EPIPE.
#[cold]
#[track_caller]
fn broken_pipe() -> Error {
    Error::transport(Code::Io, 0).because(Reason::BrokenPipe)
}

/// The side of the transport that a direction uses: a reference of its own, which is replaced when
/// the application has set another transport.
///
/// It makes the lock and the reference count of the transport unnecessary for each read and write.
pub(crate) struct Cached<T: ?Sized> {
    side: Option<Arc<T>>,

    /// The value of [`Transport::changes`] before `side` was read. A new transport has no sides.
    changes: u32,
}

impl<T: ?Sized> Default for Cached<T> {
    fn default() -> Self {
        Self {
            side: None,
            changes: 0,
        }
    }
}

impl<T: ?Sized> Cached<T> {
    #[inline]
    fn current(
        &mut self,
        transport: &Transport,
        read: impl FnOnce(&Transport) -> Option<Arc<T>>,
        sends: bool,
    ) -> Result<&T> {
        let changes = transport.changes.load(Acquire);
        if changes != self.changes {
            self.side = read(transport);
            self.changes = changes;
        }
        self.side.as_deref().ok_or_else(|| missing(sends))
    }
}

/// The transport for receiving, with the counter of its bytes.
pub(crate) struct Source<'a> {
    pub(super) transport: &'a Transport,
    pub(super) shared: &'a Shared,
    pub(super) reader: &'a mut Cached<dyn Reader>,
}

impl Source<'_> {
    /// Reads once: returns the number of bytes, at least 1.
    #[inline]
    pub(super) fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let reader = self
            .reader
            .current(self.transport, Transport::reader, false)?;
        let read = retry_interrupted(|| reader.read(buf));
        let read = read.map_err(|error| error.or_because(Reason::Receiving))?;
        if read == 0 {
            self.shared.read_closed.store(true, Release);
            return Err(Error::transport(Code::Closed, 0))?;
        }
        Shared::count_bytes(&self.shared.wire_in, read);
        Ok(read)
    }
}

/// The transport for sending, with the counter of its bytes.
pub(crate) struct Sink<'a> {
    pub(super) transport: &'a Transport,
    pub(super) shared: &'a Shared,
    pub(super) writer: &'a mut Cached<dyn Writer>,
}

impl Sink<'_> {
    /// Writes once: returns the number of bytes, at least 1.
    #[inline]
    pub(super) fn write(&mut self, buf: &[u8]) -> Result<usize> {
        for _ in 0..EMPTY_WRITES {
            let shared = self.shared;
            let writer = self.writer()?;
            let written = write_once(shared, || writer.write(buf))?;
            if written > 0 {
                Shared::count_bytes(&shared.wire_out, written);
                return Ok(written);
            }
        }
        // s2n-tls repeats the write forever. A blocked caller can poll instead.
        Err(Error::transport(Code::IoBlocked, 0))
    }

    pub(super) fn accepts_batches(&mut self) -> bool {
        self.writer().is_ok_and(Writer::accepts_batches)
    }

    /// Writes several records once: returns the number of bytes that are accepted.
    pub(super) fn write_batch(&mut self, batch: &[u8]) -> Result<usize, BatchError> {
        let shared = self.shared;
        let writer = self.writer().map_err(BatchError::Rejected)?;
        match write_once(shared, || writer.write(batch)) {
            Ok(written) if written <= batch.len() => {
                Shared::count_bytes(&shared.wire_out, written);
                Ok(written)
            }
            Ok(_) => Err(BatchError::Unknown(
                Code::Safety.rule("a transport has returned more bytes than requested"),
            )),
            Err(error) if writer.is_cancelled() => Err(BatchError::Unknown(error)),
            Err(error) => Err(BatchError::Rejected(error)),
        }
    }

    fn writer(&mut self) -> Result<&dyn Writer> {
        if self.shared.write_broken.load(Acquire) {
            return Err(broken_pipe());
        }
        self.writer.current(self.transport, Transport::writer, true)
    }
}

/// An error of [`Sink::write_batch`].
pub(super) enum BatchError {
    /// The transport has accepted nothing.
    Rejected(Error),

    /// The number of bytes that the transport has accepted is unknown.
    Unknown(Error),
}

/// Writes, and records a failure with EPIPE.
pub(super) fn write_once(
    shared: &Shared,
    mut attempt: impl FnMut() -> io::Result<usize>,
) -> Result<usize> {
    let written = retry_interrupted(|| {
        attempt().inspect_err(|error| {
            if error.kind() == io::ErrorKind::BrokenPipe {
                shared.write_broken.store(true, Release);
            }
        })
    });
    written.map_err(|error| error.or_because(Reason::Sending))
}

/// Repeats a call that a signal has interrupted (EINTR).
pub(super) fn retry_interrupted<R>(mut attempt: impl FnMut() -> io::Result<R>) -> Result<R> {
    loop {
        match attempt() {
            Ok(outcome) => return Ok(outcome),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(classify(&error)),
        }
    }
}

/// Converts an error of the transport.
pub(super) fn classify(error: &io::Error) -> Error {
    match (error.kind(), error.raw_os_error()) {
        (io::ErrorKind::WouldBlock, os_error) => {
            Error::transport(Code::IoBlocked, os_error.unwrap_or(0))
        }
        (_, Some(os_error)) => Error::transport(Code::Io, os_error),
        // The transport has returned more bytes than requested.
        (_, None) => Code::Safety.rule("a transport has returned more bytes than requested"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct NoFiles;

    impl KernelWriter for NoFiles {
        fn set_keys(&self, _: &KernelKeys) -> io::Result<()> {
            Ok(())
        }

        fn is_enabled(&self) -> bool {
            true
        }

        fn can_replace_keys(&self) -> bool {
            false
        }

        fn send(&self, _: &[IoSlice<'_>]) -> io::Result<usize> {
            Ok(1)
        }

        fn send_record(&self, _: u8, _: &[u8]) -> io::Result<usize> {
            Ok(1)
        }
    }

    #[test]
    fn a_transport_sends_no_files_unless_it_says_how() {
        let sent = NoFiles.send_file(0, 0, 1).map_err(|error| error.kind());
        assert_eq!(sent, Err(io::ErrorKind::Unsupported));
    }

    #[derive(Default)]
    struct Plain {
        restored: AtomicU32,
    }

    impl Reader for Plain {
        fn read(&self, _: &mut [u8]) -> io::Result<usize> {
            Ok(0)
        }

        fn restore(&self) {
            self.restored.fetch_add(1, Relaxed);
        }
    }

    impl Writer for Plain {
        fn write(&self, _: &[u8]) -> io::Result<usize> {
            Ok(0)
        }

        fn restore(&self) {
            self.restored.fetch_add(10, Relaxed);
        }
    }

    /// Those of an application, which reads and writes the bytes itself.
    #[test]
    fn a_transport_is_no_descriptor_unless_it_says_so() {
        let (reader, writer): (&dyn Reader, &dyn Writer) = (&Plain::default(), &Plain::default());
        assert!(reader.descriptor().is_none() && reader.kernel().is_none());
        assert!(writer.descriptor().is_none() && writer.kernel().is_none());
        assert!(!writer.accepts_batches() && !writer.is_cancelled());
    }

    #[test]
    fn the_options_of_both_sides_are_restored() {
        let sides = Arc::new(Plain::default());
        let transport = Transport::default();
        transport.restore();
        transport.set_reader(Some(sides.clone()));
        transport.restore();
        transport.set_writer(Some(sides.clone()));
        transport.restore();
        assert_eq!(sides.restored.load(Relaxed), 1 + 11);
    }

    #[test]
    fn an_interrupted_call_is_repeated() {
        let mut outcomes = [
            Err(io::ErrorKind::Interrupted.into()),
            Err(io::ErrorKind::Interrupted.into()),
            Ok(3),
            Err(io::ErrorKind::WouldBlock.into()),
        ]
        .into_iter();
        let mut next = || {
            let outcome = retry_interrupted(|| outcomes.next().expect("no more calls"));
            outcome.map_err(|error| error.code())
        };
        assert_eq!(next(), Ok(3));
        assert_eq!(next(), Err(Code::IoBlocked));
    }
}
