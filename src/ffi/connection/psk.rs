//! External pre-shared keys (PSK) of a connection (RFC 8446, 4.2.11): not implemented yet.

use std::ffi::c_int;

use crate::ffi::abi::arguments::s2n_psk_mode_arg;
use crate::ffi::abi::boundary::status;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::output;
use crate::ffi::abi::pending::{empty_result, unimplemented};
use crate::ffi::abi::types::{s2n_connection, s2n_psk};

/// Adds a pre-shared key to those that a client offers or a server accepts, after the keys that
/// were added before.
///
/// @param conn The connection
/// @param psk The key; copied
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_append_psk(conn: *mut s2n_connection, psk: *mut s2n_psk) -> c_int {
    unimplemented(&[&conn, &psk])
}

/// Sets the purpose of pre-shared keys, overriding that of the config: session resumption or
/// external keys.
///
/// @param conn The connection
/// @param mode A value of `s2n_psk_mode`
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_set_psk_mode(
    conn: *mut s2n_connection,
    mode: s2n_psk_mode_arg,
) -> c_int {
    unimplemented(&[&conn, &mode])
}

/// Returns the length of the identity of the negotiated pre-shared key: 0, as none can be
/// negotiated yet.
///
/// @param conn The connection
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

/// Copies the identity of the negotiated pre-shared key: nothing, as none can be negotiated yet.
///
/// @param conn The connection
/// @param identity Not written: there is no identity
/// @param max_identity_length Size of the buffer in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_get_negotiated_psk_identity(
    conn: *mut s2n_connection,
    identity: *mut u8,
    max_identity_length: u16,
) -> c_int {
    empty_result(&[&conn, &identity, &max_identity_length])
}
