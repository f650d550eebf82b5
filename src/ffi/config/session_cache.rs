//! The session cache of servers (RFC 5246, 7.3).

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use rs2n_core::error::Code;

use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::callbacks::{
    s2n_cache_delete_callback, s2n_cache_retrieve_callback, s2n_cache_store_callback,
};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_config, s2n_connection};
use crate::sys::io::Context;
use crate::sys::session_callbacks::{CCacheDelete, CCacheRetrieve, CCacheStore};

/// Sets the callback with which a server stores a TLS 1.2 session in the application's session
/// cache. Sessions are encrypted with the ticket keys of the config, so that a cache may be shared
/// with servers that have the same keys.
///
/// @param config A config
/// @param cache_store_callback The callback, which is called in any thread that uses the config;
/// its result is ignored
/// @param data Passed to the callback; owned by the caller, and never dereferenced
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; `cache_store_callback` can be called with `data`, in any thread that
/// uses the config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_cache_store_callback(
    config: *mut s2n_config,
    cache_store_callback: s2n_cache_store_callback,
    data: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        let function = cache_store_callback.ok_or(Code::Null)?;
        let context = Context(data);
        let callback = CCacheStore::<s2n_connection> { function, context };
        config.core.set_cache_store(Arc::new(callback));
        Ok(())
    })
}

/// Sets the callback with which a server retrieves a TLS 1.2 session from the application's session
/// cache. If it returns `S2N_CALLBACK_BLOCKED`, `s2n_negotiate()` fails with
/// `S2N_ERR_ASYNC_BLOCKED`, and the next call asks again.
///
/// @param config A config
/// @param cache_retrieve_callback The callback, which is called in any thread that uses the config;
/// any failure means a full handshake
/// @param data Passed to the callback; owned by the caller, and never dereferenced
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; `cache_retrieve_callback` can be called with `data`, in any thread
/// that uses the config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_cache_retrieve_callback(
    config: *mut s2n_config,
    cache_retrieve_callback: s2n_cache_retrieve_callback,
    data: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        let function = cache_retrieve_callback.ok_or(Code::Null)?;
        let context = Context(data);
        let callback = CCacheRetrieve::<s2n_connection> { function, context };
        config.core.set_cache_retrieve(Arc::new(callback));
        Ok(())
    })
}

/// Sets the callback with which a server removes a TLS 1.2 session from the application's session
/// cache, after an error of its connection (RFC 5246, 7.2.2).
///
/// @param config A config
/// @param cache_delete_callback The callback, which is called in any thread that uses the config;
/// its result is ignored
/// @param data Passed to the callback; owned by the caller, and never dereferenced
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; `cache_delete_callback` can be called with `data`, in any thread that
/// uses the config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_cache_delete_callback(
    config: *mut s2n_config,
    cache_delete_callback: s2n_cache_delete_callback,
    data: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        let function = cache_delete_callback.ok_or(Code::Null)?;
        let context = Context(data);
        let callback = CCacheDelete::<s2n_connection> { function, context };
        config.core.set_cache_delete(Arc::new(callback));
        Ok(())
    })
}

/// Enables or disables the TLS 1.2 session cache of a server. It is disabled by default, and stays
/// disabled, without an error, unless its three callbacks are set. Sessions with client
/// authentication are not cached.
///
/// @param config A config
/// @param enabled 0 disables the cache; any other value enables it
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_session_cache_onoff(
    config: *mut s2n_config,
    enabled: u8,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_session_cache(enabled != 0);
        Ok(())
    })
}

/// Sets the lifetime of a session: the period in which a server resumes it, whether from a ticket
/// or from the session cache. The default is 15 hours.
///
/// @param config A config
/// @param lifetime_in_secs The lifetime in seconds
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_session_state_lifetime(
    config: *mut s2n_config,
    lifetime_in_secs: u64,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_session_lifetime(lifetime_in_secs);
        Ok(())
    })
}
