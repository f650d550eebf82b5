//! Early data of a connection (RFC 8446, 2.3): not implemented yet.

use std::ffi::c_int;

use libc::ssize_t;

use crate::ffi::abi::pending::{not_yet, off_is_fine};
use crate::ffi::abi::types::{s2n_blocked_status, s2n_connection, s2n_early_data_status_t};

/// Servers: sets how much early data is accepted, in place of the config's setting. It is none.
///
/// @param conn A connection
/// @param max_early_data_size Bytes
/// @returns 0 for none; otherwise -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not
/// there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_set_server_max_early_data_size(
    conn: *mut s2n_connection,
    max_early_data_size: u32,
) -> c_int {
    off_is_fine(&conn, max_early_data_size != 0)
}

/// Servers: sets bytes that go into tickets, for a later decision about early data.
///
/// @param conn A connection
/// @param context The bytes; copied
/// @param context_size Their length
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_set_server_early_data_context(
    conn: *mut s2n_connection,
    context: *const u8,
    context_size: u16,
) -> c_int {
    not_yet(&[&conn, &context, &context_size])
}

/// Tells what has become of early data.
///
/// @param conn A connection
/// @param status Set to a member of `s2n_early_data_status_t`
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_get_early_data_status(
    conn: *mut s2n_connection,
    status: *mut s2n_early_data_status_t,
) -> c_int {
    not_yet(&[&conn, &status])
}

/// Tells how much early data may still be sent.
///
/// @param conn A connection
/// @param allowed_early_data_size Set to a number of bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_get_remaining_early_data_size(
    conn: *mut s2n_connection,
    allowed_early_data_size: *mut u32,
) -> c_int {
    not_yet(&[&conn, &allowed_early_data_size])
}

/// Tells how much early data may be sent in all.
///
/// @param conn A connection
/// @param max_early_data_size Set to a number of bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_get_max_early_data_size(
    conn: *mut s2n_connection,
    max_early_data_size: *mut u32,
) -> c_int {
    not_yet(&[&conn, &max_early_data_size])
}

/// Clients: sends early data, and performs as much of the handshake as is needed for it.
///
/// @param conn A connection
/// @param data The data; stays the caller's
/// @param data_len Its length in bytes
/// @param data_sent Set to the number of bytes sent
/// @param blocked Set to what a blocked call waits for
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_send_early_data(
    conn: *mut s2n_connection,
    data: *const u8,
    data_len: ssize_t,
    data_sent: *mut ssize_t,
    blocked: *mut s2n_blocked_status,
) -> c_int {
    not_yet(&[&conn, &data, &data_len, &data_sent, &blocked])
}

/// Servers: receives early data, and performs as much of the handshake as is needed for it.
///
/// @param conn A connection
/// @param data Filled
/// @param max_data_len Room in bytes
/// @param data_received Set to the number of bytes received
/// @param blocked Set to what a blocked call waits for
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_recv_early_data(
    conn: *mut s2n_connection,
    data: *mut u8,
    max_data_len: ssize_t,
    data_received: *mut ssize_t,
    blocked: *mut s2n_blocked_status,
) -> c_int {
    not_yet(&[&conn, &data, &max_data_len, &data_received, &blocked])
}
