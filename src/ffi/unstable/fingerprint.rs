//! JA3 and JA4 fingerprints of ClientHellos.

use std::ffi::c_int;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::ffi::abi::arguments::s2n_fingerprint_type_arg;
use crate::ffi::abi::boundary::{status, status_with_memory, with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_client_hello, s2n_fingerprint};
use crate::ffi::abi::{input, output};
use rs2n_core::error::{Code, Result};
use rs2n_core::messages::{ClientHello, Fingerprint, FingerprintMethod};

/// How a fingerprint is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
#[allow(non_camel_case_types)] // Names are those of the API.
pub enum s2n_fingerprint_type {
    S2N_FINGERPRINT_JA3 = 0,
    S2N_FINGERPRINT_JA4 = 1,
}

/// What a `struct s2n_fingerprint *` points at.
pub struct FingerprintHandle {
    method: FingerprintMethod,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    hello: Option<Arc<ClientHello>>,
    /// Length of the text in bytes, once it was made.
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

/// Makes room for a fingerprint.
///
/// @param type `S2N_FINGERPRINT_JA3` or `S2N_FINGERPRINT_JA4`
/// @returns a fingerprint, to be freed with `s2n_fingerprint_free()`; or NULL with
/// `S2N_ERR_INVALID_ARGUMENT`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_fingerprint_new(r#type: s2n_fingerprint_type_arg) -> *mut s2n_fingerprint {
    with_memory(|| {
        s2n_fingerprint::give(Arc::new(FingerprintHandle {
            method: r#type.try_into()?,
            state: Mutex::default(),
        }))
    })
}

/// Frees a fingerprint.
///
/// @param fingerprint Where its address is; set to NULL. Both may be NULL.
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

/// Forgets the ClientHello, so that another one can be looked at.
///
/// @param fingerprint A fingerprint
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

/// Sets the ClientHello whose fingerprint is wanted.
///
/// @param fingerprint A fingerprint
/// @param ch A ClientHello; the fingerprint keeps a hold on it
/// @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if one of them is NULL
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

/// Gives the length of the hash.
///
/// @param fingerprint A fingerprint
/// @param size Set to a number of bytes: 32 for JA3, 36 for JA4
/// @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if one of them is NULL
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

/// Makes the fingerprint's hash: JA3 in hexadecimal digits, JA4 as "a_b_c". No NUL is put behind it.
///
/// @param fingerprint A fingerprint
/// @param max_output_size Room in bytes
/// @param output Where the hash goes
/// @param output_size Set to the number of bytes stored
/// @returns 0, or -1 with `S2N_ERR_INSUFFICIENT_MEM_SIZE`, `S2N_ERR_INVALID_ARGUMENT` for a NULL
/// pointer, `S2N_ERR_INVALID_STATE` without a ClientHello, `S2N_ERR_BAD_MESSAGE` if an extension that
/// it looks at is malformed
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

/// Gives the length of the text that is hashed, once the hash or the text was made.
///
/// @param fingerprint A fingerprint
/// @param size Set to a number of bytes
/// @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if one of them is NULL, `S2N_ERR_INVALID_STATE`
/// before it is known
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

/// Makes the text that is hashed. No NUL is put behind it.
///
/// @param fingerprint A fingerprint
/// @param max_output_size Room in bytes
/// @param output Where the text goes
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

/// Makes the JA3 hash of a ClientHello in one call.
///
/// @param ch A ClientHello
/// @param type `S2N_FINGERPRINT_JA3`
/// @param max_hash_size Room in bytes
/// @param hash Where the 16 bytes go: not hexadecimal digits
/// @param hash_size Set to the number of bytes stored
/// @param str_size Set to the length of the text that is hashed, in bytes
/// @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` for another type or a NULL pointer,
/// `S2N_ERR_INSUFFICIENT_MEM_SIZE`, `S2N_ERR_BAD_MESSAGE`
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

/// Makes the JA3 text of a ClientHello in one call. No NUL is put behind it.
///
/// @param ch A ClientHello
/// @param type `S2N_FINGERPRINT_JA3`
/// @param max_size Room in bytes
/// @param output Where the text goes
/// @param output_size Set to the number of bytes stored
/// @returns 0, or -1 as `s2n_client_hello_get_fingerprint_hash()`
///
/// # Safety
///
/// `ch` is NULL or live; `output` is NULL or writable for `max_size` bytes; `output_size` is NULL or
/// writable.
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

/// Hexadecimal digits as the bytes that they stand for.
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

/// Stores the bytes that `make` returns if they fit, and their number: 0 on failure.
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
