//! The wall clock of a config, for rustls.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;

use crate::base::Clock;
use crate::credentials::step_context::StepContext;

/// A config's wall clock, in the form that rustls requires.
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
