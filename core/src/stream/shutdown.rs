//! Shutdown: sending of the close_notify or error alert, and waiting for the peer's close_notify.

use std::sync::atomic::Ordering::*;
use std::time::Duration;

use super::{Io, RecvHalf, SendHalf, Stream};
use crate::base::log::log;
use crate::base::{Blocked, StackDepth, lock_direction, with_cleared_stack};
use crate::error::{Alert, AlertName, Code, Result};
use crate::record::{ContentType, fatal_alert, plaintext_alert, warning_alert};
use crate::state::State;

impl Stream {
    /// Closes the sending direction: writes the pending records, then a close_notify, or the alert
    /// of an error. To be repeated if it blocks.
    pub(crate) fn shutdown_send(&self, state: &State, blocked: &mut Blocked) -> Result<()> {
        *blocked = Blocked::Not;
        if self.has_no_transport(state) {
            return Ok(());
        }
        let mut half = lock_direction(&self.send)?;
        state.shared.write_closed.store(true, Release);
        half.close(self.io(state), blocked)?;
        half.release_if_dynamic(&state.shared);
        Ok(())
    }

    /// Returns whether this connection must not write or read, because it has no transport, or that
    /// belongs to another process.
    fn has_no_transport(&self, state: &State) -> bool {
        self.transport.is_missing() || state.shared.transferred.load(Acquire)
    }

    /// Closes both directions: [`Stream::shutdown_send`], then waits for the peer's
    /// close_notify, which confirms that no data of the peer is lost.
    pub(crate) fn shutdown(&self, state: &State, blocked: &mut Blocked) -> Result<()> {
        self.shutdown_send(state, blocked)?;

        if !self.io(state).expects_close_notify() {
            state.shared.close();
            *blocked = Blocked::Not;
            return Ok(());
        }

        *blocked = Blocked::Read;
        let mut half = lock_direction(&self.recv)?;
        let outcome = half.await_close_notify(self.io(state));
        half.end_of_call(&state.shared);
        outcome?;
        *blocked = Blocked::Not;
        Ok(())
    }
}

impl SendHalf {
    /// Writes the pending records, then the last alert.
    fn close(&mut self, io: Io<'_>, blocked: &mut Blocked) -> Result<()> {
        let mut flush = |half: &mut Self| {
            *blocked = Blocked::Write;
            half.flush_all(io)?;
            *blocked = Blocked::Not;
            Ok(())
        };
        flush(self)?;

        // The peer has closed with an error, or was already sent an alert.
        if io.state.shared.error_alert_received.load(Acquire) || self.alert_sent {
            return Ok(());
        }

        // An alert during the blinding delay would reveal the time that the delay conceals.
        if io.delay()? > Duration::ZERO {
            return Err(Code::ShutdownPaused.rule(
                "the delay after an earlier error has not passed: see s2n_connection_get_delay()",
            ));
        }

        self.write_last_alert(io)?;
        self.alert_sent = true;
        flush(self)
    }

    /// Seals the last alert: a close_notify (RFC 8446, 6.1: "Each party MUST send a "close_notify"
    /// alert before closing its write side of the connection, unless it has already sent some error
    /// alert."), or the alert of an error, after which a close_notify would confirm that all data
    /// of the peer was received.
    ///
    /// RFC 9001, 4.8: QUIC connections send no alerts.
    fn write_last_alert(&mut self, io: Io<'_>) -> Result<()> {
        if io.state.is_quic() {
            return Ok(());
        }
        if !self.pending_alert.is_empty() {
            log!(
                Info,
                io.state.name(),
                "the alert of the failed handshake is sent"
            );
            self.out.extend(&self.pending_alert)?;
            self.pending_alert = Vec::new();
            return Ok(());
        }
        let alert = match u8::try_from(io.state.shared.pending_alert.load(Acquire)) {
            Ok(description) => fatal_alert(description),
            Err(_) => warning_alert(Alert::CloseNotify),
        };
        log!(
            Info,
            io.state.name(),
            "the alert {} is sent",
            AlertName(alert[1])
        );
        if let Some(kernel) = &mut self.kernel {
            return kernel.buffer(&mut self.out, ContentType::Alert, &alert);
        }
        let mut early = match &self.handshake_keys {
            Some(keys) if self.sealer.is_none() => {
                Some(with_cleared_stack(StackDepth::Keys, || keys.sealer())?)
            }
            _ => None,
        };
        let Some(sealer) = self.sealer.as_mut().or(early.as_mut()) else {
            return self.out.extend(&plaintext_alert(alert));
        };
        let room = self.out.room(alert.len() + sealer.overhead())?;
        let written = sealer.seal(ContentType::Alert, &[&alert], room)?;
        self.out.commit(written);
        Ok(())
    }
}

impl Io<'_> {
    /// Returns whether a shutdown waits for the peer's close_notify.
    fn expects_close_notify(&self) -> bool {
        let shared = &self.state.shared;
        let is_over = self.stream.has_no_transport(self.state)
            || shared.error_alert_received.load(Acquire)
            || !shared.handshake_done.load(Acquire)
            || self.state.is_quic()
            || self.was_delayed();
        !is_over
    }
}

impl RecvHalf {
    /// Reads records until the peer's close_notify.
    fn await_close_notify(&mut self, io: Io<'_>) -> Result<()> {
        while !io.state.shared.close_notify_received.load(Acquire) {
            // The application has closed the connection, so unread data is dropped.
            self.drop_record();
            match self.read_record(io)? {
                ContentType::Alert => self.alert(io)?,
                ContentType::Handshake => self.handshake(io, true)?,
                ContentType::ApplicationData | ContentType::ChangeCipherSpec => {}
            }
        }
        Ok(())
    }
}
