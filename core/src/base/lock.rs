//! Locking of a connection's directions, and of values that are locked only briefly.

use std::sync::TryLockError;

use crate::error::{Code, Result};
use crate::process::fork::Lock;
use crate::process::sync::{Mutex, MutexGuard};

/// Locks one direction of a connection. Fails with `Reentrancy` if another call holds it.
pub(crate) fn lock_direction<T>(half: &Mutex<T>) -> Result<MutexGuard<'_, T>> {
    Ok(half.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => Code::Reentrancy,
        // The library panicked in this direction because of a bug; the state is inconsistent.
        TryLockError::Poisoned(_) => Code::Safety,
    })?)
}

/// Locks a value that is locked only briefly, and not while a callback runs.
pub(crate) fn lock<L: Lock>(data: &L) -> L::Guard<'_> {
    data.acquire()
}
