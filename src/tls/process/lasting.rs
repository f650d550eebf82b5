//! Memory that stays for the life of the process. It comes from the system, and not from an application's
//! callbacks, which expect everything back.

use std::sync::atomic::{AtomicU32, Ordering::*, compiler_fence};

thread_local! {
    /// An atomic, because the compiler takes it for granted that an allocator reads no memory of ours,
    /// and would leave out what is stored for it alone.
    static DEPTH: AtomicU32 = const { AtomicU32::new(0) };
}

/// Makes a value that stays.
pub(crate) fn make<T>(value: impl FnOnce() -> T) -> T {
    let _inside = Inside::new();
    value()
}

/// Whether what this thread allocates now stays.
pub fn is_lasting() -> bool {
    DEPTH.with(|depth| depth.load(Relaxed)) > 0
}

/// Ends with the making, also by a panic.
struct Inside;

impl Inside {
    fn new() -> Self {
        DEPTH.with(|depth| depth.fetch_add(1, Relaxed));
        compiler_fence(SeqCst);
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        compiler_fence(SeqCst);
        DEPTH.with(|depth| depth.fetch_sub(1, Relaxed));
    }
}
