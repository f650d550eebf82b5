//! Blinding: an error that a peer caused is answered only after a random delay, so that the time
//! of the answer does not tell an attacker which step failed.

use std::sync::atomic::Ordering::*;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use super::Io;
use crate::base::lock;
use crate::base::random_u64;
use crate::error::{Alert, Code, Error, ErrorType, Result};

/// Who waits for the delay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BlindingMode {
    /// The failing call waits before it returns.
    #[default]
    BuiltIn,
    /// The application waits, for as long as `s2n_connection_get_delay()` returns.
    SelfService,
}

#[derive(Debug, Default)]
pub(super) struct Blinding {
    pub(super) mode: BlindingMode,

    /// When the delay is over, by the connection's monotonic clock. Stays set afterwards: a
    /// connection that was delayed once does not wait for the peer's close_notify.
    until: Option<Duration>,

    /// The whole of it. With another config there may be another clock, by which no more is left than
    /// this.
    delay: Duration,
}

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
        | Code::MissingCertRequest => Effect::Close,
        _ if matches!(code.kind(), ErrorType::Ok | ErrorType::Blocked) => Effect::None,
        _ => Effect::CloseAndDelay,
    }
}

impl Io<'_> {
    /// Closes the connection after an error in what was received, and starts the blinding delay.
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

    /// RFC 8446, 6.2: an error has its own alert, which waits for `s2n_shutdown`.
    fn set_pending_alert(&self, error: &Error) {
        let is_done = self.state.shared.handshake_done.load(Acquire);
        match error.received_alert() {
            // What fails in a handshake without a word of the peer's has no alert but rustls'.
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
        let mut blinding = lock(self.blinding);
        blinding.until = Some(until);
        blinding.delay = delay;
        if blinding.mode == BlindingMode::BuiltIn {
            drop(blinding);
            sleep(delay);
        }
        Ok(())
    }

    /// The remaining delay before the application may close.
    pub(super) fn delay(&self) -> Result<Duration> {
        let (until, delay) = {
            let blinding = lock(self.blinding);
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
        lock(self.blinding).until.is_some()
    }
}

/// Sleeps for the whole of `delay`, also if the thread is cancelled: the wait for a condition is no
/// cancellation point, as `std::thread::sleep()` is one on Unix.
fn sleep(delay: Duration) {
    let (never, lock) = (Condvar::new(), Mutex::new(()));
    if let Ok(guard) = lock.lock() {
        let _ = never.wait_timeout_while(guard, delay, |()| true);
    }
}

/// A delay between a third of `max` seconds and `max`; nothing if there is to be none.
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
