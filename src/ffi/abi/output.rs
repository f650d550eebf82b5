//! Results for C, written through pointers.

#[cfg(test)]
mod tests;

use rs2n_core::base::Blocked;
use rs2n_core::error::{Code, Result};

use crate::ffi::abi::input;
use crate::ffi::abi::types::s2n_blocked_status;

/// Returns the destination of one value.
///
/// # Safety
///
/// `ptr` is null, or is writable for `'a`, and nothing else uses it meanwhile.
pub(crate) unsafe fn slot<'a, T>(ptr: *mut T) -> Result<Slot<'a, T>> {
    // SAFETY: `ptr` is null or writable for `'a`, and nothing else uses it meanwhile; `MaybeUninit`
    // because C may leave the place uninitialized.
    let place = unsafe { ptr.cast::<std::mem::MaybeUninit<T>>().as_mut() };
    Ok(Slot(place.ok_or(Code::Null)?))
}

/// A validated destination of one value.
pub(crate) struct Slot<'a, T>(&'a mut std::mem::MaybeUninit<T>);

/// Returns a reference to a value that a call reads and modifies.
///
/// # Safety
///
/// `ptr` is null, or points to a value and is writable for `'a`, and nothing else uses it
/// meanwhile.
pub(crate) unsafe fn inout<'a, T>(ptr: *mut T) -> Result<&'a mut T> {
    // SAFETY: `ptr` is null, or points to a value and is writable for `'a`, and nothing else uses
    // it meanwhile.
    let place = unsafe { ptr.as_mut() };
    Ok(place.ok_or(Code::Null)?)
}

impl<T> Slot<'_, T> {
    pub(crate) fn set(self, value: T) {
        self.0.write(value);
    }
}

/// Stores the numbers that `make` returns, and their count: 0 on failure.
///
/// # Safety
///
/// `numbers` is null or writable for `room` numbers, `count` is null or writable, and nothing else
/// uses either of them meanwhile.
pub(crate) unsafe fn numbers(
    numbers: *mut u16,
    room: u16,
    count: *mut u16,
    make: impl FnOnce() -> Result<Vec<u16>>,
) -> Result<()> {
    // SAFETY: `count` is null or writable for the whole call.
    unsafe { slot(count) }?.set(0);
    // SAFETY: `numbers` is null or writable for `room` numbers for the whole call.
    let room = unsafe { input::required_slice_mut(numbers, room.into()) }?;
    let stored = copy_all(&make()?, room, Code::InsufficientMemSize)?;
    // SAFETY: `count` is writable for the whole call.
    unsafe { slot(count) }?.set(stored as u16);
    Ok(())
}

/// Makes a call that may block, and stores the blocked status, also on failure.
///
/// # Safety
///
/// `ptr` is null, or can be written to.
pub(crate) unsafe fn blocked<R>(
    ptr: *mut s2n_blocked_status,
    call: impl FnOnce(&mut Blocked) -> Result<R>,
) -> Result<R> {
    if ptr.is_null() {
        return Err(Code::Null)?;
    }
    let mut blocked = Blocked::Not;
    let outcome = call(&mut blocked);
    if blocked == Blocked::Not
        && let Err(error) = &outcome
        && error.code() == Code::Reentrancy
    {
        // The call that is in progress stores the status.
        return outcome;
    }
    // SAFETY: `ptr` is not null, and writable. Written only now: no
    // reference to it exists while a callback of the application runs.
    unsafe { ptr.write(blocked.into()) };
    outcome
}

/// Copies as many bytes as fit into `out`, and returns their number.
pub(crate) fn copy_front(bytes: &[u8], out: &mut [u8]) -> usize {
    let len = bytes.len().min(out.len());
    out[..len].copy_from_slice(&bytes[..len]);
    len
}

/// Copies all items and returns their number, or fails with `too_little` if `out` is too small.
pub(crate) fn copy_all<T: Copy>(items: &[T], out: &mut [T], too_little: Code) -> Result<usize> {
    let room = out.get_mut(..items.len()).ok_or(too_little)?;
    room.copy_from_slice(items);
    Ok(items.len())
}
