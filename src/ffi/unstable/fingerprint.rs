//! JA3 and JA4 fingerprints of ClientHello messages.

use std::ffi::c_int;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rs2n_core::error::{Code, Result};
use rs2n_core::messages::{ClientHello, Fingerprint, FingerprintMethod};

use crate::ffi::abi::arguments::s2n_fingerprint_type_arg;
use crate::ffi::abi::boundary::{status, status_with_memory, with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_client_hello, s2n_fingerprint};
use crate::ffi::abi::{input, output};

/// Fingerprint methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
#[allow(non_camel_case_types)] // Names are those of the API.
pub enum s2n_fingerprint_type {
    S2N_FINGERPRINT_JA3 = 0,
    S2N_FINGERPRINT_JA4 = 1,
}

/// The object behind a `struct s2n_fingerprint *`.
pub struct FingerprintHandle {
    method: FingerprintMethod,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    hello: Option<Arc<ClientHello>>,
    /// Length of the raw string in bytes, once the fingerprint was computed.
    raw_len: Option<usize>,
}

impl Handle for s2n_fingerprint {
    type Inner = FingerprintHandle;
}

impl FingerprintHandle {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn make(&self) -> Result<Fingerprint> {
        let mut state = self.state();
        let hello = state.hello.as_ref().ok_or(Code::InvalidState)?;
        let fingerprint = hello.fingerprint(self.method)?;
        state.raw_len = Some(fingerprint.raw.len());
        Ok(fingerprint)
    }
}

/// Creates a fingerprint object, to be used with `s2n_fingerprint_set_client_hello()`.
///
/// @param type `S2N_FINGERPRINT_JA3` or `S2N_FINGERPRINT_JA4`
/// @returns a new fingerprint object, owned by the caller, to be freed with
/// `s2n_fingerprint_free()`; or NULL with `S2N_ERR_INVALID_ARGUMENT`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_fingerprint_new(r#type: s2n_fingerprint_type_arg) -> *mut s2n_fingerprint {
    with_memory(|| {
        s2n_fingerprint::give(Arc::new(FingerprintHandle {
            method: r#type.try_into()?,
            state: Mutex::default(),
        }))
    })
}

/// Frees a fingerprint object.
///
/// @param fingerprint Address of the pointer to the object; the pointer is set to NULL. NULL, or
/// the address of a NULL pointer, has no effect.
/// @returns 0
///
/// # Safety
///
/// `fingerprint` is NULL, or holds NULL or a live fingerprint.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_fingerprint_free(fingerprint: *mut *mut s2n_fingerprint) -> c_int {
    status(|| {
        // SAFETY: `fingerprint` is null, or holds null or a live fingerprint for the whole call.
        let Some(place) = (unsafe { fingerprint.as_mut() }) else {
            return Ok(());
        };
        let taken = std::mem::replace(place, ptr::null_mut());
        if !taken.is_null() {
            // SAFETY: `taken` is a live fingerprint from `s2n_fingerprint_new()`, which is not used
            // again.
            drop(unsafe { s2n_fingerprint::take(taken) }?);
        }
        Ok(())
    })
}

/// Resets a fingerprint object, so that it can be used for another ClientHello.
///
/// @param fingerprint The fingerprint object
/// @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if it is NULL
///
/// # Safety
///
/// `fingerprint` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_fingerprint_wipe(fingerprint: *mut s2n_fingerprint) -> c_int {
    status(|| {
        // SAFETY: `fingerprint` is null or live for the whole call.
        *unsafe { borrow(fingerprint) }?.state() = State::default();
        Ok(())
    })
}

/// Sets the ClientHello whose fingerprint is computed.
///
/// @param fingerprint The fingerprint object
/// @param ch The ClientHello; the fingerprint object holds a reference to it
/// @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if a pointer is NULL
///
/// # Safety
///
/// `fingerprint` and `ch` are each NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_fingerprint_set_client_hello(
    fingerprint: *mut s2n_fingerprint,
    ch: *mut s2n_client_hello,
) -> c_int {
    status(|| {
        // SAFETY: `fingerprint` is null or live for the whole call.
        let fingerprint = unsafe { borrow(fingerprint) }?;
        // SAFETY: `ch` is null or live for the whole call.
        let hello = unsafe { share(ch) }?;
        *fingerprint.state() = State {
            hello: Some(hello),
            raw_len: None,
        };
        Ok(())
    })
}

/// Returns the length of the fingerprint hash.
///
/// @param fingerprint The fingerprint object
/// @param size Set to a number of bytes: 32 for JA3, 36 for JA4
/// @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if a pointer is NULL
///
/// # Safety
///
/// `fingerprint` is NULL or live; `size` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_fingerprint_get_hash_size(
    fingerprint: *const s2n_fingerprint,
    size: *mut u32,
) -> c_int {
    status(|| {
        // SAFETY: `fingerprint` is null or live for the whole call.
        let fingerprint = unsafe { borrow(fingerprint) }?;
        // SAFETY: `size` is null or writable for the whole call.
        unsafe { store(size, fingerprint.method.hash_len()) }
    })
}

