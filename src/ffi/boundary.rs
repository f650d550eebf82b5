//! The one way out of an exported function.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::errno;
use crate::tls::error::{Code, Error, Result};

/// A C return type whose failure value is the same in every function that returns it.
pub(super) trait CReturn {
    const FAILURE: Self;
}

impl CReturn for i32 {
    const FAILURE: Self = -1;
}

impl CReturn for isize {
    const FAILURE: Self = -1;
}

impl<T> CReturn for *mut T {
    const FAILURE: Self = std::ptr::null_mut();
}

impl<T> CReturn for *const T {
    const FAILURE: Self = std::ptr::null();
}

/// Runs the body of an exported function: no panic leaves, and every failure is recorded.
pub(super) fn boundary<R: CReturn>(body: impl FnOnce() -> Result<R>) -> R {
    boundary_or(R::FAILURE, body)
}

/// [`boundary`] for the functions that report failure with a value of their own.
pub(super) fn boundary_or<R>(failure: R, body: impl FnOnce() -> Result<R>) -> R {
    let outcome =
        catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| Err(Error::new(Code::Safety)));
    outcome.unwrap_or_else(|error| {
        errno::record(error);
        failure
    })
}

/// A body that answers 0 for success.
pub(super) fn status(body: impl FnOnce() -> Result<()>) -> i32 {
    boundary(|| body().map(|()| 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_internal_error() {
        assert_eq!(status(|| panic!("a bug")), -1);
        assert_eq!(errno::last(), Code::Safety.number());
    }

    #[test]
    fn a_failure_is_recorded_for_this_thread_only() {
        assert_eq!(status(|| Err(Code::Null)?), -1);
        assert_eq!(errno::last(), Code::Null.number());
        std::thread::spawn(|| assert_eq!(errno::last(), 0))
            .join()
            .expect("the other thread sees its own number");
    }
}
