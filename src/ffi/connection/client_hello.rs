//! The ClientHello of a connection.

use std::ffi::c_int;
use std::ptr;
use std::sync::Arc;

use rs2n_core::error::Code;

use crate::ffi::abi::boundary::{boundary, status};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_client_hello, s2n_connection};

/// Returns the ClientHello that a server has received: after a HelloRetryRequest, the second one.
///
/// The ClientHello is owned by the connection, and valid until the connection is freed.
/// `s2n_connection_wipe()` and `s2n_connection_free_handshake()` clear its contents.
///
/// @param conn The connection
/// @returns the ClientHello; NULL on a client connection and before a ClientHello is received; NULL
/// with `S2N_ERR_NULL` if `conn` is NULL
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

/// Returns the protocol version of the ClientHello (legacy_version). It is `S2N_TLS12` also for
/// later versions, which are offered in the supported_versions extension (RFC 8446, 4.2.1).
///
/// @param conn The connection
/// @returns a protocol version, or `S2N_UNKNOWN_PROTOCOL_VERSION` before there is a ClientHello; -1
/// with `S2N_ERR_NULL`
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

/// Marks the server name (SNI) of the ClientHello as used, for instance to select a config.
///
/// The client receives an acknowledgement of its server name (RFC 6066, 3) with or without this
/// call.
///
/// @param conn A server connection whose ClientHello has not been answered
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
