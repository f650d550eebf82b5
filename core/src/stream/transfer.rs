//! Transfer of the directions of a connection to another process, and from one.

use std::sync::atomic::Ordering::*;

use super::{RecvHalf, SendHalf, Stream};
use crate::base::lock_direction;
use crate::error::{Code, Result};
use crate::record::{Opener, Sealer};
use crate::state::State;

/// The numbers of the next records that this side sends and receives.
pub(crate) struct Sequences {
    pub(crate) write: u64,
    pub(crate) read: u64,
}

impl Stream {
    /// Passes the sequence numbers of both directions to `transfer`. If that succeeds, the
    /// connection is closed, and the keys are removed.
    ///
    /// Fails while a direction has data that would be lost.
    pub(crate) fn transfer<R>(
        &self,
        state: &State,
        transfer: impl FnOnce(Sequences) -> Result<R>,
    ) -> Result<R> {
        let (mut send, mut recv) = (lock_direction(&self.send)?, lock_direction(&self.recv)?);
        let shared = &state.shared;
        // In TLS 1.2, a requested KeyUpdate has no effect.
        let has_pending_message = send.sealer.as_ref().is_some_and(Sealer::is_tls13)
            && shared.key_update_pending.load(Acquire)
            || shared.no_renegotiation_pending.load(Acquire);
        if !recv.is_between_records() || !send.is_between_calls() || has_pending_message {
            return Err(Code::InvalidState)?;
        }
        let sealer = send.sealer.as_ref().ok_or(Code::InvalidState)?;
        let opener = recv.opener.as_ref().ok_or(Code::InvalidState)?;
        let transferred = transfer(Sequences {
            write: sealer.transferable_sequence().ok_or(Code::InvalidState)?,
            read: opener.sequence(),
        })?;
        send.sealer = None;
        recv.opener = None;
        shared.transferred.store(true, Release);
        shared.close();
        Ok(transferred)
    }

    /// Continues with the directions of a transferred connection. Fails if this one is not new.
    pub(crate) fn restore(&self, sealer: Sealer, opener: Opener) -> Result<()> {
        let (mut send, mut recv) = (lock_direction(&self.send)?, lock_direction(&self.recv)?);
        let is_new = send.sealer.is_none() && recv.opener.is_none();
        if !is_new || !recv.is_between_records() || !send.is_between_calls() {
            return Err(Code::InvalidState)?;
        }
        send.sealer = Some(sealer);
        recv.opener = Some(opener);
        Ok(())
    }
}

impl SendHalf {
    /// Returns whether no record is partly written, and no sent byte is unreported.
    fn is_between_calls(&self) -> bool {
        self.out.is_empty() && self.unreported == 0
    }
}

impl RecvHalf {
    /// Returns whether nothing is buffered: neither bytes of the transport, nor data or an error for
    /// the application.
    fn is_between_records(&self) -> bool {
        self.input.len() == 0 && !self.is_mid_message() && !self.has_deferred_error()
    }
}
