//! External pre-shared keys (RFC 8446, 4.2.11): not implemented yet.

use std::ffi::c_int;

use crate::ffi::abi::arguments::s2n_psk_hmac_arg;
use crate::ffi::abi::pending::{freed, not_yet, nothing_yet};
use crate::ffi::abi::types::s2n_psk;

/// Makes an empty pre-shared key, to be filled.
///
/// @returns NULL with `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_external_psk_new() -> *mut s2n_psk {
    nothing_yet()
}

/// Frees a pre-shared key.
///
/// @param psk A pointer to one, or to NULL; NULL does nothing
/// @returns 0 as long as there is nothing to free; -1 with `S2N_ERR_UNIMPLEMENTED` for anything
/// else, since none can be made yet
///
/// # Safety
///
/// `psk` is NULL or readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_psk_free(psk: *mut *mut s2n_psk) -> c_int {
    // SAFETY: `psk` is null or readable for the whole call.
    unsafe { freed(psk) }
}

/// Sets the name of a key, which is sent in the clear.
///
/// @param psk A key
/// @param identity The name; copied
/// @param identity_size Its length in bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_psk_set_identity(
    psk: *mut s2n_psk,
    identity: *const u8,
    identity_size: u16,
) -> c_int {
    not_yet(&[&psk, &identity, &identity_size])
}

/// Sets the secret.
///
/// @param psk A key
/// @param secret The secret; copied
/// @param secret_size Its length in bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_psk_set_secret(
    psk: *mut s2n_psk,
    secret: *const u8,
    secret_size: u16,
) -> c_int {
    not_yet(&[&psk, &secret, &secret_size])
}

/// Sets the hash function that goes with a key. It decides on the cipher suites.
///
/// @param psk A key
/// @param hmac A member of `s2n_psk_hmac`
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_psk_set_hmac(psk: *mut s2n_psk, hmac: s2n_psk_hmac_arg) -> c_int {
    not_yet(&[&psk, &hmac])
}
