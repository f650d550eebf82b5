//! The key log callback (RFC 9850).

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use crate::ffi::abi::boundary::status_with_memory;
use crate::ffi::abi::callbacks::s2n_key_log_fn;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_config, s2n_connection};
use crate::sys::callbacks::CKeyLogCallback;
use crate::sys::io::Context;
use rs2n_core::config::KeyLogCallback;

/// Sets a callback that is told the secrets of each handshake, in the format that protocol analysers
/// read (RFC 9850). Whoever knows them can read all traffic: for debugging only.
///
/// The callback gets one line a time, without its end, and must not keep the pointer. What it returns
/// is not looked at. It runs within `s2n_negotiate()`.
///
/// @param config A config; connections that begin their handshake later use the callback
/// @param callback The callback; NULL for none
/// @param ctx Handed to the callback as it is; stays the caller's
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; `callback` can be called with `ctx`, in any thread that uses the config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_key_log_cb(
    config: *mut s2n_config,
    callback: s2n_key_log_fn,
    ctx: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        let key_log = callback.map(|function| -> Arc<dyn KeyLogCallback> {
            let context = Context(ctx);
            Arc::new(CKeyLogCallback::<s2n_connection> { function, context })
        });
        config.core.set_key_log_callback(key_log);
        Ok(())
    })
}
