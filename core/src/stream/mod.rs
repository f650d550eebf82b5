//! The two directions of a connection, during and after the handshake: sending, receiving, buffers,
//! transport, shutdown and blinding.

use std::sync::Arc;
use std::sync::atomic::Ordering::*;
use std::time::Duration;

use self::blinding::Blinding;
use crate::base::{Blocked, lock, lock_direction};
use crate::error::{Code, Result};
use crate::process::sync::{Mutex, MutexGuard};
use crate::state::State;

mod batch;
mod blinding;
mod buffers;
mod ktls;
mod receive;
mod send;
mod shutdown;
mod tickets;
mod transfer;
mod transport;

pub(crate) use self::batch::free_batches;
pub use self::blinding::BlindingMode;
pub(crate) use self::receive::{RecvHalf, log_alert};
pub(crate) use self::send::SendHalf;
pub use self::send::{Data, MAX_SMALL_RECORD_THRESHOLD};
pub(crate) use self::transport::Transport;
use self::transport::{Cached, Sink, Source};
pub use self::transport::{KernelReader, KernelWriter, MAX_BUFFERS, Reader, ReceiveError, Writer};
pub use crate::record::KernelKeys;

/// The two directions of a connection, with the transport and the blinding that they share.
///
/// Sending and receiving may run in two threads at once, so each direction has its own lock. No
/// call waits for it: a second call in the same direction, from another thread or from a callback,
/// is a usage error and fails with `Reentrancy`.
pub(crate) struct Stream {
    pub(crate) send: Mutex<SendHalf>,
    pub(crate) recv: Mutex<RecvHalf>,
    pub(crate) transport: Transport,
    blinding: Mutex<Blinding>,
}

pub(crate) type BothDirections<'a> = (MutexGuard<'a, SendHalf>, MutexGuard<'a, RecvHalf>);

/// The state, the transport and the blinding of a connection, for a locked direction. Two references: it is
/// passed in registers.
#[derive(Clone, Copy)]
pub(crate) struct Io<'a> {
    pub(crate) state: &'a State,
    stream: &'a Stream,
}

impl<'a> Io<'a> {
    pub(crate) fn transport(&self) -> &'a Transport {
        &self.stream.transport
    }

    fn source(&self, reader: &'a mut Cached<dyn Reader>) -> Source<'a> {
        Source {
            transport: &self.stream.transport,
            shared: &self.state.shared,
            reader,
        }
    }

    fn sink(&self, writer: &'a mut Cached<dyn Writer>) -> Sink<'a> {
        Sink {
            transport: &self.stream.transport,
            shared: &self.state.shared,
            writer,
        }
    }

    fn blinding(&self) -> &'a Mutex<Blinding> {
        &self.stream.blinding
    }
}

impl Stream {
    pub(crate) fn new() -> Self {
        Self {
            send: Mutex::new(SendHalf::new()),
            recv: Mutex::default(),
            transport: Transport::default(),
            blinding: Mutex::default(),
        }
    }

    pub(crate) fn io<'a>(&'a self, state: &'a State) -> Io<'a> {
        Io {
            state,
            stream: self,
        }
    }

    /// Resets both directions to those of a new connection, and returns them, still locked. Fails
    /// while one is in use.
    pub(crate) fn wipe(&self, is_corked: bool) -> Result<BothDirections<'_>> {
        // Destructured, so that no new field is omitted.
        let Self {
            send,
            recv,
            transport,
            blinding,
        } = self;
        let (mut send, mut recv) = (lock_direction(send)?, lock_direction(recv)?);
        if is_corked {
            transport.restore();
        }
        *send = SendHalf::default();
        *recv = RecvHalf::default();
        transport.set_reader(None);
        transport.set_writer(None);
        *lock(blinding) = Blinding::default();
        Ok((send, recv))
    }

    /// Sets the receiving side of the transport, and returns the old one.
    pub(crate) fn set_reader(&self, reader: Option<Arc<dyn Reader>>) -> Option<Arc<dyn Reader>> {
        self.transport.set_reader(reader)
    }

    pub(crate) fn set_blinding_mode(&self, mode: BlindingMode) {
        lock(&self.blinding).mode = mode;
    }

    /// Frees both buffers. Fails if one of them has data.
    pub(crate) fn release_buffers(&self, state: &State) -> Result<()> {
        let mut send = lock_direction(&self.send)?;
        if !send.out.is_empty() {
            return Err(Code::StufferHasUnprocessedData)?;
        }
        send.out.release();
        state.shared.send_buffer_in_use.store(0, Relaxed);

        let mut recv = lock_direction(&self.recv)?;
        if recv.has_unread() || recv.has_partial_record() || recv.is_mid_message() {
            return Err(Code::StufferHasUnprocessedData)?;
        }
        recv.release_input();
        Ok(())
    }

    /// Returns the remaining blinding delay.
    pub(crate) fn delay(&self, state: &State) -> Result<Duration> {
        self.io(state).delay()
    }

    /// Writes the sealed records.
    pub(crate) fn flush(&self, state: &State, blocked: &mut Blocked) -> Result<()> {
        *blocked = Blocked::Write;
        let mut half = lock_direction(&self.send)?;
        let outcome = half.flush_all(self.io(state));
        half.release_if_dynamic(&state.shared);
        outcome?;
        *blocked = Blocked::Not;
        Ok(())
    }
}
