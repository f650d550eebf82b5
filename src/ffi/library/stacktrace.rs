//! Stack traces of errors.

use std::cell::RefCell;
use std::ffi::{CString, c_char, c_int};
use std::ptr;

use libc::FILE;

use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::output;
use crate::ffi::abi::types::s2n_stacktrace;
use rs2n_core::error::{Code, Result, trace};
use rs2n_core::process::permanent;

/// Tells whether errors record a stack trace.
///
/// @returns what `s2n_stack_traces_enabled_set()` set last, or whether `S2N_PRINT_STACKTRACE` was in the
/// environment of `s2n_init()`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_stack_traces_enabled() -> bool {
    trace::is_enabled()
}

/// Sets whether errors record a stack trace, in all threads. That takes microseconds for each error,
/// "blocked" ones too.
///
/// @param newval Whether they do
/// @returns 0
#[unsafe(no_mangle)]
pub extern "C" fn s2n_stack_traces_enabled_set(newval: bool) -> c_int {
    trace::enable(newval);
    0
}

/// Records a stack trace, as an error does, if that is enabled.
///
/// @returns 0
#[unsafe(no_mangle)]
pub extern "C" fn s2n_calculate_stacktrace() -> c_int {
    status_with_memory(|| {
        trace::record();
        Ok(())
    })
}

/// Prints the stack trace of this thread's last error; or how to get one, if that is not enabled.
///
/// @param fptr A stream to write to
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_IO` if nothing can be written there
///
/// # Safety
///
/// `fptr` is NULL or a stream that is open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_print_stacktrace(fptr: *mut FILE) -> c_int {
    status_with_memory(|| {
        if fptr.is_null() {
            return Err(Code::Null)?;
        }
        let mut text = match trace::is_enabled() {
            true => "\nStacktrace is:\n".to_owned(),
            false => HINT.to_owned(),
        };
        if trace::is_enabled() {
            for line in trace::lines() {
                text += &line;
                text.push('\n');
            }
        }
        // SAFETY: the text ends with a NUL; `fptr` is an open stream for the whole call.
        match unsafe { libc::fputs(c_text(text).as_ptr(), fptr) } {
            libc::EOF => Err(Code::Io)?,
            _ => Ok(()),
        }
    })
}

const HINT: &str =
    "NOTE: set S2N_PRINT_STACKTRACE=1 in the environment for the stack trace of an error.\n";

/// Forgets this thread's stack trace, and what `s2n_get_stacktrace()` gave of it.
///
/// @returns 0
#[unsafe(no_mangle)]
pub extern "C" fn s2n_free_stacktrace() -> c_int {
    status(|| {
        trace::clear();
        // A thread that ends has given it back already.
        let _ = GIVEN.try_with(|given| given.take());
        Ok(())
    })
}

/// Gives the stack trace of this thread's last error: for each caller, from the innermost one on, a line
/// with its name and, where known, its place in the source.
///
/// @param trace Set to a list of strings and its length, both 0 if there is no trace. The strings are
/// valid in this thread until the next call of this function or `s2n_free_stacktrace()`.
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `trace` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_get_stacktrace(trace: *mut s2n_stacktrace) -> c_int {
    status_with_memory(|| {
        // SAFETY: `trace` is null or writable for the whole call.
        let slot = unsafe { output::slot(trace) }?;
        let renewed = permanent::allocate(|| GIVEN.try_with(|given| given.borrow_mut().renew()));
        slot.set(renewed.unwrap_or(Ok(NONE))?);
        Ok(())
    })
}

thread_local! {
    static GIVEN: RefCell<Given> = RefCell::default();
}

const NONE: s2n_stacktrace = s2n_stacktrace {
    trace: ptr::null_mut(),
    trace_size: 0,
};

/// What the application was given pointers to.
#[derive(Default)]
struct Given {
    lines: Vec<CString>,
    pointers: Vec<*mut c_char>,
}

impl Given {
    fn renew(&mut self) -> Result<s2n_stacktrace> {
        self.lines = trace::lines().into_iter().map(c_text).collect();
        let pointers = self.lines.iter().map(|line| line.as_ptr().cast_mut());
        self.pointers = pointers.collect();
        Ok(s2n_stacktrace {
            trace: match self.pointers.is_empty() {
                true => ptr::null_mut(),
                false => self.pointers.as_mut_ptr(),
            },
            trace_size: c_int::try_from(self.pointers.len()).map_err(|_| Code::Safety)?,
        })
    }
}

fn c_text(text: String) -> CString {
    CString::new(text).unwrap_or_default()
}
