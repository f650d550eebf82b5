//! Clearing the stack behind work with secrets.

use std::hint::black_box;

use super::Mode;

/// How far work reaches into the stack with secrets. No further than it reaches with anything, so that
/// it needs no larger stack.
#[derive(Clone, Copy)]
pub(crate) enum Reach {
    /// Steps of a client's handshake.
    Client,

    /// Steps of a server's handshake.
    Server,

    /// Making keys from a secret that is there.
    Keys,
}

impl From<Mode> for Reach {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Client => Self::Client,
            Mode::Server => Self::Server,
        }
    }
}

/// Runs work that meets secrets, and clears the stack that it has used: rustls and the provider pass
/// secrets, and states that hold some, by value, and each move leaves the old bytes behind.
pub(crate) fn cleared<R>(reach: Reach, work: impl FnOnce() -> R) -> R {
    let outcome = in_own_frame(work);
    match reach {
        Reach::Client => clear::<{ 28 * UNIT }>(),
        Reach::Server => clear::<{ 18 * UNIT }>(),
        Reach::Keys => clear::<{ 4 * UNIT }>(),
    }
    outcome
}

/// A KiB, or what takes its place where nothing is optimized.
const UNIT: usize = if cfg!(debug_assertions) { 3072 } else { 1024 };

/// What is inlined into a caller would leave its secrets in the caller's frame, which is not cleared.
#[inline(never)]
fn in_own_frame<R>(work: impl FnOnce() -> R) -> R {
    work()
}

#[inline(never)]
fn clear<const LEN: usize>() {
    let mut dead = [0_u8; LEN];
    black_box(&mut dead);
}
