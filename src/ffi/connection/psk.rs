//! Pre-shared keys (PSK) of a connection (RFC 8446, 4.2.11).

use std::ffi::c_int;

use rs2n_core::error::Code;

use crate::ffi::abi::arguments::s2n_psk_mode_arg;
use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_connection, s2n_psk};
use crate::ffi::abi::{input, output};

/// Adds a pre-shared key to those that a client offers or a server knows, after the keys that were
/// added before, and changes the PSK mode to `S2N_PSK_MODE_EXTERNAL`. A client offers only the
/// first one.
///
/// @param conn The connection
/// @param psk The key; copied
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_ARGUMENT` if the key has no identity or
/// no secret, `S2N_ERR_DUPLICATE_PSK_IDENTITIES`, `S2N_ERR_OFFERED_PSKS_TOO_LONG` if the keys of a
/// client do not fit in a ClientHello, or `S2N_ERR_PSK_MODE` if the session of a ticket is set
///
/// # Safety
///
/// `conn` and `psk` are NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_append_psk(
    conn: *mut s2n_connection,
    psk: *mut s2n_psk,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `psk` is null or live for the whole call.
        let psk = unsafe { s2n_psk::lock(psk) }?;
        conn.core.append_psk(&psk)
    })
}

/// Sets the use of pre-shared keys, overriding that of the config: session resumption or external
/// keys.
///
/// @param conn The connection
/// @param mode A value of `s2n_psk_mode`
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_ARGUMENT`, or `S2N_ERR_PSK_MODE` if keys
/// of the other mode are set
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_psk_mode(
    conn: *mut s2n_connection,
    mode: s2n_psk_mode_arg,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.core.set_psk_mode(mode.try_into()?)
    })
}

/// Returns the length of the identity of the negotiated pre-shared key: that of an external key, or
/// the ticket of a session.
///
/// @param conn The connection
/// @param identity_length Set to a number of bytes; 0 if no pre-shared key was negotiated
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
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `identity_length` is null or writable for the whole call.
        let slot = unsafe { output::slot(identity_length) }?;
        slot.set(
            conn.core
                .with_psk_identity(|identity| identity.len() as u16),
        );
        Ok(())
    })
}

/// Copies the identity of the negotiated pre-shared key: see
/// `s2n_connection_get_negotiated_psk_identity_length()`.
///
/// @param conn The connection
/// @param identity Filled with the identity; not changed if no pre-shared key was negotiated
/// @param max_identity_length Size of the buffer in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INSUFFICIENT_MEM_SIZE` if the buffer is too
/// small
///
/// # Safety
///
/// `conn` is NULL or live; `identity` is NULL or writable for `max_identity_length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_negotiated_psk_identity(
    conn: *mut s2n_connection,
    identity: *mut u8,
    max_identity_length: u16,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `identity` is null or writable for `max_identity_length` bytes for the whole
        // call.
        let room = unsafe { input::required_slice_mut(identity, max_identity_length.into()) }?;
        conn.core.with_psk_identity(|identity| {
            output::copy_all(identity, room, Code::InsufficientMemSize).map(drop)
        })
    })
}
