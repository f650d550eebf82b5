//! Renegotiation in TLS 1.2.

// Names are those of the API.
#![allow(non_camel_case_types)]

use std::ffi::{c_int, c_void};

use libc::ssize_t;

use crate::ffi::abi::pending::{Any, not_yet};
use crate::ffi::abi::types::{s2n_blocked_status, s2n_config, s2n_connection};

/// What a client answers when it is asked for another handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_renegotiate_response {
    S2N_RENEGOTIATE_IGNORE = 0,
    S2N_RENEGOTIATE_REJECT = 1,
    S2N_RENEGOTIATE_ACCEPT = 2,
}

/// Answers a server that asks for another handshake.
pub type s2n_renegotiate_request_cb = Option<
    unsafe extern "C" fn(
        conn: *mut s2n_connection,
        context: *mut c_void,
        response: *mut s2n_renegotiate_response,
    ) -> c_int,
>;

/// What a handshake waits for if application data came where it does not belong.
#[unsafe(no_mangle)]
pub static S2N_BLOCKED_ON_APPLICATION_DATA: s2n_blocked_status =
    s2n_blocked_status::S2N_BLOCKED_ON_EARLY_DATA;

/// Clients: sets who is asked when a TLS 1.2 server wants another handshake (RFC 5746). Without
/// an answer such requests are ignored.
///
/// @param config A config
/// @param callback Answers
/// @param context Handed to the callback; never followed
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_renegotiate_request_cb(
    config: *mut s2n_config,
    callback: s2n_renegotiate_request_cb,
    context: *mut c_void,
) -> c_int {
    not_yet(&[&config, &Any(callback), &Any(context)])
}

/// Clients: prepares a connection for another handshake with the same peer.
///
/// @param conn A connection
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_renegotiate_wipe(conn: *mut s2n_connection) -> c_int {
    not_yet(&[&conn])
}

/// Clients: performs another handshake with the same peer.
///
/// @param conn A connection
/// @param app_data_buf Filled with application data that comes before the handshake
/// @param app_data_buf_size Room in bytes
/// @param app_data_size Set to the number of bytes received
/// @param blocked Set to what a blocked call waits for
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_renegotiate(
    conn: *mut s2n_connection,
    app_data_buf: *mut u8,
    app_data_buf_size: ssize_t,
    app_data_size: *mut ssize_t,
    blocked: *mut s2n_blocked_status,
) -> c_int {
    not_yet(&[
        &conn,
        &app_data_buf,
        &app_data_buf_size,
        &app_data_size,
        &blocked,
    ])
}
