//! The wall clock of a config, during the steps of a handshake.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;

use super::step_context::StepContext;
use crate::base::Clock;

/// A config's wall clock, which the application may implement: it is read outside the coroutine of
/// a step.
#[derive(Clone)]
pub(crate) struct StepClock {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) context: StepContext,
}

impl StepClock {
    /// Returns the time since 1970; `None` if the clock fails.
    pub(crate) fn now(&self) -> Option<Duration> {
        if let StepContext::Thread = self.context {
            return self.clock.now();
        }
        let clock = self.clock.clone();
        self.context.call(move || clock.now())?
    }
}

impl fmt::Debug for StepClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StepClock")
    }
}

impl TimeProvider for StepClock {
    fn current_time(&self) -> Option<UnixTime> {
        self.now().map(UnixTime::since_unix_epoch)
    }
}
