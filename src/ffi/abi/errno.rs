//! `s2n_errno`, and the source location where a thread's last error was raised.

use std::cell::RefCell;
use std::ffi::{CStr, c_char, c_int};
use std::fmt;
use std::io::Write;
use std::panic::Location;

use rs2n_core::error::{Code, Error};

unsafe extern "C" {
    /// The calling thread's `s2n_errno`, defined in errno.c.
    safe fn rs2n_errno_slot() -> *mut c_int;
}

/// Stores `error` in this thread's `s2n_errno`, and its source location for the debug messages.
#[cold]
pub(crate) fn record(error: Error) {
    set(error.code());
    let raised = Some((error.code(), Place::Line(error.raised_at())));
    with_last((), |last| last.raised = raised);
    if let Some(os_error) = error.os_error() {
        nix::errno::Errno::set_raw(os_error);
    }
}

/// Stores `code` as the error of the last panic, whose location was recorded by [`note_panic`].
#[cold]
pub(crate) fn record_panic(code: Code) {
    set(code);
    with_last((), |last| last.raised = Some((code, Place::Panic)));
}

/// Records the location of a panic, until [`record_panic`] is called for it.
#[cold]
pub(crate) fn note_panic(at: Option<&Location<'_>>) {
    let (file, line) = at.map_or(("", 0), |at| (at.file(), at.line()));
    with_last((), |last| {
        last.panic_file.set(format_args!("{file}"));
        last.panic_line = line;
    });
}

/// Returns the address of this thread's `s2n_errno`.
pub(crate) fn location() -> *mut c_int {
    rs2n_errno_slot()
}

/// Returns the name and the location of this thread's last error, or `otherwise` while they cannot
/// be read.
pub(crate) fn debug_text(otherwise: *const c_char) -> *const c_char {
    with_last(otherwise, |last| last.debug().as_ptr())
}

/// Returns the location of this thread's last error, or an empty string while it cannot be read.
pub(crate) fn source_text() -> *const c_char {
    with_last(c"".as_ptr(), |last| last.source().as_ptr())
}

/// Stores the number alone, for calls that succeed but report a reason.
pub(crate) fn set(code: Code) {
    // SAFETY: the slot is a thread-local of this thread, alive as long as the thread runs.
    unsafe { rs2n_errno_slot().write(code.number()) };
}

#[cfg(test)]
pub(crate) fn last() -> i32 {
    // SAFETY: the slot is a thread-local of this thread, alive as long as the thread runs.
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

/// Calls `look` with the thread's last error. Returns `nothing` if the application's allocator
/// calls the library in the middle of another such call.
fn with_last<R>(nothing: R, look: impl FnOnce(&mut Last) -> R) -> R {
    LAST.with(|last| last.try_borrow_mut().ok().map(|mut last| look(&mut last)))
        .unwrap_or(nothing)
}

/// Source location of this thread's last error; the messages are formatted on request.
///
/// It has no destructor: the system allocates memory to register one, and ends the process if there
/// is none.
struct Last {
    raised: Option<(Code, Place)>,
    debug: Text,
    source: Text,
    /// File of this thread's last panic, copied: the lifetime of a panic's location is not
    /// specified.
    panic_file: Text,
    panic_line: u32,
}

/// The source location of an error.
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

/// Returns the file and the line of a location, given those of the last panic.
fn at(place: Place, panic_file: &Text, panic_line: u32) -> (&str, u32) {
    match place {
        Place::Line(at) => (at.file(), at.line()),
        Place::Panic => (panic_file.text().to_str().unwrap_or_default(), panic_line),
    }
}

/// A NUL-terminated string of limited length.
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