/// Computes the fingerprint hash: for JA3 in hexadecimal digits, for JA4 in the form "a_b_c". No
/// NUL terminator is written.
///
/// @param fingerprint The fingerprint object
/// @param max_output_size Size of the buffer in bytes
/// @param output Filled with the hash
/// @param output_size Set to the number of bytes stored
/// @returns 0, or -1 with `S2N_ERR_INSUFFICIENT_MEM_SIZE`, `S2N_ERR_INVALID_ARGUMENT` if a pointer
/// is NULL, `S2N_ERR_INVALID_STATE` if no ClientHello is set, or `S2N_ERR_BAD_MESSAGE` if an
/// extension that the fingerprint covers is malformed
///
/// # Safety
///
/// `fingerprint` is NULL or live; `output` is NULL or writable for `max_output_size` bytes;
/// `output_size` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_fingerprint_get_hash(
    fingerprint: *mut s2n_fingerprint,
    max_output_size: u32,
    output: *mut u8,
    output_size: *mut u32,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `fingerprint` is null or live for the whole call.
        let fingerprint = unsafe { borrow(fingerprint) }?;
        if (max_output_size as usize) < fingerprint.method.hash_len() {
            return Err(Code::InsufficientMemSize)?;
        }
        // SAFETY: `output` is null or writable for `max_output_size` bytes; `output_size` is null
        // or writable, for the whole call.
        unsafe {
            write(max_output_size, output, output_size, || {
                Ok(fingerprint.make()?.hash.into())
            })
        }
    })
}

/// Returns the length of the raw string (the input of the hash), which is available once the hash
/// or the raw string was computed.
///
/// @param fingerprint The fingerprint object
/// @param size Set to a number of bytes
/// @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if a pointer is NULL, or
/// `S2N_ERR_INVALID_STATE` before the length is available
///
/// # Safety
///
/// `fingerprint` is NULL or live; `size` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_fingerprint_get_raw_size(
    fingerprint: *const s2n_fingerprint,
    size: *mut u32,
) -> c_int {
    status(|| {
        // SAFETY: `fingerprint` is null or live for the whole call.
        let fingerprint = unsafe { borrow(fingerprint) }?;
        if size.is_null() {
            return Err(Code::InvalidArgument)?;
        }
        let len = fingerprint.state().raw_len.ok_or(Code::InvalidState)?;
        // SAFETY: `size` is null or writable for the whole call.
        unsafe { store(size, len) }
    })
}

/// Computes the raw string of the fingerprint, which is the input of the hash. No NUL terminator is
/// written.
///
/// @param fingerprint The fingerprint object
/// @param max_output_size Size of the buffer in bytes
/// @param output Filled with the raw string
/// @param output_size Set to the number of bytes stored
/// @returns 0, or -1 as `s2n_fingerprint_get_hash()`
///
/// # Safety
///
/// `fingerprint` is NULL or live; `output` is NULL or writable for `max_output_size` bytes;
/// `output_size` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_fingerprint_get_raw(
    fingerprint: *mut s2n_fingerprint,
    max_output_size: u32,
    output: *mut u8,
    output_size: *mut u32,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `fingerprint` is null or live for the whole call.
        let fingerprint = unsafe { borrow(fingerprint) }?;
        // SAFETY: `output` is null or writable for `max_output_size` bytes; `output_size` is null
        // or writable, for the whole call.
        unsafe {
            write(max_output_size, output, output_size, || {
                Ok(fingerprint.make()?.raw.into())
            })
        }
    })
}

