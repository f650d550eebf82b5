//! Entry and exit of exported functions: panics are caught, failures recorded in `s2n_errno`.

use rs2n_core::error::{Code, Result};

use crate::ffi::abi::{errno, panics};
use crate::sys::cancellation::{self, Cancelability};
use crate::sys::memory;

/// A C return type whose failure value is the same in every function that returns it.
pub(crate) trait CReturn {
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

/// Runs the body of an exported function: catches panics, and records every failure.
pub(crate) fn boundary<R: CReturn>(body: impl FnOnce() -> Result<R>) -> R {
    boundary_or(R::FAILURE, body)
}

/// [`boundary`], for functions with a failure value of their own.
pub(crate) fn boundary_or<R>(failure: R, body: impl FnOnce() -> Result<R>) -> R {
    let _held = Cancelability::held();
    caught(failure, body)
}

/// [`with_memory`], for the functions that transfer data. Cancellation stays enabled in their body,
/// since disabling it would take a tenth of their time: their only callbacks are transports, for
/// which `sys` disables cancellation. The body contains no other cancellation point; AWS-LC gets
/// random bytes by a raw system call.
pub(crate) fn transfer<R: CReturn + Copy>(body: impl FnOnce() -> Result<R>) -> R {
    let outcome = {
        let _permitted = Cancelability::permitted();
        caught(R::FAILURE, || {
            check_memory()?;
            body()
        })
    };
    cancellable(outcome)
}

/// [`boundary`], for functions that programs call around each transfer of data. Their body has no
/// cancellation point: it neither waits nor calls the application, except its memory callbacks and
/// its log, for which `sys` disables cancellation.
pub(crate) fn brief<R: CReturn>(body: impl FnOnce() -> Result<R>) -> R {
    caught(R::FAILURE, body)
}

fn caught<R>(failure: R, body: impl FnOnce() -> Result<R>) -> R {
    match panics::catch(body) {
        Some(Ok(value)) => return value,
        Some(Err(error)) => errno::record(error),
        None => errno::record_panic(why_panicked()),
    }
    failure
}

/// Returns the error code of a panic. The provider panics where AWS-LC has no memory; any other
/// panic is a bug.
#[cold]
fn why_panicked() -> Code {
    match memory::can_provide(memory::PROBE) {
        true => Code::Safety,
        false => Code::Alloc,
    }
}

/// Ends an exported function that may have waited: acts on a cancellation of the thread that was
/// requested meanwhile. The function is `extern "C-unwind"`, and has no values left to drop.
#[inline]
pub(crate) fn cancellable<R: Copy>(outcome: R) -> R {
    cancellation::point();
    outcome
}

/// [`boundary`], for functions that return 0 for success.
pub(crate) fn status(body: impl FnOnce() -> Result<()>) -> i32 {
    boundary(|| body().map(|()| 0))
}

/// [`boundary`], for functions that need memory: fails with `S2N_ERR_ALLOC` while memory is short.
/// Functions that free memory, or only read, do not use it.
pub(crate) fn with_memory<R: CReturn>(body: impl FnOnce() -> Result<R>) -> R {
    boundary(|| {
        check_memory()?;
        body()
    })
}

/// [`with_memory`], for functions that return 0 for success.
pub(crate) fn status_with_memory(body: impl FnOnce() -> Result<()>) -> i32 {
    status(|| {
        check_memory()?;
        body()
    })
}

/// Fails while memory is short.
#[inline]
pub(crate) fn check_memory() -> Result<()> {
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
        let (file, line) = (file!(), line!() - 2);
        let place = format!("S2N_ERR_SAFETY: Error encountered in {file}:{line}");
        assert_eq!(errno::last_text(), place);
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
