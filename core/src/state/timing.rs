//! Durations of a handshake, for handshake events.

use std::time::Duration;

/// The duration of a handshake, and whether its event was reported.
#[derive(Default)]
pub(crate) struct Timing {
    /// The time of the first call.
    pub(crate) start: Option<Duration>,

    /// The total duration of all calls.
    pub(crate) spent: Duration,

    /// The event was reported to the application.
    pub(crate) is_reported: bool,

    /// A call is running, possibly in a callback.
    pub(crate) is_running: bool,
}
