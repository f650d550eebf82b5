//! The transport of a connection: descriptors or callbacks of the application, and validation of
//! their results.

use std::io;
use std::sync::atomic::Ordering::*;
use std::sync::{Arc, Mutex};

use crate::base::lock;
use crate::error::{Code, Error, Result};
use crate::state::Shared;

/// The receiving side of a transport.
pub trait Reader: Send + Sync {
    /// Reads at most `buf.len()` bytes; 0 is the end of the stream.
    fn read(&self, buf: &mut [u8]) -> io::Result<usize>;

    /// Returns the number of the file descriptor that is read, if it is one.
    fn descriptor(&self) -> Option<i32> {
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

    /// Returns the number of the file descriptor that is written, if it is one.
    fn descriptor(&self) -> Option<i32> {
        None
    }

    /// Delays small TCP segments until [`Writer::uncork`] (TCP_CORK); a hint.
    fn cork(&self) {}

    /// Ends the delay of [`Writer::cork`].
    fn uncork(&self) {}

    /// Restores the socket options that the transport had when it was set.
    fn restore(&self) {}
}

/// The transport of a connection's records.
///
/// The locks are held only to copy a reference, never during a read or write, which may be a
/// callback that sets another transport.
#[derive(Default)]
pub(crate) struct Transport {
    reader: Mutex<Option<Arc<dyn Reader>>>,
    writer: Mutex<Option<Arc<dyn Writer>>>,
}

/// The number of consecutive writes of 0 bytes after which a call is blocked.
const EMPTY_WRITES: usize = 16;

impl Transport {
    pub(crate) fn set_reader(&self, reader: Option<Arc<dyn Reader>>) {
        *lock(&self.reader) = reader;
    }

    pub(crate) fn set_writer(&self, writer: Option<Arc<dyn Writer>>) {
        *lock(&self.writer) = writer;
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

    /// Reads once: returns the number of bytes, at least 1.
    pub(crate) fn read(&self, shared: &Shared, buf: &mut [u8]) -> Result<usize> {
        let reader = self.reader().ok_or_else(|| Error::transport(Code::Io, 0))?;
        let read = retry_interrupted(|| reader.read(buf))?;
        if read == 0 {
            shared.read_closed.store(true, Release);
            return Err(Error::transport(Code::Closed, 0))?;
        }
        shared.wire_in.fetch_add(read as u64, Relaxed);
        Ok(read)
    }

    /// Writes once: returns the number of bytes, at least 1.
    pub(crate) fn write(&self, shared: &Shared, buf: &[u8]) -> Result<usize> {
        if shared.write_broken.load(Acquire) {
            return Err(Error::transport(Code::Io, 0))?;
        }
        let writer = self.writer().ok_or_else(|| Error::transport(Code::Io, 0))?;
        for _ in 0..EMPTY_WRITES {
            let written = retry_interrupted(|| {
                writer.write(buf).inspect_err(|error| {
                    if error.kind() == io::ErrorKind::BrokenPipe {
                        shared.write_broken.store(true, Release);
                    }
                })
            })?;
            if written > 0 {
                shared.wire_out.fetch_add(written as u64, Relaxed);
                return Ok(written);
            }
        }
        // s2n-tls repeats the write forever. A blocked caller can poll instead.
        Err(Error::transport(Code::IoBlocked, 0))
    }
}

/// Repeats a call that a signal has interrupted (EINTR).
fn retry_interrupted(mut attempt: impl FnMut() -> io::Result<usize>) -> Result<usize> {
    loop {
        match attempt() {
            Ok(count) => return Ok(count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(classify(&error)),
        }
    }
}

/// Converts an error of the transport.
fn classify(error: &io::Error) -> Error {
    match (error.kind(), error.raw_os_error()) {
        (io::ErrorKind::WouldBlock, os_error) => {
            Error::transport(Code::IoBlocked, os_error.unwrap_or(0))
        }
        (_, Some(os_error)) => Error::transport(Code::Io, os_error),
        // The transport has returned more bytes than requested.
        (_, None) => Error::new(Code::Safety),
    }
}
