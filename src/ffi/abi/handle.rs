//! Handles: opaque C pointers and the Rust values behind them.

use std::sync::Arc;

use rs2n_core::error::{Code, Result};

use crate::ffi::abi::boundary::check_memory;

/// A C-visible opaque type, tied to the Rust type that its pointers point to.
///
/// The value is reference-counted, so that a callback may free a handle that a call further up the
/// stack still uses: the call holds its own reference.
pub(crate) trait Handle: Sized {
    type Inner: Send + Sync;

    /// Transfers `inner` to C, which must return it through [`Handle::take`]. While memory is
    /// short, `inner` is dropped: objects with a long lifetime do not use the allocator's reserve.
    fn give(inner: Arc<Self::Inner>) -> Result<*mut Self> {
        check_memory()?;
        Ok(Arc::into_raw(inner).cast_mut().cast())
    }

    /// Borrows a handle for the duration of one call that runs no application code.
    ///
    /// # Safety
    ///
    /// `ptr` is null, or came from [`Handle::give`] and is not taken back during `'a`.
    unsafe fn borrow<'a>(ptr: *const Self) -> Result<&'a Self::Inner> {
        // SAFETY: `ptr` is null, for which `as_ref` is `None`, or a pointer from `give` that is
        // live during `'a`.
        let inner = unsafe { ptr.cast::<Self::Inner>().as_ref() };
        Ok(inner.ok_or(Code::Null)?)
    }

    /// Takes a reference to a handle, for calls that may run application code.
    ///
    /// # Safety
    ///
    /// `ptr` is null, or came from [`Handle::give`] and was not taken back.
    unsafe fn share(ptr: *const Self) -> Result<Arc<Self::Inner>> {
        let inner = ptr.cast::<Self::Inner>();
        if inner.is_null() {
            return Err(Code::Null)?;
        }
        // SAFETY: `inner` came from `give`, so from `Arc::into_raw`, and was not taken back.
        unsafe { Arc::increment_strong_count(inner) };
        // SAFETY: `inner` came from `Arc::into_raw`, and this share is the one just counted.
        Ok(unsafe { Arc::from_raw(inner) })
    }

    /// Takes a handle back from C.
    ///
    /// # Safety
    ///
    /// `ptr` is null, or came from [`Handle::give`] and was not taken back before.
    unsafe fn take(ptr: *mut Self) -> Result<Arc<Self::Inner>> {
        let inner = ptr.cast::<Self::Inner>().cast_const();
        if inner.is_null() {
            return Err(Code::Null)?;
        }
        // SAFETY: `inner` came from `give`, so from `Arc::into_raw`, and was not taken back before.
        Ok(unsafe { Arc::from_raw(inner) })
    }
}
