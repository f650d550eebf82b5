//! A clock that is set by a test.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering::*};
use std::time::Duration;

use crate::base::Clock;

/// A clock that is set by the test, and counts its readings.
#[derive(Default)]
pub(crate) struct TestClock {
    /// Seconds since 1970; negative if the clock fails.
    pub(crate) now: AtomicI64,
    pub(crate) readings: AtomicUsize,
}

impl Clock for TestClock {
    fn now(&self) -> Option<Duration> {
        self.readings.fetch_add(1, Relaxed);
        let now = u64::try_from(self.now.load(Relaxed));
        now.ok().map(Duration::from_secs)
    }
}
