//! The session cache of servers (RFC 5246, 7.3): not implemented yet.

use std::ffi::{c_int, c_void};

use crate::ffi::abi::callbacks::{
    s2n_cache_delete_callback, s2n_cache_retrieve_callback, s2n_cache_store_callback,
};
use crate::ffi::abi::pending::{Any, not_yet, off_is_fine};
use crate::ffi::abi::types::s2n_config;

/// Servers: sets what stores a TLS 1.2 session in the application's cache.
///
/// @param config A config
/// @param cache_store_callback Stores a session
/// @param data Handed to the callback; never followed
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_cache_store_callback(
    config: *mut s2n_config,
    cache_store_callback: s2n_cache_store_callback,
    data: *mut c_void,
) -> c_int {
    not_yet(&[&config, &cache_store_callback, &Any(data)])
}

/// Servers: sets what looks a TLS 1.2 session up in the application's cache.
///
/// @param config A config
/// @param cache_retrieve_callback Looks a session up
/// @param data Handed to the callback; never followed
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_cache_retrieve_callback(
    config: *mut s2n_config,
    cache_retrieve_callback: s2n_cache_retrieve_callback,
    data: *mut c_void,
) -> c_int {
    not_yet(&[&config, &cache_retrieve_callback, &Any(data)])
}

/// Servers: sets what removes a TLS 1.2 session from the application's cache.
///
/// @param config A config
/// @param cache_delete_callback Removes a session
/// @param data Handed to the callback; never followed
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_cache_delete_callback(
    config: *mut s2n_config,
    cache_delete_callback: s2n_cache_delete_callback,
    data: *mut c_void,
) -> c_int {
    not_yet(&[&config, &cache_delete_callback, &Any(data)])
}

/// Servers: turns the cache of TLS 1.2 sessions on or off. It is off.
///
/// @param config A config
/// @param enabled 0 for off
/// @returns 0 for off; otherwise -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not
/// there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_session_cache_onoff(
    config: *mut s2n_config,
    enabled: u8,
) -> c_int {
    off_is_fine(&config, enabled != 0)
}

/// Sets how long a session can be resumed.
///
/// @param config A config
/// @param lifetime_in_secs Seconds
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_session_state_lifetime(
    config: *mut s2n_config,
    lifetime_in_secs: u64,
) -> c_int {
    not_yet(&[&config, &lifetime_in_secs])
}
