//! `pthread_atfork()` handlers, by which no thread holds a lock of the library during a `fork()`:
//! see [`crate::tls::process::fork`].

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::tls::process::fork::{close, open};

/// Registers the handlers, once per process. Returns false if the system is out of memory.
pub fn prepare() -> bool {
    static IS_PREPARED: AtomicBool = AtomicBool::new(false);

    if IS_PREPARED.swap(true, Relaxed) {
        return true;
    }
    // SAFETY: the handlers stay mapped, allocate nothing and do not unwind.
    let outcome = unsafe { libc::pthread_atfork(Some(before), Some(after), Some(after)) };
    IS_PREPARED.store(outcome == 0, Relaxed);
    outcome == 0
}

extern "C" fn before() {
    close();
}

extern "C" fn after() {
    open();
}
