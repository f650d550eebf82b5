//! Suspended steps of rustls, and the asynchronous operations that they are suspended for.

use std::sync::{Arc, Mutex};

use super::rustls_input::RustlsInput;
use crate::credentials::{Answer, Coroutine};
use crate::error::Result;
use crate::state::State;

/// A suspended step, which returns a `T` when it is complete.
pub(super) struct Suspended<T> {
    pub(super) coroutine: Box<dyn Coroutine>,
    pub(super) completed: Arc<Mutex<Option<Completed<T>>>>,
    pub(super) pending: Pending,
}

/// The asynchronous operation for which a step is suspended.
pub(super) enum Pending {
    Signature,
    Verification,
}

/// The result of a step.
pub(super) type Outcome<T> = Result<T, rustls::Error>;

/// A completed step: its result, the rest of its input, and its output.
pub(super) struct Completed<T> {
    pub(super) outcome: Outcome<T>,
    pub(super) input: RustlsInput,
    pub(super) output: Vec<u8>,
}

impl Pending {
    /// Returns the result of the operation, once it is complete.
    pub(super) fn take_answer(&self, state: &State) -> Option<Answer> {
        match self {
            Self::Signature => state.take_signature().map(Answer::Signature),
            Self::Verification => state.take_verified().then_some(Answer::Verified),
        }
    }
}
