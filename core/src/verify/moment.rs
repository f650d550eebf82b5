//! The time at which validity periods are checked.

use std::cell::Cell;
use std::ops::Range;

use crate::error::Code;
use crate::x509::Certificate;

/// The time of one verification, which the clock has supplied once, and the times at which all of
/// its checks of validity periods would have had the same outcomes.
pub(crate) struct Moment {
    /// Seconds since 1970; `None` if validity periods are not checked.
    now: Option<i64>,

    /// Contains `now`.
    from: Cell<i64>,
    until: Cell<i64>,
}

impl Moment {
    /// The seconds since 1970.
    pub(super) fn at(now: u64) -> Self {
        Self {
            now: Some(i64::try_from(now).unwrap_or(i64::MAX)),
            ..Self::any()
        }
    }

    /// A verification that ignores validity periods.
    pub(super) fn any() -> Self {
        Self {
            now: None,
            from: Cell::new(i64::MIN),
            until: Cell::new(i64::MAX),
        }
    }

    /// Returns the seconds since 1970; `None` if validity periods are not checked.
    pub(super) fn now(&self) -> Option<i64> {
        self.now
    }

    /// Fails outside of the validity period of a certificate.
    pub(super) fn check(&self, cert: &Certificate<'_>) -> Result<(), Code> {
        let Some(now) = self.now else {
            return Ok(());
        };
        let same = cert.same_time_outcome(now);
        self.from.set(self.from.get().max(same.start));
        self.until.set(self.until.get().min(same.end));
        cert.check_time(now)
    }

    /// Returns the times at which all checks so far have the same outcomes.
    pub(super) fn same_outcomes(&self) -> Range<i64> {
        self.from.get()..self.until.get()
    }

    /// Returns whether the time is in `times`; true if validity periods are not checked.
    pub(super) fn is_in(&self, times: &Range<i64>) -> bool {
        self.now.is_none_or(|now| times.contains(&now))
    }
}
