//! The transport of a connection: descriptors or callbacks of the application, and the rules for their
//! results.

use std::io;
use std::sync::atomic::Ordering::*;
use std::sync::{Arc, Mutex};

use crate::base::lock;
use crate::error::{Code, Error, Result};
use crate::state::Shared;

/// The receiving side of a transport.
pub trait Reader: Send + Sync {
    /// Stores at most `buf.len()` bytes; 0 is the end of the stream.
    fn read(&self, buf: &mut [u8]) -> io::Result<usize>;

    /// Requests that the own TCP stack acknowledges at once; a hint.
    fn quick_ack(&self) {}

    /// Restores the settings that the transport had when it was set.
    fn restore(&self) {}
}

/// The sending side of a transport.
pub trait Writer: Send + Sync {
    /// Writes at most `buf.len()` bytes.
    fn write(&self, buf: &[u8]) -> io::Result<usize>;

    /// Holds small segments back until [`Writer::uncork`]; a hint.
    fn cork(&self) {}

    /// Ends what [`Writer::cork`] began.
    fn uncork(&self) {}

    /// Restores the settings that the transport had when it was set.
    fn restore(&self) {}
}

/// The transport of a connection's records.
///
/// The locks are held only to look the transport up, never while it works: it may be a callback
/// that sets another one.
#[derive(Default)]
pub(crate) struct Transport {
    reader: Mutex<Option<Arc<dyn Reader>>>,
    writer: Mutex<Option<Arc<dyn Writer>>>,
}

/// How many writes in a row may take nothing before the call is blocked.
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

    /// Restores the settings that the transports had when they were set.
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

    /// Reads once: at least one byte, or the reason why there is none.
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

    /// Writes once: at least one byte, or the reason why there is none.
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
        // s2n-tls would repeat the write for ever; a caller that polls may as well be blocked.
        Err(Error::transport(Code::IoBlocked, 0))
    }
}

fn retry_interrupted(mut attempt: impl FnMut() -> io::Result<usize>) -> Result<usize> {
    loop {
        match attempt() {
            Ok(count) => return Ok(count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(classify(&error)),
        }
    }
}

fn classify(error: &io::Error) -> Error {
    match (error.kind(), error.raw_os_error()) {
        (io::ErrorKind::WouldBlock, Some(os_error)) => Error::transport(Code::IoBlocked, os_error),
        (_, Some(os_error)) => Error::transport(Code::Io, os_error),
        // The transport reports more bytes than there were.
        (_, None) => Error::new(Code::Safety),
    }
}
