//! Pre-shared keys that a client offers, and their selection: not implemented yet.

use std::ffi::c_int;

use crate::ffi::abi::pending::{Any, free_null_only, unimplemented, unimplemented_constructor};
use crate::ffi::abi::types::{s2n_offered_psk, s2n_offered_psk_list};

/// Creates an object that `s2n_offered_psk_list_next()` sets to a pre-shared key that the client
/// offers.
///
/// @returns NULL with `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_offered_psk_new() -> *mut s2n_offered_psk {
    unimplemented_constructor()
}

/// Frees an object that was created by `s2n_offered_psk_new()`.
///
/// @param psk Address of the pointer to the object; NULL, or the address of a NULL pointer, has no
/// effect
/// @returns 0 if there is nothing to free; otherwise -1 with `S2N_ERR_UNIMPLEMENTED`, since no such
/// object can be created yet
///
/// # Safety
///
/// `psk` is NULL or readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_offered_psk_free(psk: *mut *mut s2n_offered_psk) -> c_int {
    // SAFETY: `psk` is null or readable for the whole call.
    unsafe { free_null_only(psk) }
}

/// Returns the identity of an offered pre-shared key.
///
/// @param psk The offered key
/// @param identity Set to the identity, which is owned by the connection
/// @param size Set to the length of the identity in bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_offered_psk_get_identity(
    psk: *mut s2n_offered_psk,
    identity: *mut *mut u8,
    size: *mut u16,
) -> c_int {
    unimplemented(&[&psk, &identity, &size])
}

/// Reports whether the list contains another pre-shared key.
///
/// @param psk_list The list that was passed to the PSK selection callback
/// @returns false: PSK selection is not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_offered_psk_list_has_next(psk_list: *mut s2n_offered_psk_list) -> bool {
    let _ = psk_list;
    false
}

/// Returns the next pre-shared key of the list.
///
/// @param psk_list The list that was passed to the PSK selection callback
/// @param psk Set to the next key
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_offered_psk_list_next(
    psk_list: *mut s2n_offered_psk_list,
    psk: *mut s2n_offered_psk,
) -> c_int {
    unimplemented(&[&psk_list, &psk])
}

/// Resets the iteration to the first pre-shared key of the list.
///
/// @param psk_list The list that was passed to the PSK selection callback
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_offered_psk_list_reread(psk_list: *mut s2n_offered_psk_list) -> c_int {
    unimplemented(&[&psk_list])
}

/// Selects one of the pre-shared keys that the client offers.
///
/// @param psk_list The list that was passed to the PSK selection callback
/// @param psk A key of the list; NULL to select none
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_offered_psk_list_choose_psk(
    psk_list: *mut s2n_offered_psk_list,
    psk: *mut s2n_offered_psk,
) -> c_int {
    unimplemented(&[&psk_list, &Any(psk)])
}
