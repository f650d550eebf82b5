//! Blinding: a random delay before the response to an error that a peer caused, so that its time
//! does not reveal which step failed.

use std::sync::atomic::Ordering::*;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use super::Io;
use crate::base::{lock, random_u64};
use crate::error::{Alert, Code, Error, ErrorType, Result};

/// How the blinding delay is applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BlindingMode {
    /// The failing call sleeps before it returns.
    #[default]
    BuiltIn,
    /// The application waits, for the time that `s2n_connection_get_delay()` returns.
    SelfService,
}

#[derive(Debug, Default)]
pub(super) struct Blinding {
    pub(super) mode: BlindingMode,

    /// The end of the delay, by the connection's monotonic clock. It stays set afterwards: after a
    /// delay, a shutdown does not wait for the peer's close_notify.
    until: Option<Duration>,

    /// The whole delay, which limits the remaining one: another config may have another clock.
    delay: Duration,
}

/// The effect of an error on the connection.
enum Effect {
    None,
    Close,
    CloseAndDelay,
}

fn effect(error: &Error) -> Effect {
    let code = error.code();
    match code {
        _ if error.skips_blinding() => Effect::Close,
        Code::Closed
        | Code::Cancelled
        | Code::AsyncCallbackFailed
        | Code::CipherNotSupported
        | Code::ProtocolVersionUnsupported
        | Code::UnexpectedCertRequest
        | Code::MissingCertRequest
        | Code::MissingClientCert => Effect::Close,
        _ if matches!(code.kind(), ErrorType::Ok | ErrorType::Blocked) => Effect::None,
        _ => Effect::CloseAndDelay,
    }
}

impl Io<'_> {
    /// Closes the connection after an error in received data, and starts the blinding delay.
    pub(crate) fn blind(&self, error: Error) -> Error {
        let effect = effect(&error);
        if !matches!(effect, Effect::None) {
            self.set_pending_alert(&error);
        }
        match effect {
            Effect::None => return error,
            Effect::Close => self.state.shared.close(),
            Effect::CloseAndDelay => {
                self.state.shared.close();
                if let Err(failure) = self.start_delay() {
                    return failure;
                }
            }
        }
        error
    }

    /// Sets the alert for an error (RFC 8446, 6.2), which `s2n_shutdown()` sends.
    fn set_pending_alert(&self, error: &Error) {
        let is_done = self.state.shared.handshake_done.load(Acquire);
        match error.received_alert() {
            // For an error in a handshake that no message of the peer caused, rustls has an alert.
            Some(Alert::InternalError) if !is_done => {}
            Some(alert) => self.state.shared.pending_alert.store(alert as i16, Release),
            None => {}
        }
    }

    fn start_delay(&self) -> Result<()> {
        let config = self.state.config()?;
        let Some(delay) = random_delay(config.max_blinding_delay())? else {
            return Ok(());
        };
        let until = config.monotonic_now()? + delay;
        let mut blinding = lock(self.blinding());
        blinding.until = Some(until);
        blinding.delay = delay;
        if blinding.mode == BlindingMode::BuiltIn {
            drop(blinding);
            sleep(delay);
        }
        Ok(())
    }

    /// Returns the remaining delay before the application may close.
    pub(super) fn delay(&self) -> Result<Duration> {
        let (until, delay) = {
            let blinding = lock(self.blinding());
            (blinding.until, blinding.delay)
        };
        let Some(until) = until else {
            return Ok(Duration::ZERO);
        };
        Ok(until
            .saturating_sub(self.state.config()?.monotonic_now()?)
            .min(delay))
    }

    pub(super) fn was_delayed(&self) -> bool {
        lock(self.blinding()).until.is_some()
    }
}

/// Sleeps for `delay`, even if the thread is cancelled: on Unix, `std::thread::sleep()` is a
/// cancellation point, but this wait for a condition variable is not.
fn sleep(delay: Duration) {
    let (never, lock) = (Condvar::new(), Mutex::new(()));
    if let Ok(guard) = lock.lock() {
        let _ = never.wait_timeout_while(guard, delay, |()| true);
    }
}

/// Returns a random delay between a third of `max` seconds and `max`; `None` if `max` is 0.
fn random_delay(max: u32) -> Result<Option<Duration>> {
    let max = u64::from(max) * 1_000_000_000;
    if max == 0 {
        return Ok(None);
    }
    let min = max / 3;
    // The bias of the remainder is below 2^-29.
    Ok(Some(Duration::from_nanos(
        min + random_u64()? % (max - min),
    )))
}
