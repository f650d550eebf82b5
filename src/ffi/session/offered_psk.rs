//! Pre-shared keys that a client offers, and their selection: not implemented yet.

use std::ffi::c_int;

use crate::ffi::abi::pending::{Any, freed, not_yet, nothing_yet};
use crate::ffi::abi::types::{s2n_offered_psk, s2n_offered_psk_list};

/// Makes a place for a key that a client offers, for `s2n_offered_psk_list_next()`.
///
/// @returns NULL with `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_offered_psk_new() -> *mut s2n_offered_psk {
    nothing_yet()
}

/// Frees what `s2n_offered_psk_new()` made.
///
/// @param psk A pointer to one, or to NULL; NULL does nothing
/// @returns 0 as long as there is nothing to free; -1 with `S2N_ERR_UNIMPLEMENTED` for anything
/// else, since none can be made yet
///
/// # Safety
///
/// `psk` is NULL or readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_offered_psk_free(psk: *mut *mut s2n_offered_psk) -> c_int {
    // SAFETY: `psk` is null or readable for the whole call.
    unsafe { freed(psk) }
}

/// Gives the name of a key that a client offers.
///
/// @param psk An offered key
/// @param identity Set to the name, which is the connection's
/// @param size Set to its length in bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_offered_psk_get_identity(
    psk: *mut s2n_offered_psk,
    identity: *mut *mut u8,
    size: *mut u16,
) -> c_int {
    not_yet(&[&psk, &identity, &size])
}

/// Tells whether a client offers one more key.
///
/// @param psk_list What the selection callback got
/// @returns false: there are no such lists yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_offered_psk_list_has_next(psk_list: *mut s2n_offered_psk_list) -> bool {
    let _ = psk_list;
    false
}

/// Gives the next key that a client offers.
///
/// @param psk_list What the selection callback got
/// @param psk Made to be that key
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_offered_psk_list_next(
    psk_list: *mut s2n_offered_psk_list,
    psk: *mut s2n_offered_psk,
) -> c_int {
    not_yet(&[&psk_list, &psk])
}

/// Begins a list of offered keys anew.
///
/// @param psk_list What the selection callback got
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_offered_psk_list_reread(psk_list: *mut s2n_offered_psk_list) -> c_int {
    not_yet(&[&psk_list])
}

/// Chooses one of the keys that a client offers.
///
/// @param psk_list What the selection callback got
/// @param psk One of its keys; NULL for none of them
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_offered_psk_list_choose_psk(
    psk_list: *mut s2n_offered_psk_list,
    psk: *mut s2n_offered_psk,
) -> c_int {
    not_yet(&[&psk_list, &Any(psk)])
}
