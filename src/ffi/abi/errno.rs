//! `s2n_errno`, the source location where a thread's last error was raised, and its particulars.

use std::cell::RefCell;
use std::ffi::{CStr, c_char, c_int};
use std::fmt;
use std::io::Write;
use std::panic::Location;

use rs2n_core::error::{Code, Error, Reason};

unsafe extern "C" {
    /// The calling thread's `s2n_errno`, defined in errno.c.
    safe fn rs2n_errno_slot() -> *mut c_int;
}

/// Stores `error` in this thread's `s2n_errno`, and its source location for the debug messages.
#[cold]
pub(crate) fn record(error: Error) {
    set(error.code());
    let raised = (error.code(), Place::Line(error.raised_at()));
    with_last((), |last| last.record(raised, error.reason()));
    if let Some(os_error) = error.os_error() {
        nix::errno::Errno::set_raw(os_error);
    }
}

/// Stores `code` as the error of the last panic, whose location was recorded by [`note_panic`].
#[cold]
pub(crate) fn record_panic(code: Code) {
    set(code);
    with_last((), |last| {
        last.record((code, Place::Panic), Reason::Unknown)
    });
}

/// Stores a sentence about `error`, which the calling function is about to return. It replaces the
/// reason of the error in [`detail`], and is shortened to [`DETAIL`] bytes.
#[cold]
pub(crate) fn explained(error: Error, sentence: impl fmt::Display) -> Error {
    with_last((), |last| {
        last.sentence.set(format_args!("{sentence}"));
        last.explains = Some((error.code(), Place::Line(error.raised_at())));
    });
    error
}

/// Passes the particulars of this thread's last error to `look`, or nothing while they cannot be
/// read.
pub(crate) fn detail<R>(look: impl FnOnce(&str) -> R) -> R {
    let mut text = Text::<DETAIL>::EMPTY;
    with_last((), |last| last.write_detail(&mut text));
    look(text.text().to_str().unwrap_or_default())
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
    reason: Reason,
    /// The sentence of [`explained`], and the error that it is about.
    sentence: Text<DETAIL>,
    explains: Option<(Code, Place)>,
    debug: Text<DEBUG>,
    source: Text,
    /// File of this thread's last panic, copied: the lifetime of a panic's location is not
    /// specified.
    panic_file: Text,
    panic_line: u32,
}

/// The maximum length of the particulars in bytes, with the NUL.
const DETAIL: usize = 512;

/// The maximum length of the name, the location and the particulars in bytes, with the NUL.
const DEBUG: usize = DETAIL + 256;

/// The source location of an error.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Line(&'static Location<'static>),
    Panic,
}

impl Last {
    const NONE: Self = Self {
        raised: None,
        reason: Reason::Unknown,
        sentence: Text::EMPTY,
        explains: None,
        debug: Text::EMPTY,
        source: Text::EMPTY,
        panic_file: Text::EMPTY,
        panic_line: 0,
    };

    fn record(&mut self, raised: (Code, Place), reason: Reason) {
        self.raised = Some(raised);
        self.reason = reason;
        if self.explains.is_some_and(|error| error != raised) {
            self.explains = None;
        }
    }

    fn write_detail(&self, text: &mut Text<DETAIL>) {
        match self.explains {
            Some(_) if self.explains == self.raised => text.0 = self.sentence.0,
            _ => _ = text.set(format_args!("{}", self.reason)),
        }
    }

    fn debug(&mut self) -> &CStr {
        let Some((code, place)) = self.raised else {
            return c"";
        };
        let name = code.name().to_str().unwrap_or_default();
        let (file, line) = at(place, &self.panic_file, self.panic_line);
        let text = format_args!("{name}: Error encountered in {file}:{line}");
        // Programs that were written for s2n-tls have no other means to show the particulars. Errors
        // of s2n-tls have the text that it has.
        match self.explains {
            Some(_) if self.explains == self.raised && name.starts_with("RS2N_") => {
                let sentence = self.sentence.text().to_str().unwrap_or_default();
                self.debug.set(format_args!("{text}: {sentence}"))
            }
            _ => self.debug.set(text),
        }
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
struct Text<const LEN: usize = 256>([u8; LEN]);

impl<const LEN: usize> Text<LEN> {
    const EMPTY: Self = Self([0; LEN]);

    /// Writes as much of a text as there is room for.
    fn set(&mut self, text: fmt::Arguments<'_>) -> &CStr {
        self.0.fill(0);
        let mut room = &mut self.0[..LEN - 1];
        let _ = room.write_fmt(text);
        self.text()
    }

    fn text(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn current_detail() -> String {
        detail(str::to_owned)
    }

    #[test]
    fn a_sentence_belongs_to_the_error_that_is_returned() {
        let error: Error = Code::PolicyText.into();
        record(explained(error, "a sentence"));
        assert_eq!(current_detail(), "a sentence");
        assert!(last_text().ends_with(": a sentence"));
        // Not returned to the application: the last error is still the first one.
        let other: Error = Code::PolicyText.into();
        let _ = explained(other, "another sentence");
        assert_ne!(current_detail(), "another sentence");
        assert!(!last_text().ends_with("sentence"));
        // The text of errors of s2n-tls is that of s2n-tls.
        record(explained(Code::Safety.into(), "a sentence"));
        assert_eq!(current_detail(), "a sentence");
        assert!(!last_text().ends_with("sentence"));
    }

    #[test]
    fn a_long_sentence_is_shortened() {
        record(explained(Code::PolicyText.into(), "x".repeat(DEBUG)));
        assert_eq!(current_detail(), "x".repeat(DETAIL - 1));
        assert!(last_text().ends_with(&"x".repeat(DETAIL - 1)));
    }
}
