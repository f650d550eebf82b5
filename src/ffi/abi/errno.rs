//! `s2n_errno` and the texts of errors.

use std::cell::RefCell;
use std::ffi::{CStr, c_char, c_int};
use std::fmt;
use std::io::Write;
use std::panic::Location;

use crate::ffi::abi::boundary::boundary_or;
use crate::ffi::abi::input;
use crate::tls::error::{Code, Error, ErrorType};

unsafe extern "C" {
    /// The calling thread's `s2n_errno`, defined in errno.c.
    safe fn rs2n_errno_slot() -> *mut c_int;
}

/// Stores `error` in this thread's `s2n_errno`, and its place in the debug texts.
#[cold]
pub(crate) fn record(error: Error) {
    set(error.code());
    let raised = Some((error.code(), Place::Line(error.raised_at())));
    with_last((), |last| last.raised = raised);
    if let Some(os_error) = error.os_error() {
        nix::errno::Errno::set_raw(os_error);
    }
}

/// Stores `code` as the error of the panic whose place was noted last.
#[cold]
pub(crate) fn record_panic(code: Code) {
    set(code);
    with_last((), |last| last.raised = Some((code, Place::Panic)));
}

/// Keeps the place of a panic, until [`record_panic`] is called for it.
#[cold]
pub(crate) fn note_panic(at: Option<&Location<'_>>) {
    let (file, line) = at.map_or(("", 0), |at| (at.file(), at.line()));
    with_last((), |last| {
        last.panic_file.set(format_args!("{file}"));
        last.panic_line = line;
    });
}

/// Stores the number alone: for calls that succeed and yet say something.
pub(crate) fn set(code: Code) {
    // SAFETY: the slot is a thread-local of this thread, alive as long as the thread runs.
    unsafe { rs2n_errno_slot().write(code.number()) };
}

#[cfg(test)]
pub(crate) fn last() -> i32 {
    // SAFETY: as in `set`.
    unsafe { rs2n_errno_slot().read() }
}

#[cfg(test)]
pub(crate) fn last_text() -> String {
    with_last(String::new(), |last| {
        last.debug().to_string_lossy().into_owned()
    })
}

thread_local! {
    static LAST: RefCell<Last> = const { RefCell::new(Last::NONE) };
}

/// Looks at the thread's last error. An allocator of the application's may call in the middle of another
/// look: then there is nothing to see, and no harm done.
fn with_last<R>(nothing: R, look: impl FnOnce(&mut Last) -> R) -> R {
    LAST.with(|last| last.try_borrow_mut().ok().map(|mut last| look(&mut last)))
        .unwrap_or(nothing)
}

/// Where this thread's last error was raised; the texts are made when they are asked for.
///
/// It has no destructor: the system needs memory to register one, and ends the process if there is none.
struct Last {
    raised: Option<(Code, Place)>,
    debug: Text,
    source: Text,
    /// Where this thread's last panic was, copied: how long the place of a panic lives is not known.
    panic_file: Text,
    panic_line: u32,
}

/// Where an error was raised.
#[derive(Clone, Copy)]
enum Place {
    Line(&'static Location<'static>),
    Panic,
}

impl Last {
    const NONE: Self = Self {
        raised: None,
        debug: Text::EMPTY,
        source: Text::EMPTY,
        panic_file: Text::EMPTY,
        panic_line: 0,
    };

    fn debug(&mut self) -> &CStr {
        let Some((code, place)) = self.raised else {
            return c"";
        };
        let name = code.name().to_str().unwrap_or_default();
        let (file, line) = at(place, &self.panic_file, self.panic_line);
        self.debug
            .set(format_args!("{name}: Error encountered in {file}:{line}"))
    }

    fn source(&mut self) -> &CStr {
        let Some((_, place)) = self.raised else {
            return c"";
        };
        let (file, line) = at(place, &self.panic_file, self.panic_line);
        let file = file.rsplit('/').next().unwrap_or_default();
        self.source.set(format_args!("{file}:{line}"))
    }
}

/// The file and the line of a place, given those of the last panic.
fn at(place: Place, panic_file: &Text, panic_line: u32) -> (&str, u32) {
    match place {
        Place::Line(at) => (at.file(), at.line()),
        Place::Panic => (panic_file.text().to_str().unwrap_or_default(), panic_line),
    }
}

/// A text with a NUL behind it.
struct Text([u8; Self::LEN]);

impl Text {
    const LEN: usize = 256;
    const EMPTY: Self = Self([0; Self::LEN]);

    /// Writes as much of a text as there is room for.
    fn set(&mut self, text: fmt::Arguments<'_>) -> &CStr {
        self.0.fill(0);
        let mut room = &mut self.0[..Self::LEN - 1];
        let _ = room.write_fmt(text);
        self.text()
    }

    fn text(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.0).unwrap_or_default()
    }
}

/// Gives the address of the calling thread's `s2n_errno`.
///
/// @returns a pointer that is valid in this thread, as long as the thread runs
#[unsafe(no_mangle)]
pub extern "C" fn s2n_errno_location() -> *mut c_int {
    rs2n_errno_slot()
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
    // SAFETY: the C caller's promise about `lang`.
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
        _ => with_last(name(error).as_ptr(), |last| last.debug().as_ptr()),
    };
    // SAFETY: the C caller's promise about `lang`.
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
            _ => with_last(c"".as_ptr(), |last| last.source().as_ptr()),
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
    // SAFETY: the caller's promise about `lang`.
    let lang = unsafe { input::optional_str(lang) };
    boundary_or(UNKNOWN.as_ptr(), || match lang {
        Some(lang) if !lang.to_bytes().eq_ignore_ascii_case(b"en") => Ok(NO_SUCH_LANGUAGE.as_ptr()),
        _ => Ok(text()),
    })
}
