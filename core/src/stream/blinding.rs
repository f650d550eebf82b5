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
    // A remainder would be more often in the first part of the range, if the maximum is of years.
    let position = (u128::from(random_u64()?) * u128::from(max - min)) >> 64;
    Ok(Some(Duration::from_nanos(min + position as u64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;
    const DRAWS: usize = 200_000;

    /// The probability that a test of the distribution fails although delays are uniform.
    const FALSE_ALARM: f64 = 1e-10;

    fn draws(max: u32) -> Vec<u64> {
        let draw = || {
            random_delay(max)
                .expect("random")
                .expect("not 0")
                .as_nanos()
        };
        let mut delays: Vec<_> = (0..DRAWS).map(|_| draw() as u64).collect();
        delays.sort_unstable();
        delays
    }

    #[test]
    fn no_delay_is_drawn_without_a_maximum() {
        assert_eq!(random_delay(0).expect("no failure"), None);
    }

    /// The statistic of Kolmogorov and Smirnov against its bound by Dvoretzky, Kiefer, Wolfowitz and
    /// Massart: with n draws, P(distance > e) <= 2 exp(-2 n e^2).
    #[test]
    fn delays_are_uniform_between_a_third_of_the_maximum_and_the_maximum() {
        let n = DRAWS as f64;
        let bound = ((2.0 / FALSE_ALARM).ln() / (2.0 * n)).sqrt();
        for max in [1, 30, u32::MAX] {
            let (most, delays) = (u64::from(max) * SECOND, draws(max));
            let least = most / 3;
            assert!(least <= delays[0] && delays[DRAWS - 1] < most, "{max} s");
            let width = (most - least) as f64;
            let distances = delays.iter().enumerate().map(|(i, &delay)| {
                let expected = (delay - least) as f64 / width;
                let (below, up_to) = (i as f64 / n, (i + 1) as f64 / n);
                (expected - below).max(up_to - expected)
            });
            let distance = distances.fold(0.0, f64::max);
            assert!(distance < bound, "{max} s: {distance} of {bound}");
        }
    }

    /// The low bits are uniform too: a coarse delay could be subtracted from a time that was measured.
    /// By Hoeffding's inequality and the union bound, P(a share of k deviates by e) <= 2 k exp(-2 n e^2).
    #[test]
    fn delays_are_uniform_in_their_lowest_bits() {
        const CLASSES: usize = 16;
        let n = DRAWS as f64;
        let bound = ((2.0 * CLASSES as f64 / FALSE_ALARM).ln() / (2.0 * n)).sqrt();
        let mut counts = [0_u32; CLASSES];
        for delay in draws(30) {
            counts[(delay % CLASSES as u64) as usize] += 1;
        }
        for (class, &count) in counts.iter().enumerate() {
            let deviation = (f64::from(count) / n - 1.0 / CLASSES as f64).abs();
            assert!(deviation < bound, "{class}: {deviation} of {bound}");
        }
    }

    #[test]
    fn an_error_closes_the_connection_and_usually_delays() {
        let of = |error: Error| match effect(&error) {
            Effect::None => "none",
            Effect::Close => "close",
            Effect::CloseAndDelay => "delay",
        };
        for (code, expected) in [
            (Code::IoBlocked, "none"),
            (Code::AsyncBlocked, "none"),
            (Code::Closed, "close"),
            (Code::Cancelled, "close"),
            (Code::BadMessage, "delay"),
            (Code::Decrypt, "delay"),
            (Code::Alert, "delay"),
        ] {
            assert_eq!(of(code.into()), expected, "{code:?}");
            let skips = Error::from(code).without_blinding();
            assert_eq!(of(skips), "close", "{code:?}");
        }
    }

    #[test]
    fn a_delay_lasts_as_long_as_it_says() {
        let (start, delay) = (std::time::Instant::now(), Duration::from_millis(20));
        sleep(delay);
        assert!(start.elapsed() >= delay);
    }
}
