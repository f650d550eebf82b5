//! Clocks: those of the system, and the trait for those of the application.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

use crate::process::fork::get_or_init;

/// A clock, which may fail.
pub trait Clock: Send + Sync {
    /// Returns the time since the clock's epoch; `None` if it fails.
    fn now(&self) -> Option<Duration>;
}

/// The system's wall clock, whose epoch is 1970.
pub(crate) struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Option<Duration> {
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .ok()
    }
}

/// The system's monotonic clock, whose epoch is its first use by the library.
pub(crate) struct MonotonicClock;

impl Clock for MonotonicClock {
    fn now(&self) -> Option<Duration> {
        Some(uptime())
    }
}

/// Returns the system's monotonic time since its first use by the library.
pub(crate) fn uptime() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    get_or_init(&START, Instant::now).elapsed()
}
