//! Without a sanitizer.

use std::ops::Range;

/// A coroutine as the sanitizer identifies it.
#[derive(Clone)]
pub struct Fiber;

impl Fiber {
    /// The coroutine has this stack.
    pub fn new(_stack: Range<usize>) -> Self {
        Self
    }

    /// Runs `resume`, which runs the coroutine until it is suspended or ends.
    #[inline(always)]
    pub fn switch_to<R>(&self, resume: impl FnOnce() -> R) -> R {
        resume()
    }

    /// Called on the coroutine's stack when it is resumed.
    #[inline(always)]
    pub fn arrive(&self) {}

    /// Called on the coroutine's stack before it is suspended or ends.
    #[inline(always)]
    pub fn depart(&self) {}

    /// Called on another stack when the coroutine has ended, or was never resumed.
    #[inline(always)]
    pub fn destroy(&self) {}
}
