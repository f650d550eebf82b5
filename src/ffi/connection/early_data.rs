//! Early data (0-RTT) of a connection (RFC 8446, 2.3): not implemented yet.

use std::ffi::c_int;

use libc::ssize_t;

use crate::ffi::abi::pending::{only_disabled, unimplemented};
use crate::ffi::abi::types::{s2n_blocked_status, s2n_connection, s2n_early_data_status_t};

/// Sets the maximum size of the early data that a server accepts, overriding that of the config. It
/// is 0: early data is not accepted.
///
/// @param conn A server connection
/// @param max_early_data_size The maximum in bytes
/// @returns 0 if `max_early_data_size` is 0; otherwise -1 with `S2N_ERR_NULL`, or
/// `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_set_server_max_early_data_size(
    conn: *mut s2n_connection,
    max_early_data_size: u32,
) -> c_int {
    only_disabled(&conn, max_early_data_size != 0)
}

/// Sets the early data context of a server, which is stored in session tickets and used to decide
/// later whether to accept early data.
///
/// @param conn A server connection
/// @param context The context; copied
/// @param context_size Length of the context in bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_set_server_early_data_context(
    conn: *mut s2n_connection,
    context: *const u8,
    context_size: u16,
) -> c_int {
    unimplemented(&[&conn, &context, &context_size])
}

/// Returns the status of early data.
///
/// @param conn The connection
/// @param status Set to a value of `s2n_early_data_status_t`
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_get_early_data_status(
    conn: *mut s2n_connection,
    status: *mut s2n_early_data_status_t,
) -> c_int {
    unimplemented(&[&conn, &status])
}

/// Returns the amount of early data that may still be sent.
///
/// @param conn The connection
/// @param allowed_early_data_size Set to a number of bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_get_remaining_early_data_size(
    conn: *mut s2n_connection,
    allowed_early_data_size: *mut u32,
) -> c_int {
    unimplemented(&[&conn, &allowed_early_data_size])
}

/// Returns the maximum amount of early data that may be sent.
///
/// @param conn The connection
/// @param max_early_data_size Set to a number of bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_get_max_early_data_size(
    conn: *mut s2n_connection,
    max_early_data_size: *mut u32,
) -> c_int {
    unimplemented(&[&conn, &max_early_data_size])
}

/// Sends early data on a client connection, and performs the part of the handshake that this
/// requires.
///
/// @param conn A client connection
/// @param data The data; borrowed for the duration of the call
/// @param data_len Length of the data in bytes
/// @param data_sent Set to the number of bytes sent
/// @param blocked Set to the operation on which the call is blocked
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_send_early_data(
    conn: *mut s2n_connection,
    data: *const u8,
    data_len: ssize_t,
    data_sent: *mut ssize_t,
    blocked: *mut s2n_blocked_status,
) -> c_int {
    unimplemented(&[&conn, &data, &data_len, &data_sent, &blocked])
}

/// Receives early data on a server connection, and performs the part of the handshake that this
/// requires.
///
/// @param conn A server connection
/// @param data Filled with the data
/// @param max_data_len Size of the buffer in bytes
/// @param data_received Set to the number of bytes received
/// @param blocked Set to the operation on which the call is blocked
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_recv_early_data(
    conn: *mut s2n_connection,
    data: *mut u8,
    max_data_len: ssize_t,
    data_received: *mut ssize_t,
    blocked: *mut s2n_blocked_status,
) -> c_int {
    unimplemented(&[&conn, &data, &max_data_len, &data_received, &blocked])
}
