//! External pre-shared keys of a config (RFC 8446, 4.2.11): not implemented yet.

use std::ffi::{c_int, c_void};

use crate::ffi::abi::arguments::s2n_psk_mode_arg;
use crate::ffi::abi::callbacks::s2n_psk_selection_callback;
use crate::ffi::abi::pending::{Any, unimplemented};
use crate::ffi::abi::types::s2n_config;

/// Sets the use of pre-shared keys: for session resumption, or as external keys of the application.
/// Not implemented yet.
///
/// @param config A config
/// @param mode `S2N_PSK_MODE_RESUMPTION` or `S2N_PSK_MODE_EXTERNAL`
/// @returns -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_psk_mode(
    config: *mut s2n_config,
    mode: s2n_psk_mode_arg,
) -> c_int {
    unimplemented(&[&config, &mode])
}

/// Sets the callback with which a server selects one of the pre-shared keys that a client offers.
/// Not implemented yet.
///
/// @param config A config
/// @param cb The callback
/// @param context Passed to the callback; owned by the caller, and never dereferenced
/// @returns -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_psk_selection_callback(
    config: *mut s2n_config,
    cb: s2n_psk_selection_callback,
    context: *mut c_void,
) -> c_int {
    unimplemented(&[&config, &Any(cb), &Any(context)])
}
