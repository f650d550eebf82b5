//! Pre-shared keys of a config (RFC 8446, 4.2.11).

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use rs2n_core::config::callbacks::PskSelectionCallback;

use crate::ffi::abi::arguments::s2n_psk_mode_arg;
use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::callbacks::s2n_psk_selection_callback;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_config, s2n_connection, s2n_offered_psk_list};
use crate::sys::io::Context;
use crate::sys::psk_callbacks::CPskSelectionCallback;

/// Sets the use of pre-shared keys by connections: for session resumption, which is the default, or
/// as external keys of the application. A connection takes the mode over when its config is set,
/// unless it has its own mode, or pre-shared keys.
///
/// @param config A config
/// @param mode `S2N_PSK_MODE_RESUMPTION` or `S2N_PSK_MODE_EXTERNAL`
/// @returns 0, or -1 with `S2N_ERR_NULL` or `S2N_ERR_INVALID_ARGUMENT`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_psk_mode(
    config: *mut s2n_config,
    mode: s2n_psk_mode_arg,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_psk_mode(mode.try_into()?);
        Ok(())
    })
}

/// Sets the callback with which a server selects one of the pre-shared keys that a client offers:
/// it may look the keys up, add them with `s2n_connection_append_psk()`, and choose one with
/// `s2n_offered_psk_list_choose_psk()`. A result less than 0, or no choice, means a full handshake.
///
/// Without a callback, the server uses the first of its own keys that the client offers, or the
/// first ticket that it can decrypt.
///
/// The callback is called before the client has shown that it has the key.
///
/// @param config A config
/// @param cb The callback, which is called in any thread that uses the config; NULL for none
/// @param context Passed to the callback; owned by the caller, and never dereferenced
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; `cb` can be called with `context`, in any thread that uses the config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_psk_selection_callback(
    config: *mut s2n_config,
    cb: s2n_psk_selection_callback,
    context: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        let context = Context(context);
        let callback = cb.map(|function| -> Arc<dyn PskSelectionCallback> {
            Arc::new(
                CPskSelectionCallback::<s2n_connection, s2n_offered_psk_list> { function, context },
            )
        });
        config.core.set_psk_selection(callback);
        Ok(())
    })
}
