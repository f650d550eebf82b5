//! The transport of a connection, and the rules for what it answers.

use std::io;
use std::sync::atomic::Ordering::*;
use std::sync::{Arc, Mutex};

use super::shared::Shared;
use crate::tls::base::lock;
use crate::tls::error::{Code, Error, Result};
use crate::tls::transport::{Reader, Writer};

/// Where the records of a connection come from and go to.
///
/// The locks are held only to look the transport up, never while it works: it may be a callback
/// that sets another one.
#[derive(Default)]
pub(crate) struct Link {
    reader: Mutex<Option<Arc<dyn Reader>>>,
    writer: Mutex<Option<Arc<dyn Writer>>>,
}

/// How often in a row a transport may take nothing before we give the caller the turn.
const EMPTY_WRITES: usize = 16;

impl Link {
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

    /// Puts back the settings that the transports had when they were handed over.
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
        // s2n-tls would ask for ever; a caller that polls is served as well by "not now".
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
        // The transport claims to have done more than it was asked for.
        (_, None) => Error::new(Code::Safety),
    }
}
