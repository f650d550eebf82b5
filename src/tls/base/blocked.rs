//! What a call that could not finish is waiting for.

/// The value behind `s2n_blocked_status`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Blocked {
    /// Nothing: the call finished, or failed for good.
    #[default]
    Not = 0,
    /// The transport has no bytes to read.
    Read = 1,
    /// The transport takes no bytes.
    Write = 2,
    /// The application owes an answer to one of its callbacks.
    ApplicationInput = 3,
    /// The caller must read early data first.
    EarlyData = 4,
}
