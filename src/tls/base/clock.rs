//! Clocks: the system's, and the interface for the application's.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

use crate::tls::process::fork::get_or_make;

/// A source of the time, which may fail.
pub trait Clock: Send + Sync {
    fn now(&self) -> Option<Duration>;
}

/// The time since 1970.
pub(crate) struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Option<Duration> {
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .ok()
    }
}

/// The time since the library first read it.
pub(crate) struct MonotonicClock;

impl Clock for MonotonicClock {
    fn now(&self) -> Option<Duration> {
        Some(uptime())
    }
}

/// Returns the system's monotonic time since the library first read it.
pub(crate) fn uptime() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    get_or_make(&START, Instant::now).elapsed()
}