/// Computes the JA3 hash of a ClientHello in a single call.
///
/// @param ch The ClientHello
/// @param type `S2N_FINGERPRINT_JA3`
/// @param max_hash_size Size of the buffer in bytes
/// @param hash Filled with the hash of 16 bytes: binary, not hexadecimal digits
/// @param hash_size Set to the number of bytes stored
/// @param str_size Set to the length of the raw string (the input of the hash) in bytes
/// @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` for another type or if a pointer is NULL,
/// `S2N_ERR_INSUFFICIENT_MEM_SIZE`, or `S2N_ERR_BAD_MESSAGE`
///
/// # Safety
///
/// `ch` is NULL or live; `hash` is NULL or writable for `max_hash_size` bytes; `hash_size` and
/// `str_size` are each NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_get_fingerprint_hash(
    ch: *mut s2n_client_hello,
    r#type: s2n_fingerprint_type_arg,
    max_hash_size: u32,
    hash: *mut u8,
    hash_size: *mut u32,
    str_size: *mut u32,
) -> c_int {
    const LEN: u32 = 16;

    status_with_memory(|| {
        only_ja3(r#type)?;
        if max_hash_size < LEN {
            return Err(Code::InsufficientMemSize)?;
        }
        if str_size.is_null() {
            return Err(Code::InvalidArgument)?;
        }
        // SAFETY: `ch` is null or live for the whole call.
        let hello = unsafe { share(ch) }?;
        let mut raw_len = 0;
        let make = || {
            let fingerprint = hello.fingerprint(FingerprintMethod::Ja3)?;
            raw_len = fingerprint.raw.len();
            Ok(bytes(&fingerprint.hash))
        };
        // SAFETY: `hash` is null or writable for `max_hash_size` bytes; `hash_size` is null or
        // writable, for the whole call.
        unsafe { write(max_hash_size, hash, hash_size, make) }?;
        // SAFETY: `str_size` is null or writable for the whole call.
        unsafe { store(str_size, raw_len) }
    })
}

/// Computes the JA3 raw string of a ClientHello in a single call. No NUL terminator is written.
///
/// @param ch The ClientHello
/// @param type `S2N_FINGERPRINT_JA3`
/// @param max_size Size of the buffer in bytes
/// @param output Filled with the raw string
/// @param output_size Set to the number of bytes stored
/// @returns 0, or -1 as `s2n_client_hello_get_fingerprint_hash()`
///
/// # Safety
///
/// `ch` is NULL or live; `output` is NULL or writable for `max_size` bytes; `output_size` is NULL
/// or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_get_fingerprint_string(
    ch: *mut s2n_client_hello,
    r#type: s2n_fingerprint_type_arg,
    max_size: u32,
    output: *mut u8,
    output_size: *mut u32,
) -> c_int {
    status_with_memory(|| {
        only_ja3(r#type)?;
        // SAFETY: `ch` is null or live for the whole call.
        let hello = unsafe { share(ch) }?;
        // SAFETY: `output` is null or writable for `max_size` bytes; `output_size` is null or
        // writable, for the whole call.
        unsafe {
            write(max_size, output, output_size, || {
                Ok(hello.fingerprint(FingerprintMethod::Ja3)?.raw.into())
            })
        }
    })
}

fn only_ja3(typ: s2n_fingerprint_type_arg) -> Result<()> {
    match FingerprintMethod::try_from(typ)? {
        FingerprintMethod::Ja3 => Ok(()),
        FingerprintMethod::Ja4 => Err(Code::InvalidArgument)?,
    }
}

/// Decodes hexadecimal digits.
fn bytes(digits: &str) -> Vec<u8> {
    let values: Vec<_> = digits
        .chars()
        .filter_map(|digit| Some(digit.to_digit(16)? as u8))
        .collect();
    values
        .chunks_exact(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

/// # Safety
///
/// `fingerprint` is null or live.
unsafe fn borrow<'a>(fingerprint: *const s2n_fingerprint) -> Result<&'a FingerprintHandle> {
    // SAFETY: `fingerprint` is null or live for the whole call.
    unsafe { s2n_fingerprint::borrow(fingerprint) }.map_err(|_| Code::InvalidArgument.into())
}

/// # Safety
///
/// `ch` is null or live.
unsafe fn share(ch: *mut s2n_client_hello) -> Result<Arc<ClientHello>> {
    // SAFETY: `ch` is null or live when the call begins.
    unsafe { s2n_client_hello::share(ch) }.map_err(|_| Code::InvalidArgument.into())
}

/// # Safety
///
/// `place` is null or writable.
unsafe fn store(place: *mut u32, value: usize) -> Result<()> {
    // SAFETY: `place` is null or writable for the whole call.
    let place = unsafe { output::slot(place) }.map_err(|_| Code::InvalidArgument)?;
    place.set(value as u32);
    Ok(())
}

/// Stores the bytes that `make` returns, if the buffer is large enough, and their number; stores
/// the number 0 on failure.
///
/// # Safety
///
/// `output` is null or writable for `room` bytes; `size` is null or writable.
unsafe fn write(
    room: u32,
    output: *mut u8,
    size: *mut u32,
    make: impl FnOnce() -> Result<Vec<u8>>,
) -> Result<()> {
    if room == 0 {
        return Err(Code::InsufficientMemSize)?;
    }
    if output.is_null() {
        return Err(Code::InvalidArgument)?;
    }
    // SAFETY: `size` is null or writable for the whole call.
    unsafe { store(size, 0) }?;
    let bytes = make()?;
    // SAFETY: `output` is null or writable for `room` bytes for the whole call.
    let place = unsafe { input::required_slice_mut(output, room as usize) }?;
    output::copy_all(&bytes, place, Code::InsufficientMemSize)?;
    // SAFETY: `size` is null or writable for the whole call.
    unsafe { store(size, bytes.len()) }
}
