//! External pre-shared keys (RFC 8446, 4.2.11): not there yet.

use std::ffi::{c_int, c_void};

use crate::ffi::abi::boundary::status;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::output;
use crate::ffi::abi::pending::{Any, freed, none_yet, not_yet, nothing_yet};
use crate::ffi::abi::types::*;

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
    // SAFETY: the C caller's promise about `psk`.
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

/// Offers a key, or accepts it, after those that were appended before.
///
/// @param conn A connection
/// @param psk A key; copied
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_append_psk(conn: *mut s2n_connection, psk: *mut s2n_psk) -> c_int {
    not_yet(&[&conn, &psk])
}

/// Sets what pre-shared keys are for: resumption or keys of the application's.
///
/// @param config A config
/// @param mode A member of `s2n_psk_mode`
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_psk_mode(
    config: *mut s2n_config,
    mode: s2n_psk_mode_arg,
) -> c_int {
    not_yet(&[&config, &mode])
}

/// Sets what pre-shared keys are for, in place of the config's setting.
///
/// @param conn A connection
/// @param mode A member of `s2n_psk_mode`
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_set_psk_mode(
    conn: *mut s2n_connection,
    mode: s2n_psk_mode_arg,
) -> c_int {
    not_yet(&[&conn, &mode])
}

/// Gives the length of the name of the key that was agreed on: 0, as none can be yet.
///
/// @param conn A connection
/// @param identity_length Set to 0
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live; `identity_length` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_negotiated_psk_identity_length(
    conn: *mut s2n_connection,
    identity_length: *mut u16,
) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `conn`.
        unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: the C caller's promise about `identity_length`.
        unsafe { output::slot(identity_length) }?.set(0);
        Ok(())
    })
}

/// Gives the name of the key that was agreed on: nothing, as none can be yet.
///
/// @param conn A connection
/// @param identity Would be filled
/// @param max_identity_length Room in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_get_negotiated_psk_identity(
    conn: *mut s2n_connection,
    identity: *mut u8,
    max_identity_length: u16,
) -> c_int {
    none_yet(&[&conn, &identity, &max_identity_length])
}

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
    // SAFETY: the C caller's promise about `psk`.
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

/// Servers: sets who chooses among the keys that a client offers.
///
/// @param config A config
/// @param cb Chooses
/// @param context Handed to the callback; never followed
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_psk_selection_callback(
    config: *mut s2n_config,
    cb: s2n_psk_selection_callback,
    context: *mut c_void,
) -> c_int {
    not_yet(&[&config, &Any(cb), &Any(context)])
}
