//! The blocked status of a call.

/// The reason why a call would block, as in `s2n_blocked_status`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Blocked {
    /// Not blocked: the call succeeded, or failed permanently.
    #[default]
    Not = 0,
    /// Blocked on read: the transport has no bytes.
    Read = 1,
    /// Blocked on write: the transport accepts no bytes.
    Write = 2,
    /// Blocked on application input: an asynchronous callback has not completed.
    ApplicationInput = 3,
    /// Blocked on early data: the caller must read it first.
    EarlyData = 4,
}
