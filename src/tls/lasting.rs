//! Memory that stays for the life of the process. It comes from the system, and not from an application's
//! callbacks, which expect everything back.

use std::cell::Cell;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Makes a value that stays.
pub(crate) fn make<T>(value: impl FnOnce() -> T) -> T {
    let _inside = Inside::new();
    value()
}

/// Whether what this thread allocates now stays.
pub fn is_lasting() -> bool {
    DEPTH.get() > 0
}

/// Ends with the making, also by a panic.
struct Inside;

impl Inside {
    fn new() -> Self {
        DEPTH.set(DEPTH.get() + 1);
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}
