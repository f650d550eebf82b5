//! Stack traces of errors.

use std::cell::RefCell;
use std::ffi::{CString, c_char, c_int};
use std::ptr;

use libc::FILE;
use rs2n_core::error::{Code, Result, trace};
use rs2n_core::process::permanent;

use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::output;
use crate::ffi::abi::types::s2n_stacktrace;

/// Returns whether errors record a stack trace.
///
/// @returns the last value of `s2n_stack_traces_enabled_set()`; or true if the environment variable
/// `S2N_PRINT_STACKTRACE` was set during `s2n_init()`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_stack_traces_enabled() -> bool {
    trace::is_enabled()
}

/// Enables or disables stack traces of errors, in all threads. Recording one takes microseconds for
/// each error, errors of type `S2N_ERR_T_BLOCKED` included.
///
/// @param newval Whether errors record a stack trace
/// @returns 0
#[unsafe(no_mangle)]
pub extern "C" fn s2n_stack_traces_enabled_set(newval: bool) -> c_int {
    trace::enable(newval);
    0
}

/// Records a stack trace for the calling thread, as an error does, if stack traces are enabled.
///
/// @returns 0
#[unsafe(no_mangle)]
pub extern "C" fn s2n_calculate_stacktrace() -> c_int {
    status_with_memory(|| {
        trace::record();
        Ok(())
    })
}

/// Prints the stack trace of the calling thread's last error; or the setting that enables stack
/// traces, if they are disabled.
///
/// @param fptr An open stream; owned by the caller
/// @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_IO` if the stream cannot be written to
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

/// Frees the calling thread's stack trace, and the strings that `s2n_get_stacktrace()` returned of
/// it.
///
/// @returns 0
#[unsafe(no_mangle)]
pub extern "C" fn s2n_free_stacktrace() -> c_int {
    status(|| {
        trace::clear();
        // At the end of a thread the strings are freed already.
        let _ = GIVEN.try_with(|given| given.take());
        Ok(())
    })
}

/// Returns the stack trace of the calling thread's last error: one line for each stack frame,
/// innermost first, with the name of the function and, where known, its source location.
///
/// @param trace Set to a list of strings and its length, NULL and 0 if there is no stack trace. The
/// strings are owned by the library, and valid in the calling thread until its next call of this
/// function or of `s2n_free_stacktrace()`.
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

/// The lines and pointers that the application holds.
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
