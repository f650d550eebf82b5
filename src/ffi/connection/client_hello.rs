//! The ClientHello of a connection.

use std::ffi::c_int;
use std::ptr;
use std::sync::Arc;

use crate::ffi::abi::boundary::{boundary, status};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_client_hello, s2n_connection};
use rs2n_core::error::Code;

/// Gives the ClientHello that a server has received: after a HelloRetryRequest, the second one.
///
/// It belongs to the connection, and is valid until that is freed. `s2n_connection_wipe()` and
/// `s2n_connection_free_handshake()` empty it.
///
/// @param conn A connection
/// @returns the ClientHello; NULL on a client and before one has come; NULL with `S2N_ERR_NULL` if
/// `conn` is NULL
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_client_hello(
    conn: *mut s2n_connection,
) -> *mut s2n_client_hello {
    boundary(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        let hello = conn.core.client_hello();
        Ok(hello.map_or(ptr::null_mut(), |hello| {
            Arc::as_ptr(hello).cast_mut().cast()
        }))
    })
}

/// Gives the version that the ClientHello talks of: `S2N_TLS12` also for what is newer, which an
/// extension says (RFC 8446, 4.2.1).
///
/// @param conn A connection
/// @returns a version, `S2N_UNKNOWN_PROTOCOL_VERSION` before there is a ClientHello; -1 with
/// `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_client_hello_version(
    conn: *mut s2n_connection,
) -> c_int {
    boundary(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        Ok(conn.core.client_hello_version().into())
    })
}

/// Says that the server name of the ClientHello was made use of, for instance to choose a config.
///
/// Clients are told that their name was accepted (RFC 6066, 3), with or without this call.
///
/// @param conn A server's connection, before its ClientHello is answered
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_server_name_extension_used(
    conn: *mut s2n_connection,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        match conn.core.awaits_client_hello() {
            true => Ok(()),
            false => Err(Code::InvalidState)?,
        }
    })
}
