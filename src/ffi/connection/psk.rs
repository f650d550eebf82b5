//! External pre-shared keys of a connection (RFC 8446, 4.2.11): not implemented yet.

use std::ffi::c_int;

use crate::ffi::abi::arguments::s2n_psk_mode_arg;
use crate::ffi::abi::boundary::status;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::output;
use crate::ffi::abi::pending::{none_yet, not_yet};
use crate::ffi::abi::types::{s2n_connection, s2n_psk};

/// Offers a key, or accepts it, after those that were appended before.
///
/// @param conn A connection
/// @param psk A key; copied
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_append_psk(conn: *mut s2n_connection, psk: *mut s2n_psk) -> c_int {
    not_yet(&[&conn, &psk])
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
        // SAFETY: `conn` is null or live for the whole call.
        unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `identity_length` is null or writable for the whole call.
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
