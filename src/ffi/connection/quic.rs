//! TLS for QUIC (RFC 9001): the connection functions of `s2n/quic.h`.

// The names are those of the C API.
#![allow(non_camel_case_types)]

use std::ffi::{c_int, c_void};

use crate::ffi::abi::boundary::boundary_or;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::pending::{Any, unimplemented};
use crate::ffi::abi::types::{s2n_blocked_status, s2n_connection};

/// Types of traffic secrets that a QUIC connection exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_secret_type_t {
    S2N_CLIENT_EARLY_TRAFFIC_SECRET = 0,
    S2N_CLIENT_HANDSHAKE_TRAFFIC_SECRET = 1,
    S2N_SERVER_HANDSHAKE_TRAFFIC_SECRET = 2,
    S2N_CLIENT_APPLICATION_TRAFFIC_SECRET = 3,
    S2N_SERVER_APPLICATION_TRAFFIC_SECRET = 4,
    S2N_EXPORTER_SECRET = 5,
}

/// Receives a traffic secret of a QUIC connection.
pub type s2n_secret_cb = Option<
    unsafe extern "C" fn(
        context: *mut c_void,
        conn: *mut s2n_connection,
        secret_type: s2n_secret_type_t,
        secret: *mut u8,
        secret_size: u8,
    ) -> c_int,
>;

/// Enables QUIC on a connection: the TLS handshake without the record layer.
///
/// @param conn The connection
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_enable_quic(conn: *mut s2n_connection) -> c_int {
    unimplemented(&[&conn])
}

/// Reports whether QUIC is enabled on a connection.
///
/// @param conn The connection
/// @returns false: QUIC is not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_is_quic_enabled(conn: *mut s2n_connection) -> bool {
    let _ = conn;
    false
}

/// Reports whether session tickets are enabled on a connection.
///
/// @param conn The connection
/// @returns whether the config of the connection enables session tickets; false if `conn` is NULL
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_are_session_tickets_enabled(
    conn: *mut s2n_connection,
) -> bool {
    boundary_or(false, || {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) };
        Ok(conn.is_ok_and(|conn| conn.core.uses_tickets()))
    })
}

/// Sets the contents of the quic_transport_parameters extension that is sent (RFC 9001, 8.2).
///
/// @param conn The connection
/// @param data_buffer The contents; copied
/// @param data_len Length of the contents in bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_set_quic_transport_parameters(
    conn: *mut s2n_connection,
    data_buffer: *const u8,
    data_len: u16,
) -> c_int {
    unimplemented(&[&conn, &data_buffer, &data_len])
}

/// Returns the contents of the quic_transport_parameters extension that was received from the peer.
///
/// @param conn The connection
/// @param data_buffer Set to the contents, which are owned by the connection
/// @param data_len Set to the length of the contents in bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_get_quic_transport_parameters(
    conn: *mut s2n_connection,
    data_buffer: *mut *const u8,
    data_len: *mut u16,
) -> c_int {
    unimplemented(&[&conn, &data_buffer, &data_len])
}

/// Sets the callback that receives the traffic secrets of a QUIC connection.
///
/// @param conn The connection
/// @param cb_func The callback
/// @param ctx Context passed to the callback; never dereferenced, may be NULL
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_set_secret_callback(
    conn: *mut s2n_connection,
    cb_func: s2n_secret_cb,
    ctx: *mut c_void,
) -> c_int {
    unimplemented(&[&conn, &cb_func, &Any(ctx)])
}

/// Processes a post-handshake message that was received over QUIC.
///
/// @param conn The connection
/// @param blocked Set to the operation on which the call is blocked
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_recv_quic_post_handshake_message(
    conn: *mut s2n_connection,
    blocked: *mut s2n_blocked_status,
) -> c_int {
    unimplemented(&[&conn, &blocked])
}
