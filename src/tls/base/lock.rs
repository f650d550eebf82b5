//! Locks: of a connection's directions, and of values that are only held for a moment.

use std::sync::{Mutex, MutexGuard, TryLockError};

use crate::tls::error::{Code, Result};
use crate::tls::process::fork::Lock;

/// Locks one direction of a connection. Fails with `Reentrancy` if another call holds it.
pub(crate) fn enter<T>(half: &Mutex<T>) -> Result<MutexGuard<'_, T>> {
    Ok(half.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => Code::Reentrancy,
        // A bug of the library panicked in this direction; its state is inconsistent.
        TryLockError::Poisoned(_) => Code::Safety,
    })?)
}

/// Locks what is only ever held for a moment, with no callback under it.
pub(crate) fn lock<L: Lock>(data: &L) -> L::Guard<'_> {
    data.hold()
}
