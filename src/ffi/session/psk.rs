//! External pre-shared keys (PSK; RFC 8446, 4.2.11): not implemented yet.

use std::ffi::c_int;

use crate::ffi::abi::arguments::s2n_psk_hmac_arg;
use crate::ffi::abi::pending::{free_null_only, unimplemented, unimplemented_constructor};
use crate::ffi::abi::types::s2n_psk;

/// Creates an empty external pre-shared key, whose identity and secret are set afterwards.
///
/// @returns NULL with `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_external_psk_new() -> *mut s2n_psk {
    unimplemented_constructor()
}

/// Frees a pre-shared key.
///
/// @param psk Address of the pointer to the key; NULL, or the address of a NULL pointer, has no
/// effect
/// @returns 0 if there is nothing to free; otherwise -1 with `S2N_ERR_UNIMPLEMENTED`, since no key
/// can be created yet
///
/// # Safety
///
/// `psk` is NULL or readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_psk_free(psk: *mut *mut s2n_psk) -> c_int {
    // SAFETY: `psk` is null or readable for the whole call.
    unsafe { free_null_only(psk) }
}

/// Sets the identity of a pre-shared key. The identity is sent unencrypted.
///
/// @param psk The key
/// @param identity The identity; copied
/// @param identity_size Length of the identity in bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_psk_set_identity(
    psk: *mut s2n_psk,
    identity: *const u8,
    identity_size: u16,
) -> c_int {
    unimplemented(&[&psk, &identity, &identity_size])
}

/// Sets the secret of a pre-shared key.
///
/// @param psk The key
/// @param secret The secret; copied
/// @param secret_size Length of the secret in bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_psk_set_secret(
    psk: *mut s2n_psk,
    secret: *const u8,
    secret_size: u16,
) -> c_int {
    unimplemented(&[&psk, &secret, &secret_size])
}

/// Sets the hash algorithm of a pre-shared key, which determines the cipher suites that can be used
/// with it.
///
/// @param psk The key
/// @param hmac A value of `s2n_psk_hmac`
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_psk_set_hmac(psk: *mut s2n_psk, hmac: s2n_psk_hmac_arg) -> c_int {
    unimplemented(&[&psk, &hmac])
}
