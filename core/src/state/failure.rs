//! The last call of a connection that has failed, with its particulars.

use super::State;
use crate::base::lock;
use crate::error::{Code, Error, ErrorType, Reason};
use crate::verify::rejection::Rejection;

/// The last failed call. Connections have none until one fails.
#[derive(Default)]
pub(super) struct Failure {
    /// The last error, or the one that has closed the connection.
    error: Option<Error>,

    /// The error of a later call, which failed because of the first one.
    consequence: Option<Error>,

    /// The certificate that the error is about.
    rejection: Option<Box<Rejection>>,
}

/// The last error of a connection, for a message.
pub(crate) struct Failed<'a> {
    pub(crate) error: Error,
    pub(crate) consequence: Option<Error>,
    pub(crate) rejection: Option<&'a Rejection>,
}

impl State {
    /// Records the error of a failed call. The error of a call on a connection that an earlier error
    /// has closed does not replace that.
    #[cold]
    pub(crate) fn record_failure(&self, error: &Error) {
        let mut failure = lock(&self.rare().failure);
        match &failure.error {
            Some(first) if first.kind() != ErrorType::Usage && is_consequence(error) => {
                let is_other = first.code() != error.code();
                failure.consequence = is_other.then_some(*error);
            }
            _ => {
                failure.error = Some(*error);
                failure.consequence = None;
            }
        }
    }

    /// Stores the certificate that a verification has rejected.
    #[cold]
    pub(crate) fn set_rejection(&self, rejection: Option<Box<Rejection>>) {
        lock(&self.rare().failure).rejection = rejection;
    }

    /// Passes the last failed call to `read`; `None` if no call has failed.
    pub(crate) fn with_failure<R>(&self, read: impl FnOnce(Option<Failed<'_>>) -> R) -> R {
        let Some(rare) = self.rare.get() else {
            return read(None);
        };
        let failure = lock(&rare.failure);
        read(failure.error.map(|error| Failed {
            error,
            consequence: failure.consequence,
            rejection: failure.rejection.as_deref(),
        }))
    }
}

/// Returns whether a call has failed because the connection was closed before.
fn is_consequence(error: &Error) -> bool {
    let is_closed = matches!(
        error.code(),
        Code::Closed | Code::ShutdownClosed | Code::ShutdownPaused | Code::HandshakeState
    );
    is_closed && !matches!(error.reason(), Reason::EndOfStream { .. })
}
