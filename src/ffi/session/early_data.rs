//! Early data of pre-shared keys, and of offers of a client (RFC 8446, 2.3): not implemented yet.

use std::ffi::c_int;

use crate::ffi::abi::pending::not_yet;
use crate::ffi::abi::types::{s2n_offered_early_data, s2n_psk};

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
