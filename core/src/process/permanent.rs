//! Permanent allocations: memory that is never freed. It comes from the system allocator, and not
//! from the memory callbacks of an application, which expect that every allocation is freed.

use std::sync::atomic::{AtomicU32, Ordering::*, compiler_fence};

thread_local! {
    /// An atomic, because the compiler assumes that an allocator reads no memory of this program,
    /// and would otherwise remove the stores that only the allocator reads.
    static DEPTH: AtomicU32 = const { AtomicU32::new(0) };
}

/// Runs `value`, all of whose allocations are permanent.
pub fn allocate<T>(value: impl FnOnce() -> T) -> T {
    let _scope = Scope::new();
    value()
}

/// Returns whether the allocations of this thread are currently permanent.
pub fn is_permanent() -> bool {
    DEPTH.with(|depth| depth.load(Relaxed)) > 0
}

/// The scope of permanent allocations, which a panic ends as well.
struct Scope;

impl Scope {
    fn new() -> Self {
        DEPTH.with(|depth| depth.fetch_add(1, Relaxed));
        compiler_fence(SeqCst);
        Self
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        compiler_fence(SeqCst);
        DEPTH.with(|depth| depth.fetch_sub(1, Relaxed));
    }
}
