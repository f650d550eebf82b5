//! Error types, texts and names: `s2n_errno_location`, `s2n_strerror*`.

use std::ffi::{CStr, c_char, c_int};

use crate::ffi::abi::boundary::boundary_or;
use crate::ffi::abi::{errno, input};
use rs2n_core::error::{Code, ErrorType};

/// Gives the address of the calling thread's `s2n_errno`.
///
/// @returns a pointer that is valid in this thread, as long as the thread runs
#[unsafe(no_mangle)]
pub extern "C" fn s2n_errno_location() -> *mut c_int {
    errno::location()
}

/// Gives the class of an error: what a program has to decide on.
///
/// @param error A value of `s2n_errno`
/// @returns a member of `s2n_error_type`; no number is refused
#[unsafe(no_mangle)]
pub extern "C" fn s2n_error_get_type(error: c_int) -> c_int {
    error >> ErrorType::SHIFT
}

/// Says what an error means.
///
/// @param error A value of `s2n_errno`
/// @param lang "EN" in any case, or NULL for English; there is no other language
/// @returns a static string; a fixed text for an unknown number or language
///
/// # Safety
///
/// `lang` is NULL or a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_strerror(error: c_int, lang: *const c_char) -> *const c_char {
    // SAFETY: `lang` is null or a NUL-terminated string for the whole call.
    unsafe { in_english(lang, || message(error).as_ptr()) }
}

/// Says which error this thread met last, and where in the library it was raised.
///
/// @param error A value of `s2n_errno`; only "no error" is told apart from the others
/// @param lang "EN" in any case, or NULL for English
/// @returns the error's name, then "Error encountered in" and the file and line; valid in this thread
/// until its next failed call
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

/// Gives the name of an error, such as "S2N_ERR_NULL".
///
/// @param error A value of `s2n_errno`
/// @returns a static string; "Internal s2n error" for an unknown number
#[unsafe(no_mangle)]
pub extern "C" fn s2n_strerror_name(error: c_int) -> *const c_char {
    name(error).as_ptr()
}

/// Says where in the library this thread's last error was raised.
///
/// @param error A value of `s2n_errno`; only "no error" is told apart from the others
/// @returns file and line, such as "io.rs:120"; valid in this thread until its next failed call
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

/// Answers with `text`, unless another language is asked for.
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
