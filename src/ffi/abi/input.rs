//! Pointer arguments from C, converted to slices and strings.

#[cfg(test)]
mod tests;

use std::ffi::{CStr, c_char, c_int};
use std::slice;

use rs2n_core::base::memory;
use rs2n_core::error::{Code, Result};

/// Converts a pointer and a length. An empty buffer may have any pointer, null included.
///
/// # Safety
///
/// If `ptr` is not null, `len` bytes can be read there for `'a`.
pub(crate) unsafe fn bytes<'a>(ptr: *const u8, len: usize) -> Result<&'a [u8]> {
    // SAFETY: `len` bytes can be read at `ptr`, unless it is null.
    unsafe { slice(ptr, len) }
}

/// [`bytes`] of another type, whose every pattern of bits is a value.
///
/// # Safety
///
/// If `ptr` is not null, it is aligned, and `len` values can be read there for `'a`.
pub(crate) unsafe fn slice<'a, T>(ptr: *const T, len: usize) -> Result<&'a [T]> {
    if len == 0 {
        return Ok(&[]);
    }
    check(ptr.cast(), len.saturating_mul(size_of::<T>()))?;
    // SAFETY: `ptr` is not null, and readable for `len` values during `'a`.
    Ok(unsafe { slice::from_raw_parts(ptr, len) })
}

/// [`bytes`], writable.
///
/// # Safety
///
/// If `ptr` is not null, `len` bytes can be read and written there for `'a`, and nothing else uses
/// them.
pub(crate) unsafe fn bytes_mut<'a>(ptr: *mut u8, len: usize) -> Result<&'a mut [u8]> {
    if len == 0 {
        return Ok(&mut []);
    }
    check(ptr, len)?;
    // SAFETY: `ptr` is not null; its `len` bytes are writable during `'a`, and nothing else uses
    // them.
    Ok(unsafe { slice::from_raw_parts_mut(ptr, len) })
}

/// Converts a pointer that must not be null and a length to a writable slice.
///
/// # Safety
///
/// `ptr` is null, or `len` values can be read and written there for `'a`, and nothing else uses
/// them.
pub(crate) unsafe fn required_slice_mut<'a, T>(ptr: *mut T, len: usize) -> Result<&'a mut [T]> {
    check(ptr.cast(), len.saturating_mul(size_of::<T>()))?;
    // SAFETY: `ptr` is not null; its `len` values are writable during `'a`, and nothing else uses
    // them.
    Ok(unsafe { slice::from_raw_parts_mut(ptr, len) })
}

/// Rejects null, and slices longer than `isize::MAX` bytes.
fn check(ptr: *const u8, len: usize) -> Result<()> {
    if ptr.is_null() {
        return Err(Code::Null)?;
    }
    if isize::try_from(len).is_err() {
        return Err(Code::InvalidArgument)?;
    }
    Ok(())
}

/// Converts a string that must not be null.
///
/// # Safety
///
/// `ptr` is null, or a NUL-terminated string that lives for `'a`.
pub(crate) unsafe fn str<'a>(ptr: *const c_char) -> Result<&'a CStr> {
    // SAFETY: `ptr` is null, or a NUL-terminated string that lives for `'a`.
    let text = unsafe { optional_str(ptr) };
    Ok(text.ok_or(Code::Null)?)
}

/// Converts a string that may be null.
///
/// # Safety
///
/// `ptr` is null, or a NUL-terminated string that lives for `'a`.
pub(crate) unsafe fn optional_str<'a>(ptr: *const c_char) -> Option<&'a CStr> {
    if ptr.is_null() {
        return None;
    }
    // SAFETY: `ptr` is not null, and a NUL-terminated string that lives for `'a`.
    Some(unsafe { CStr::from_ptr(ptr) })
}

/// Converts a pointer that must not be null and a length.
///
/// # Safety
///
/// As for [`bytes`].
pub(crate) unsafe fn required_bytes<'a>(ptr: *const u8, len: usize) -> Result<&'a [u8]> {
    if ptr.is_null() {
        return Err(Code::Null)?;
    }
    // SAFETY: `ptr` is null, or readable for `len` bytes during `'a`.
    unsafe { bytes(ptr, len) }
}

/// Converts a pointer and a length; a null pointer is an empty buffer, whatever its length.
///
/// # Safety
///
/// As for [`bytes`].
pub(crate) unsafe fn optional_bytes<'a>(ptr: *const u8, len: usize) -> Result<&'a [u8]> {
    if ptr.is_null() {
        return Ok(&[]);
    }
    // SAFETY: `ptr` is null, or readable for `len` bytes during `'a`.
    unsafe { bytes(ptr, len) }
}

/// Converts a list of strings; a null list, or a count below one, is an empty list.
///
/// # Safety
///
/// `list` is null, or holds `count` pointers, each null or a NUL-terminated string that lives for
/// `'a`.
pub(crate) unsafe fn strings<'a>(
    list: *const *const c_char,
    count: c_int,
) -> Result<Vec<&'a CStr>> {
    let count = usize::try_from(count).unwrap_or(0);
    if list.is_null() || count == 0 {
        return Ok(Vec::new());
    }
    // SAFETY: `list` is not null, and holds `count` pointers during `'a`.
    let list = unsafe { slice::from_raw_parts(list, count) };
    let mut strings = Vec::new();
    memory::reserve_exact(&mut strings, count)?;
    for &text in list {
        // SAFETY: `text` is null, or a NUL-terminated string that lives for `'a`.
        strings.push(unsafe { str(text) }?);
    }
    Ok(strings)
}
