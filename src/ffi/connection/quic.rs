//! TLS for QUIC (RFC 9001): the connection part of `s2n/quic.h`.

// Names are those of the API.
#![allow(non_camel_case_types)]

use std::ffi::{c_int, c_void};

use crate::ffi::abi::pending::{Any, not_yet};
use crate::ffi::abi::types::{s2n_blocked_status, s2n_connection};

/// The secrets of a connection for QUIC.
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

/// Takes a secret of a connection for QUIC.
pub type s2n_secret_cb = Option<
    unsafe extern "C" fn(
        context: *mut c_void,
        conn: *mut s2n_connection,
        secret_type: s2n_secret_type_t,
        secret: *mut u8,
        secret_size: u8,
    ) -> c_int,
>;

/// Makes a connection speak TLS without its record layer, as QUIC needs it.
///
/// @param conn A connection
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_enable_quic(conn: *mut s2n_connection) -> c_int {
    not_yet(&[&conn])
}

/// Tells whether a connection is one for QUIC.
///
/// @param conn A connection
/// @returns false: there are none yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_is_quic_enabled(conn: *mut s2n_connection) -> bool {
    let _ = conn;
    false
}

/// Tells whether a connection uses session tickets.
///
/// @param conn A connection
/// @returns false: they are not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_are_session_tickets_enabled(conn: *mut s2n_connection) -> bool {
    let _ = conn;
    false
}

/// Sets what is sent in the extension quic_transport_parameters (RFC 9001, 8.2).
///
/// @param conn A connection
/// @param data_buffer The bytes; copied
/// @param data_len Their length
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_set_quic_transport_parameters(
    conn: *mut s2n_connection,
    data_buffer: *const u8,
    data_len: u16,
) -> c_int {
    not_yet(&[&conn, &data_buffer, &data_len])
}

/// Gives what the peer sent in the extension quic_transport_parameters.
///
/// @param conn A connection
/// @param data_buffer Set to the bytes, which are the connection's
/// @param data_len Set to their length
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_get_quic_transport_parameters(
    conn: *mut s2n_connection,
    data_buffer: *mut *const u8,
    data_len: *mut u16,
) -> c_int {
    not_yet(&[&conn, &data_buffer, &data_len])
}

/// Sets who gets the secrets of a connection for QUIC.
///
/// @param conn A connection
/// @param cb_func Gets a secret
/// @param ctx Handed to the callback; never followed
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_set_secret_callback(
    conn: *mut s2n_connection,
    cb_func: s2n_secret_cb,
    ctx: *mut c_void,
) -> c_int {
    not_yet(&[&conn, &cb_func, &Any(ctx)])
}

/// Handles a message that QUIC brought after the handshake.
///
/// @param conn A connection
/// @param blocked Set to what a blocked call waits for
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_recv_quic_post_handshake_message(
    conn: *mut s2n_connection,
    blocked: *mut s2n_blocked_status,
) -> c_int {
    not_yet(&[&conn, &blocked])
}
