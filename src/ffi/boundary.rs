//! The one way out of an exported function.

use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use super::errno;
use crate::sys::memory;
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
    let outcome = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| Err(why_panicked()));
    outcome.unwrap_or_else(|error| {
        errno::record(error);
        failure
    })
}

/// The provider panics where AWS-LC has no memory; any other panic is a bug.
#[cold]
fn why_panicked() -> Error {
    Error::new(match memory::can_provide(memory::PROBE) {
        true => Code::Safety,
        false => Code::Alloc,
    })
}

/// Shortens the report of a panic while memory is short: a stack trace, if the environment requires one,
/// takes so much that the process would end.
pub(super) fn shorten_panics() {
    const TRACE: usize = 64 * 1024 * 1024;
    static ONCE: Once = Once::new();

    ONCE.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |panic| match memory::can_provide(TRACE) {
            true => report(panic),
            false => drop(writeln!(io::stderr(), "{panic}")),
        }));
    });
}

/// A body that answers 0 for success.
pub(super) fn status(body: impl FnOnce() -> Result<()>) -> i32 {
    boundary(|| body().map(|()| 0))
}

/// [`boundary`] for the functions that need memory: none begins while there is none. What gives memory
/// back, or only reads, is not among them.
pub(super) fn with_memory<R: CReturn>(body: impl FnOnce() -> Result<R>) -> R {
    boundary(|| {
        check_memory()?;
        body()
    })
}

/// [`status`], for the functions of [`with_memory`].
pub(super) fn status_with_memory(body: impl FnOnce() -> Result<()>) -> i32 {
    status(|| {
        check_memory()?;
        body()
    })
}

/// Fails while memory is short.
#[inline]
pub(super) fn check_memory() -> Result<()> {
    match memory::is_available() {
        true => Ok(()),
        false => Err(Code::Alloc)?,
    }
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
