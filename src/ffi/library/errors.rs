//! Types, messages and names of errors: `s2n_errno_location`, `s2n_strerror*`.

use std::ffi::{CStr, c_char, c_int};

use rs2n_core::error::{Code, ErrorType};

use crate::ffi::abi::boundary::boundary_or;
use crate::ffi::abi::{errno, input};

/// Returns the address of the calling thread's `s2n_errno`.
///
/// @returns a pointer that is valid in the calling thread, until the thread ends
#[unsafe(no_mangle)]
pub extern "C" fn s2n_errno_location() -> *mut c_int {
    errno::location()
}

/// Returns the type of an error, on which a program decides how to proceed.
///
/// @param error A value of `s2n_errno`
/// @returns a value of `s2n_error_type`; every number is accepted
#[unsafe(no_mangle)]
pub extern "C" fn s2n_error_get_type(error: c_int) -> c_int {
    error >> ErrorType::SHIFT
}

/// The C type has the values of the core's.
const _: () = {
    use crate::ffi::abi::types::s2n_error_type::*;
    assert!(S2N_ERR_T_OK as i32 == ErrorType::Ok as i32);
    assert!(S2N_ERR_T_IO as i32 == ErrorType::Io as i32);
    assert!(S2N_ERR_T_CLOSED as i32 == ErrorType::Closed as i32);
    assert!(S2N_ERR_T_BLOCKED as i32 == ErrorType::Blocked as i32);
    assert!(S2N_ERR_T_ALERT as i32 == ErrorType::Alert as i32);
    assert!(S2N_ERR_T_PROTO as i32 == ErrorType::Proto as i32);
    assert!(S2N_ERR_T_INTERNAL as i32 == ErrorType::Internal as i32);
    assert!(S2N_ERR_T_USAGE as i32 == ErrorType::Usage as i32);
};

/// Returns the message of an error.
///
/// @param error A value of `s2n_errno`
/// @param lang "EN" in upper or lower case, or NULL for English; no other language is supported
/// @returns a static string; a fixed message for an unknown number or language
///
/// # Safety
///
/// `lang` is NULL or a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_strerror(error: c_int, lang: *const c_char) -> *const c_char {
    // SAFETY: `lang` is null or a NUL-terminated string for the whole call.
    unsafe { in_english(lang, || message(error).as_ptr()) }
}

/// Returns the name of the calling thread's last error, and the source location where it was
/// raised.
///
/// @param error A value of `s2n_errno`; 0 returns the message of "no error", all other values are
/// equivalent
/// @param lang "EN" in upper or lower case, or NULL for English
/// @returns the name of the error, "Error encountered in", and the file and line; valid in the
/// calling thread until its next failed call
///
/// # Safety
///
/// `lang` is NULL or a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_strerror_debug(error: c_int, lang: *const c_char) -> *const c_char {
    let text = || match error {
        0 => Code::Ok.message().as_ptr(),
        _ => errno::debug_text(name(error).as_ptr()),
    };
    // SAFETY: `lang` is null or a NUL-terminated string for the whole call.
    unsafe { in_english(lang, text) }
}

/// Returns the name of an error, such as "S2N_ERR_NULL".
///
/// @param error A value of `s2n_errno`
/// @returns a static string; "Internal s2n error" for an unknown number
#[unsafe(no_mangle)]
pub extern "C" fn s2n_strerror_name(error: c_int) -> *const c_char {
    name(error).as_ptr()
}

/// Returns the source location where the calling thread's last error was raised.
///
/// @param error A value of `s2n_errno`; 0 returns the message of "no error", all other values are
/// equivalent
/// @returns file and line, such as "io.rs:120"; valid in the calling thread until its next failed
/// call
#[unsafe(no_mangle)]
pub extern "C" fn s2n_strerror_source(error: c_int) -> *const c_char {
    boundary_or(UNKNOWN.as_ptr(), || {
        Ok(match error {
            0 => Code::Ok.message().as_ptr(),
            _ => errno::source_text(),
        })
    })
}

const UNKNOWN: &CStr = c"Internal s2n error";
const NO_SUCH_LANGUAGE: &CStr = c"Language is not supported for error translation";

fn name(error: c_int) -> &'static CStr {
    Code::from_number(error).map_or(UNKNOWN, Code::name)
}

fn message(error: c_int) -> &'static CStr {
    Code::from_number(error).map_or(UNKNOWN, Code::message)
}

/// Returns `text` for English, and a fixed message for any other language.
///
/// # Safety
///
/// `lang` is null or a NUL-terminated string.
unsafe fn in_english(lang: *const c_char, text: impl FnOnce() -> *const c_char) -> *const c_char {
    // SAFETY: `lang` is null or a NUL-terminated string for the whole call.
    let lang = unsafe { input::optional_str(lang) };
    boundary_or(UNKNOWN.as_ptr(), || match lang {
        Some(lang) if !lang.to_bytes().eq_ignore_ascii_case(b"en") => Ok(NO_SUCH_LANGUAGE.as_ptr()),
        _ => Ok(text()),
    })
}
