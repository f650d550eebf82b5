//! Early data (0-RTT) of pre-shared keys, and early data that a client offers (RFC 8446, 2.3): not
//! implemented yet.

use std::ffi::c_int;

use crate::ffi::abi::pending::unimplemented;
use crate::ffi::abi::types::{s2n_offered_early_data, s2n_psk};

/// Enables early data with an external pre-shared key.
///
/// @param psk The key
/// @param max_early_data_size The maximum size of early data in bytes
/// @param cipher_suite_first_byte The first byte of the cipher suite (RFC 8446, B.4)
/// @param cipher_suite_second_byte The second byte of the cipher suite
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_psk_configure_early_data(
    psk: *mut s2n_psk,
    max_early_data_size: u32,
    cipher_suite_first_byte: u8,
    cipher_suite_second_byte: u8,
) -> c_int {
    unimplemented(&[
        &psk,
        &max_early_data_size,
        &cipher_suite_first_byte,
        &cipher_suite_second_byte,
    ])
}

/// Sets the application protocol (ALPN) of early data with an external pre-shared key.
///
/// @param psk The key
/// @param application_protocol The protocol name; copied
/// @param size Length of the name in bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_psk_set_application_protocol(
    psk: *mut s2n_psk,
    application_protocol: *const u8,
    size: u8,
) -> c_int {
    unimplemented(&[&psk, &application_protocol, &size])
}

/// Sets the early data context of an external pre-shared key, which is used to decide whether to
/// accept early data.
///
/// @param psk The key
/// @param context The context; copied
/// @param size Length of the context in bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_psk_set_early_data_context(
    psk: *mut s2n_psk,
    context: *const u8,
    size: u16,
) -> c_int {
    unimplemented(&[&psk, &context, &size])
}

/// Returns the length of the early data context.
///
/// @param early_data The offered early data that was passed to the early data callback
/// @param context_len Set to a number of bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_offered_early_data_get_context_length(
    early_data: *mut s2n_offered_early_data,
    context_len: *mut u16,
) -> c_int {
    unimplemented(&[&early_data, &context_len])
}

/// Copies the early data context.
///
/// @param early_data The offered early data that was passed to the early data callback
/// @param context Filled with the context
/// @param max_len Size of the buffer in bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_offered_early_data_get_context(
    early_data: *mut s2n_offered_early_data,
    context: *mut u8,
    max_len: u16,
) -> c_int {
    unimplemented(&[&early_data, &context, &max_len])
}

/// Rejects the early data that the client offers.
///
/// @param early_data The offered early data that was passed to the early data callback
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_offered_early_data_reject(early_data: *mut s2n_offered_early_data) -> c_int {
    unimplemented(&[&early_data])
}

/// Accepts the early data that the client offers.
///
/// @param early_data The offered early data that was passed to the early data callback
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_offered_early_data_accept(early_data: *mut s2n_offered_early_data) -> c_int {
    unimplemented(&[&early_data])
}
