//! External pre-shared keys (PSK; RFC 8446, 4.2.11).

use std::ffi::c_int;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rs2n_core::config::Psk;
use rs2n_core::error::Result;

use crate::ffi::abi::arguments::s2n_psk_hmac_arg;
use crate::ffi::abi::boundary::{status, status_with_memory, with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::input;
use crate::ffi::abi::types::s2n_psk;

impl Handle for s2n_psk {
    type Inner = Mutex<Psk>;
}

impl s2n_psk {
    /// Locks a key for the duration of one call.
    ///
    /// # Safety
    ///
    /// `psk` is null or live during `'a`.
    pub(crate) unsafe fn lock<'a>(psk: *const Self) -> Result<MutexGuard<'a, Psk>> {
        // SAFETY: `psk` is null or live during `'a`.
        let psk = unsafe { Self::borrow(psk) }?;
        Ok(psk.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Creates an empty external pre-shared key, whose identity and secret are set afterwards. Both
/// sides must have the same identity, secret and hash algorithm.
///
/// @returns a key that is freed with `s2n_psk_free()`; NULL with `S2N_ERR_ALLOC`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_external_psk_new() -> *mut s2n_psk {
    with_memory(|| s2n_psk::give(Arc::default()))
}

/// Frees a pre-shared key, and sets the pointer to NULL. Connections have copies.
///
/// @param psk Address of the pointer to the key; NULL, or the address of a NULL pointer, has no
/// effect
/// @returns 0
///
/// # Safety
///
/// `psk` is NULL, or points to NULL or to a live key, and is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_psk_free(psk: *mut *mut s2n_psk) -> c_int {
    // SAFETY: `psk` is null, or readable and writable, with a key that is not used again.
    unsafe { free(psk) }
}

/// Frees an object, and sets the pointer to it to null.
///
/// # Safety
///
/// `object` is null, or points to null or to a live object that is not used again, and is writable.
pub(super) unsafe fn free<H: Handle>(object: *mut *mut H) -> c_int {
    status(|| {
        // SAFETY: `object` is null, or readable and writable for the whole call.
        if let Some(object) = unsafe { object.as_mut() } {
            let object = std::mem::replace(object, ptr::null_mut());
            if !object.is_null() {
                // SAFETY: `object` is live, and not used again.
                drop(unsafe { H::take(object) }?);
            }
        }
        Ok(())
    })
}

/// Sets the identity of a pre-shared key. The identity is sent unencrypted, and is not secret.
///
/// @param psk The key
/// @param identity The identity; copied
/// @param identity_size Length of the identity in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_ARGUMENT` for an empty identity
///
/// # Safety
///
/// `psk` is NULL or live; `identity` is NULL or readable for `identity_size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_psk_set_identity(
    psk: *mut s2n_psk,
    identity: *const u8,
    identity_size: u16,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `psk` is null or live for the whole call.
        let mut psk = unsafe { s2n_psk::lock(psk) }?;
        // SAFETY: `identity` is null or readable for `identity_size` bytes for the whole call.
        psk.set_identity(unsafe { input::required_bytes(identity, identity_size.into()) }?)
    })
}

/// Sets the secret of a pre-shared key. It must be random, with at least 128 bits of entropy (RFC
/// 9257, 6): a password can be guessed by anyone who sees a handshake.
///
/// @param psk The key
/// @param secret The secret; copied, and cleared when the key is freed
/// @param secret_size Length of the secret in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_ARGUMENT` for a secret that is empty
/// or has only zeros
///
/// # Safety
///
/// `psk` is NULL or live; `secret` is NULL or readable for `secret_size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_psk_set_secret(
    psk: *mut s2n_psk,
    secret: *const u8,
    secret_size: u16,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `psk` is null or live for the whole call.
        let mut psk = unsafe { s2n_psk::lock(psk) }?;
        // SAFETY: `secret` is null or readable for `secret_size` bytes for the whole call.
        psk.set_secret(unsafe { input::required_bytes(secret, secret_size.into()) }?)
    })
}

/// Sets the hash algorithm of a pre-shared key: only cipher suites with this algorithm can be used
/// with the key. The default is SHA-256.
///
/// @param psk The key
/// @param hmac `S2N_PSK_HMAC_SHA256` or `S2N_PSK_HMAC_SHA384`
/// @returns 0, or -1 with `S2N_ERR_NULL` or `S2N_ERR_HMAC_INVALID_ALGORITHM`
///
/// # Safety
///
/// `psk` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_psk_set_hmac(psk: *mut s2n_psk, hmac: s2n_psk_hmac_arg) -> c_int {
    status(|| {
        // SAFETY: `psk` is null or live for the whole call.
        let mut psk = unsafe { s2n_psk::lock(psk) }?;
        psk.set_hash(hmac.try_into()?);
        Ok(())
    })
}
