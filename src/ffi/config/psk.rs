//! External pre-shared keys of a config (RFC 8446, 4.2.11): not implemented yet.

use std::ffi::{c_int, c_void};

use crate::ffi::abi::arguments::s2n_psk_mode_arg;
use crate::ffi::abi::callbacks::s2n_psk_selection_callback;
use crate::ffi::abi::pending::{Any, not_yet};
use crate::ffi::abi::types::s2n_config;

/// Sets what pre-shared keys are for: resumption or keys of the application's.
///
/// @param config A config
/// @param mode A member of `s2n_psk_mode`
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_psk_mode(
    config: *mut s2n_config,
    mode: s2n_psk_mode_arg,
) -> c_int {
    not_yet(&[&config, &mode])
}

/// Servers: sets who chooses among the keys that a client offers.
///
/// @param config A config
/// @param cb Chooses
/// @param context Handed to the callback; never followed
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_psk_selection_callback(
    config: *mut s2n_config,
    cb: s2n_psk_selection_callback,
    context: *mut c_void,
) -> c_int {
    not_yet(&[&config, &Any(cb), &Any(context)])
}
