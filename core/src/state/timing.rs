//! Durations of a handshake, for events.

use std::time::Duration;

/// How long a handshake takes, and whether its end was reported.
#[derive(Default)]
pub(crate) struct Timing {
    /// When its first call began.
    pub(crate) start: Option<Duration>,

    /// The duration of its calls together.
    pub(crate) spent: Duration,

    /// The application has received the event of its end.
    pub(crate) is_reported: bool,

    /// A call is under way, its callbacks included.
    pub(crate) is_running: bool,
}
