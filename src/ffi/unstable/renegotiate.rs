//! Renegotiation in TLS 1.2: not implemented yet.

// The names are those of the C API.
#![allow(non_camel_case_types)]

use std::ffi::{c_int, c_void};

use libc::ssize_t;

use crate::ffi::abi::pending::{Any, unimplemented};
use crate::ffi::abi::types::{s2n_blocked_status, s2n_config, s2n_connection};

/// A client's response to a renegotiation request (HelloRequest).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_renegotiate_response {
    S2N_RENEGOTIATE_IGNORE = 0,
    S2N_RENEGOTIATE_REJECT = 1,
    S2N_RENEGOTIATE_ACCEPT = 2,
}

/// Decides on a server's renegotiation request.
pub type s2n_renegotiate_request_cb = Option<
    unsafe extern "C" fn(
        conn: *mut s2n_connection,
        context: *mut c_void,
        response: *mut s2n_renegotiate_response,
    ) -> c_int,
>;

/// Set if renegotiation is blocked because application data was received during the handshake.
#[unsafe(no_mangle)]
pub static S2N_BLOCKED_ON_APPLICATION_DATA: s2n_blocked_status =
    s2n_blocked_status::S2N_BLOCKED_ON_EARLY_DATA;

/// Sets the callback that a client calls when a TLS 1.2 server requests renegotiation (RFC 5746).
/// Without a response, requests are ignored.
///
/// @param config The config
/// @param callback The callback; may be NULL
/// @param context Context passed to the callback; never dereferenced, may be NULL
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_renegotiate_request_cb(
    config: *mut s2n_config,
    callback: s2n_renegotiate_request_cb,
    context: *mut c_void,
) -> c_int {
    unimplemented(&[&config, &Any(callback), &Any(context)])
}

/// Prepares a client connection for renegotiation with the same peer.
///
/// @param conn A client connection
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_renegotiate_wipe(conn: *mut s2n_connection) -> c_int {
    unimplemented(&[&conn])
}

/// Performs a renegotiation handshake on a client connection.
///
/// @param conn A client connection
/// @param app_data_buf Filled with application data that is received before the handshake
/// @param app_data_buf_size Size of the buffer in bytes
/// @param app_data_size Set to the number of bytes received
/// @param blocked Set to the operation on which the call is blocked
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_renegotiate(
    conn: *mut s2n_connection,
    app_data_buf: *mut u8,
    app_data_buf_size: ssize_t,
    app_data_size: *mut ssize_t,
    blocked: *mut s2n_blocked_status,
) -> c_int {
    unimplemented(&[
        &conn,
        &app_data_buf,
        &app_data_buf_size,
        &app_data_size,
        &blocked,
    ])
}
