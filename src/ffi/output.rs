//! What C takes out: results are written through pointers here.

use crate::tls::error::{Code, Result};

/// Where one value goes.
///
/// # Safety
///
/// `ptr` is null, or can be written to for `'a`, by nobody else.
pub(super) unsafe fn slot<'a, T>(ptr: *mut T) -> Result<Slot<'a, T>> {
    // SAFETY: the caller's promise; `MaybeUninit` because C may leave the place uninitialized.
    let place = unsafe { ptr.cast::<std::mem::MaybeUninit<T>>().as_mut() };
    Ok(Slot(place.ok_or(Code::Null)?))
}

/// A checked place for one value.
pub(super) struct Slot<'a, T>(&'a mut std::mem::MaybeUninit<T>);

impl<T> Slot<'_, T> {
    pub(super) fn set(self, value: T) {
        self.0.write(value);
    }
}
