//! The key log callback (RFC 9850).

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use rs2n_core::config::KeyLogCallback;

use crate::ffi::abi::boundary::status_with_memory;
use crate::ffi::abi::callbacks::s2n_key_log_fn;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_config, s2n_connection};
use crate::sys::callbacks::CKeyLogCallback;
use crate::sys::io::Context;

/// Sets the callback that receives the secrets of each handshake, in the key log format of protocol
/// analysers (RFC 9850). All traffic of a connection can be decrypted with its secrets: for
/// debugging only.
///
/// The callback is called within `s2n_negotiate()`, with one line at a time, without the line end.
/// The line is valid only during the call. The return value of the callback is ignored.
///
/// @param config A config; the callback applies to handshakes that begin later
/// @param callback The callback, which is called in any thread that uses the config; NULL removes
/// it
/// @param ctx Passed to the callback unchanged; owned by the caller
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; `callback` can be called with `ctx`, in any thread that uses the
/// config.
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
