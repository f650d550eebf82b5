//! AddressSanitizer has the limits of the stack that runs, and a fake stack for it in the heap:
//! local variables whose function has returned stay there for a while, inaccessible.

use std::ffi::c_void;
use std::ops::Range;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::Relaxed};

/// A coroutine as the sanitizer identifies it.
#[derive(Clone)]
pub struct Fiber(Arc<Stacks>);

struct Stacks {
    own: Range<usize>,

    /// The fake stack while the coroutine does not run; null before it was resumed first.
    fake: AtomicPtr<c_void>,

    /// Lowest address and length of the stack that has resumed the coroutine.
    caller: AtomicPtr<c_void>,
    caller_len: AtomicUsize,
}

unsafe extern "C" {
    /// Announces a switch to another stack, and stores the fake stack, or frees it if there is no
    /// place for it.
    fn __sanitizer_start_switch_fiber(fake: *mut *mut c_void, bottom: *const c_void, len: usize);

    /// Completes the switch on the new stack, and stores the limits of the old one.
    fn __sanitizer_finish_switch_fiber(
        fake: *mut c_void,
        old_bottom: *mut *mut c_void,
        old_len: *mut usize,
    );
}

impl Fiber {
    /// The coroutine has this stack.
    pub fn new(stack: Range<usize>) -> Self {
        Self(Arc::new(Stacks {
            own: stack,
            fake: AtomicPtr::default(),
            caller: AtomicPtr::default(),
            caller_len: AtomicUsize::default(),
        }))
    }

    /// Runs `resume`, which runs the coroutine until it is suspended or ends.
    pub fn switch_to<R>(&self, resume: impl FnOnce() -> R) -> R {
        let mut fake = ptr::null_mut();
        self.start(&mut fake);
        let outcome = resume();
        // SAFETY: the fake stack is the one that this stack had before the switch.
        unsafe { __sanitizer_finish_switch_fiber(fake, ptr::null_mut(), ptr::null_mut()) };
        outcome
    }

    /// Called on the coroutine's stack when it is resumed.
    pub fn arrive(&self) {
        let stacks = &*self.0;
        let (caller, len) = (stacks.caller.as_ptr(), stacks.caller_len.as_ptr());
        // SAFETY: the fake stack is the one that this stack had when it was left, and only the
        // stack that runs uses the limits.
        unsafe { __sanitizer_finish_switch_fiber(stacks.fake.load(Relaxed), caller, len) };
    }

    /// Called on the coroutine's stack before it is suspended or ends.
    pub fn depart(&self) {
        let stacks = &*self.0;
        let (caller, len) = (stacks.caller.load(Relaxed), stacks.caller_len.load(Relaxed));
        // SAFETY: the limits are those of the stack that has resumed the coroutine, and continues.
        unsafe { __sanitizer_start_switch_fiber(stacks.fake.as_ptr(), caller, len) };
    }

    /// Called on another stack when the coroutine has ended, or was never resumed.
    ///
    /// Only a switch frees a fake stack. One at the end of the coroutine would free the local
    /// variables of the function that requests it.
    pub fn destroy(&self) {
        let mut fake = ptr::null_mut();
        self.start(&mut fake);
        self.arrive();
        let stacks = &*self.0;
        let (caller, len) = (stacks.caller.load(Relaxed), stacks.caller_len.load(Relaxed));
        // SAFETY: the limits are those of this stack, which was never left.
        unsafe { __sanitizer_start_switch_fiber(ptr::null_mut(), caller, len) };
        // SAFETY: the fake stack is that of this stack.
        unsafe { __sanitizer_finish_switch_fiber(fake, ptr::null_mut(), ptr::null_mut()) };
    }

    fn start(&self, fake: &mut *mut c_void) {
        let own = &self.0.own;
        let bottom = ptr::without_provenance(own.start);
        // SAFETY: the coroutine's stack has these limits, and `fake` is writable.
        unsafe { __sanitizer_start_switch_fiber(fake, bottom, own.len()) };
    }
}
