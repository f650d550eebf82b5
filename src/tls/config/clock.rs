//! The clocks of a config: the system's, or the application's.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;

use super::Config;
use super::step_context::StepContext;
use crate::tls::fork::get_or_make;

/// Tells the time, unless it fails.
pub trait Clock: Send + Sync {
    fn now(&self) -> Option<Duration>;
}

/// The time since 1970.
pub(super) struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Option<Duration> {
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .ok()
    }
}

/// The time since the library's first look at it.
pub(super) struct MonotonicClock;

impl Clock for MonotonicClock {
    fn now(&self) -> Option<Duration> {
        Some(uptime())
    }
}

/// The system's monotonic time.
pub(crate) fn uptime() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    get_or_make(&START, Instant::now).elapsed()
}

/// A config's wall clock, as rustls asks for it.
pub(super) struct RustlsClock {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) context: StepContext,
}

impl fmt::Debug for RustlsClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RustlsClock")
    }
}

impl TimeProvider for RustlsClock {
    fn current_time(&self) -> Option<UnixTime> {
        let clock = self.clock.clone();
        let now = self.context.call(move || clock.now())?;
        now.map(UnixTime::since_unix_epoch)
    }
}

impl Config {
    pub(super) fn unix_time(&self) -> crate::tls::error::Result<UnixTime> {
        self.wall_now().map(UnixTime::since_unix_epoch)
    }
}
