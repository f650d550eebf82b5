//! Early data (RFC 8446, 2.3): not there yet.

use std::ffi::c_int;

use libc::ssize_t;

use crate::ffi::abi::pending::{not_yet, off_is_fine};
use crate::ffi::abi::types::*;

/// Servers: sets how much early data is accepted. It is none.
///
/// @param config A config
/// @param max_early_data_size Bytes
/// @returns 0 for none; otherwise -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not
/// there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_server_max_early_data_size(
    config: *mut s2n_config,
    max_early_data_size: u32,
) -> c_int {
    off_is_fine(&config, max_early_data_size != 0)
}

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

/// Allows early data with an external pre-shared key.
///
/// @param psk A key
/// @param max_early_data_size Bytes
/// @param cipher_suite_first_byte The first byte of the suite (RFC 8446, B.4)
/// @param cipher_suite_second_byte The second byte of the suite
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_psk_configure_early_data(
    psk: *mut s2n_psk,
    max_early_data_size: u32,
    cipher_suite_first_byte: u8,
    cipher_suite_second_byte: u8,
) -> c_int {
    not_yet(&[
        &psk,
        &max_early_data_size,
        &cipher_suite_first_byte,
        &cipher_suite_second_byte,
    ])
}

/// Sets the protocol (ALPN) of early data with an external pre-shared key.
///
/// @param psk A key
/// @param application_protocol The protocol; copied
/// @param size Its length in bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_psk_set_application_protocol(
    psk: *mut s2n_psk,
    application_protocol: *const u8,
    size: u8,
) -> c_int {
    not_yet(&[&psk, &application_protocol, &size])
}

/// Sets bytes for the decision about early data with an external pre-shared key.
///
/// @param psk A key
/// @param context The bytes; copied
/// @param size Their length
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_psk_set_early_data_context(
    psk: *mut s2n_psk,
    context: *const u8,
    size: u16,
) -> c_int {
    not_yet(&[&psk, &context, &size])
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

/// Servers: sets who decides about early data.
///
/// @param config A config
/// @param cb Decides
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_early_data_cb(
    config: *mut s2n_config,
    cb: s2n_early_data_cb,
) -> c_int {
    not_yet(&[&config, &cb])
}

/// Gives the length of the bytes that were set for the decision.
///
/// @param early_data What the callback got
/// @param context_len Set to a number of bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_offered_early_data_get_context_length(
    early_data: *mut s2n_offered_early_data,
    context_len: *mut u16,
) -> c_int {
    not_yet(&[&early_data, &context_len])
}

/// Gives the bytes that were set for the decision.
///
/// @param early_data What the callback got
/// @param context Filled
/// @param max_len Room in bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_offered_early_data_get_context(
    early_data: *mut s2n_offered_early_data,
    context: *mut u8,
    max_len: u16,
) -> c_int {
    not_yet(&[&early_data, &context, &max_len])
}

/// Declines early data.
///
/// @param early_data What the callback got
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_offered_early_data_reject(early_data: *mut s2n_offered_early_data) -> c_int {
    not_yet(&[&early_data])
}

/// Accepts early data.
///
/// @param early_data What the callback got
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_offered_early_data_accept(early_data: *mut s2n_offered_early_data) -> c_int {
    not_yet(&[&early_data])
}
