//! The session cache of servers (RFC 5246, 7.3): not implemented yet.

use std::ffi::{c_int, c_void};

use crate::ffi::abi::callbacks::{
    s2n_cache_delete_callback, s2n_cache_retrieve_callback, s2n_cache_store_callback,
};
use crate::ffi::abi::pending::{Any, only_disabled, unimplemented};
use crate::ffi::abi::types::s2n_config;

/// Sets the callback with which a server stores a TLS 1.2 session in the application's session
/// cache. Not implemented yet.
///
/// @param config A config
/// @param cache_store_callback The callback
/// @param data Passed to the callback; owned by the caller, and never dereferenced
/// @returns -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_cache_store_callback(
    config: *mut s2n_config,
    cache_store_callback: s2n_cache_store_callback,
    data: *mut c_void,
) -> c_int {
    unimplemented(&[&config, &cache_store_callback, &Any(data)])
}

/// Sets the callback with which a server retrieves a TLS 1.2 session from the application's session
/// cache. Not implemented yet.
///
/// @param config A config
/// @param cache_retrieve_callback The callback
/// @param data Passed to the callback; owned by the caller, and never dereferenced
/// @returns -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_cache_retrieve_callback(
    config: *mut s2n_config,
    cache_retrieve_callback: s2n_cache_retrieve_callback,
    data: *mut c_void,
) -> c_int {
    unimplemented(&[&config, &cache_retrieve_callback, &Any(data)])
}

/// Sets the callback with which a server removes a TLS 1.2 session from the application's session
/// cache. Not implemented yet.
///
/// @param config A config
/// @param cache_delete_callback The callback
/// @param data Passed to the callback; owned by the caller, and never dereferenced
/// @returns -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_cache_delete_callback(
    config: *mut s2n_config,
    cache_delete_callback: s2n_cache_delete_callback,
    data: *mut c_void,
) -> c_int {
    unimplemented(&[&config, &cache_delete_callback, &Any(data)])
}

/// Enables or disables the TLS 1.2 session cache of a server. It is disabled; enabling it is not
/// implemented yet.
///
/// @param config A config
/// @param enabled 0 disables the cache; any other value enables it
/// @returns 0 for 0; otherwise -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_session_cache_onoff(
    config: *mut s2n_config,
    enabled: u8,
) -> c_int {
    only_disabled(&config, enabled != 0)
}

/// Sets the lifetime of a session: the period in which it can be resumed. Not implemented yet.
///
/// @param config A config
/// @param lifetime_in_secs The lifetime in seconds
/// @returns -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_session_state_lifetime(
    config: *mut s2n_config,
    lifetime_in_secs: u64,
) -> c_int {
    unimplemented(&[&config, &lifetime_in_secs])
}
