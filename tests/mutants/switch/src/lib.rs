//! Selects the mutant that a test runs with.
//!
//! It allocates no memory, because the library's own allocation functions have mutants too.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// The greatest number of a mutant, plus one.
const LIMIT: usize = 1 << 15;
const UNREAD: i64 = -2;
const NONE: i64 = -1;

/// The number in `RS2N_MUTANT`: the mutant that is active.
static ACTIVE: AtomicI64 = AtomicI64::new(UNREAD);

/// The descriptor of the file named by `RS2N_REACHED`: the numbers of the mutants whose code has run.
static REACHED: AtomicI64 = AtomicI64::new(UNREAD);
static RECORDED: [AtomicBool; LIMIT] = [const { AtomicBool::new(false) }; LIMIT];

unsafe extern "C" {
    fn getenv(name: *const c_char) -> *const c_char;
    fn open(path: *const c_char, flags: c_int, ...) -> c_int;
    fn write(descriptor: c_int, bytes: *const c_void, size: usize) -> isize;
}

/// Returns whether mutant `number` is active.
pub fn on(number: usize) -> bool {
    let reached = match REACHED.load(Ordering::Relaxed) {
        UNREAD => read_environment(),
        descriptor => descriptor,
    };
    if reached != NONE && !RECORDED[number].swap(true, Ordering::Relaxed) {
        record(reached as c_int, number);
    }
    ACTIVE.load(Ordering::Relaxed) == number as i64
}

#[cold]
fn read_environment() -> i64 {
    let active = variable(c"RS2N_MUTANT").and_then(|text| text.to_str().ok()?.parse().ok());
    ACTIVE.store(active.unwrap_or(NONE), Ordering::Relaxed);
    let reached = match variable(c"RS2N_REACHED") {
        // SAFETY: the path ends with a NUL byte. O_WRONLY | O_APPEND | O_CLOEXEC of Linux.
        Some(path) => i64::from(unsafe { open(path.as_ptr(), 0o2002001) }),
        None => NONE,
    };
    REACHED.store(reached, Ordering::Relaxed);
    reached
}

fn variable(name: &CStr) -> Option<&'static CStr> {
    // SAFETY: the name ends with a NUL byte; the tests do not change these variables.
    let value = unsafe { getenv(name.as_ptr()) };
    // SAFETY: a value of the environment ends with a NUL byte.
    (!value.is_null()).then(|| unsafe { CStr::from_ptr(value) })
}

/// Writes a number and a line feed, in one call: other threads and processes append to the same file.
fn record(descriptor: c_int, mut number: usize) {
    let mut line = [b'\n'; 6];
    let mut start = line.len() - 1;
    loop {
        start -= 1;
        line[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    let line = &line[start..];
    // SAFETY: the bytes are those of `line`.
    unsafe { write(descriptor, line.as_ptr().cast(), line.len()) };
}
