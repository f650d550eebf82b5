//! Closing: our last word, and waiting for the peer's.

use std::sync::atomic::Ordering::*;
use std::time::Duration;

use super::Connection;
use super::receive::RecvHalf;
use super::send::SendHalf;
use crate::tls::base::Blocked;
use crate::tls::base::enter;
use crate::tls::base::{Reach, cleared};
use crate::tls::error::{Alert, Code, Result};
use crate::tls::record::{ContentType, fatal, plaintext_alert, warning};

impl Connection {
    /// Closes the writing direction: what waits is sent, then a close_notify, or the alert that
    /// the peer is owed. To be repeated if it blocks.
    pub fn shutdown_send(&self, blocked: &mut Blocked) -> Result<()> {
        *blocked = Blocked::Not;
        if self.link.is_missing() {
            return Ok(());
        }
        let mut half = enter(&self.send)?;
        self.shared.write_closed.store(true, Release);
        self.close_sending(&mut half, blocked)?;
        half.give_back_memory(&self.shared);
        Ok(())
    }

    /// Closes both directions: [`Connection::shutdown_send`], then waits for the peer's
    /// close_notify, so that the caller knows that it lost nothing of what the peer sent.
    pub fn shutdown(&self, blocked: &mut Blocked) -> Result<()> {
        self.shutdown_send(blocked)?;

        if !self.expects_close_notify()? {
            self.shared.close();
            *blocked = Blocked::Not;
            return Ok(());
        }

        *blocked = Blocked::Read;
        let mut half = enter(&self.recv)?;
        let outcome = half.await_close_notify(self);
        half.end_of_call(&self.shared);
        outcome?;
        *blocked = Blocked::Not;
        Ok(())
    }

    fn close_sending(&self, half: &mut SendHalf, blocked: &mut Blocked) -> Result<()> {
        let mut flush = |half: &mut SendHalf| {
            *blocked = Blocked::Write;
            half.flush(self)?;
            *blocked = Blocked::Not;
            Ok(())
        };
        flush(half)?;

        // Nobody is listening any more, or the peer already has our last word.
        if self.shared.error_alert_received.load(Acquire) || half.alert_sent {
            return Ok(());
        }

        // An alert that is sent before the delay is over would tell an attacker what the delay is
        // meant to hide.
        if self.delay()? > Duration::ZERO {
            return Err(Code::ShutdownPaused)?;
        }

        self.write_last_word(half)?;
        half.alert_sent = true;
        flush(half)
    }

    /// RFC 8446, 6.1: "Each party MUST send a "close_notify" alert before closing its write side
    /// of the connection, unless it has already sent some error alert." After an error it is the error's
    /// alert: a close_notify would tell the peer that all it was sent has been received well.
    fn write_last_word(&self, half: &mut SendHalf) -> Result<()> {
        if !half.owed_alert.is_empty() {
            half.out.extend(&half.owed_alert)?;
            half.owed_alert = Vec::new();
            return Ok(());
        }
        let alert = match u8::try_from(self.shared.owed_alert.load(Acquire)) {
            Ok(description) => fatal(description),
            Err(_) => warning(Alert::CloseNotify),
        };
        let mut early = match &half.handshake_keys {
            Some(keys) if half.sealer.is_none() => Some(cleared(Reach::Keys, || keys.sealer())?),
            _ => None,
        };
        let Some(sealer) = half.sealer.as_mut().or(early.as_mut()) else {
            return half.out.extend(&plaintext_alert(alert));
        };
        let room = half.out.room(alert.len() + sealer.overhead())?;
        let written = sealer.seal(ContentType::Alert, &[&alert], room)?;
        half.out.commit(written);
        Ok(())
    }

    /// Whether there is a close_notify to wait for.
    fn expects_close_notify(&self) -> Result<bool> {
        let over = self.link.is_missing()
            || self.shared.error_alert_received.load(Acquire)
            || !self.shared.handshake_done.load(Acquire)
            || self.was_delayed();
        Ok(!over)
    }
}

impl RecvHalf {
    fn await_close_notify(&mut self, conn: &Connection) -> Result<()> {
        while !conn.shared.close_notify_received.load(Acquire) {
            // The application closed, so it does not want what is left.
            self.drop_record();
            match self.read_record(conn)? {
                ContentType::Alert => self.alert(conn)?,
                ContentType::Handshake => self.handshake(conn)?,
                ContentType::ApplicationData | ContentType::ChangeCipherSpec => {}
            }
        }
        Ok(())
    }
}
