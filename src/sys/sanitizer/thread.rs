//! ThreadSanitizer has a clock and a call stack for each coroutine, like those of a thread.

use std::ffi::{c_uint, c_void};
use std::ops::Range;

/// A coroutine as the sanitizer identifies it.
#[derive(Clone)]
pub struct Fiber(*mut c_void);

// SAFETY: the pointer is only passed to the sanitizer, whose fibers are bound to no thread.
unsafe impl Send for Fiber {}

// SAFETY: the same.
unsafe impl Sync for Fiber {}

/// A switch is program order: what precedes it happens before what follows it on the other stack.
const SYNCHRONIZES: c_uint = 0;

unsafe extern "C" {
    safe fn __tsan_get_current_fiber() -> *mut c_void;
    safe fn __tsan_create_fiber(flags: c_uint) -> *mut c_void;
    fn __tsan_destroy_fiber(fiber: *mut c_void);
    fn __tsan_switch_to_fiber(fiber: *mut c_void, flags: c_uint);
}

impl Fiber {
    /// The coroutine has this stack.
    pub fn new(_stack: Range<usize>) -> Self {
        Self(__tsan_create_fiber(0))
    }

    /// Runs `resume`, which runs the coroutine until it is suspended or ends.
    ///
    /// The entry of `resume` is recorded in the coroutine's call stack, and so is its end: the
    /// depth is right.
    #[inline(never)]
    pub fn switch_to<R>(&self, resume: impl FnOnce() -> R) -> R {
        let caller = __tsan_get_current_fiber();
        // SAFETY: the fiber lives until `destroy`, and runs in no other thread.
        unsafe { __tsan_switch_to_fiber(self.0, SYNCHRONIZES) };
        let outcome = resume();
        // SAFETY: the caller's fiber ran in this thread until this call, which it waits for.
        unsafe { __tsan_switch_to_fiber(caller, SYNCHRONIZES) };
        outcome
    }

    /// Called on the coroutine's stack when it is resumed.
    pub fn arrive(&self) {}

    /// Called on the coroutine's stack before it is suspended or ends.
    pub fn depart(&self) {}

    /// Called on another stack when the coroutine has ended, or was never resumed.
    pub fn destroy(&self) {
        // SAFETY: the fiber is not running, and is not used again.
        unsafe { __tsan_destroy_fiber(self.0) };
    }
}
