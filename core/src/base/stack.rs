//! Clearing of the stack after work with secrets.

use std::hint::black_box;

use super::Mode;

/// The depth to which work stores secrets on the stack. It is at most the depth to which the work
/// uses the stack at all, so that clearing requires no larger stack.
#[derive(Clone, Copy)]
pub(crate) enum StackDepth {
    /// Steps of a client's handshake.
    Client,

    /// Steps of a server's handshake.
    Server,

    /// Derivation of keys from an existing secret.
    Keys,
}

impl From<Mode> for StackDepth {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Client => Self::Client,
            Mode::Server => Self::Server,
        }
    }
}

/// Runs work with secrets, and clears the stack that it has used: rustls and the provider pass
/// secrets, and states that contain some, by value, and each move leaves a copy on the stack.
pub(crate) fn with_cleared_stack<R>(depth: StackDepth, work: impl FnOnce() -> R) -> R {
    with_stack_cleared_if(depth, || (work(), true))
}

/// [`with_cleared_stack`], for work that returns whether it has used secrets.
pub(crate) fn with_stack_cleared_if<R>(depth: StackDepth, work: impl FnOnce() -> (R, bool)) -> R {
    let (outcome, has_used_secrets) = in_separate_frame(work);
    if has_used_secrets {
        match depth {
            StackDepth::Client => clear::<{ 28 * UNIT }>(),
            StackDepth::Server => clear::<{ 18 * UNIT }>(),
            StackDepth::Keys => clear::<{ 4 * UNIT }>(),
        }
    }
    outcome
}

/// One KiB, or the equivalent in a build without optimization, which uses more stack.
const UNIT: usize = if cfg!(debug_assertions) { 3072 } else { 1024 };

/// Prevents inlining, which would leave secrets in the frame of the caller, which is not cleared.
#[inline(never)]
fn in_separate_frame<R>(work: impl FnOnce() -> R) -> R {
    work()
}

#[inline(never)]
fn clear<const LEN: usize>() {
    let mut cleared = [0_u8; LEN];
    black_box(&mut cleared);
}
