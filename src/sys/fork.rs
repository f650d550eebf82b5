//! `pthread_atfork()` handlers, by which no thread holds a lock of the library during a `fork()`:
//! see [`rs2n_core::process::fork`].

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use rs2n_core::process::fork::{block_critical_sections, unblock_critical_sections};

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
    block_critical_sections();
}

extern "C" fn after() {
    unblock_critical_sections();
}
