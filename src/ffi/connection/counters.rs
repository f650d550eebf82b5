//! Counters of bytes on the wire.

use crate::ffi::abi::boundary::boundary_or;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::s2n_connection;

/// Returns the number of bytes read from the transport, including the handshake.
///
/// @param conn The connection
/// @returns a number of bytes; 0 if `conn` is NULL
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_wire_bytes_in(conn: *mut s2n_connection) -> u64 {
    boundary_or(0, || {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) };
        Ok(conn.map_or(0, |conn| conn.core.wire_bytes_in()))
    })
}

/// Returns the number of bytes written to the transport, including the handshake.
///
/// @param conn The connection
/// @returns a number of bytes; 0 if `conn` is NULL
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_wire_bytes_out(conn: *mut s2n_connection) -> u64 {
    boundary_or(0, || {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) };
        Ok(conn.map_or(0, |conn| conn.core.wire_bytes_out()))
    })
}
