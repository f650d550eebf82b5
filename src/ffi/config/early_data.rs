//! Early data of a config (RFC 8446, 2.3).

use std::ffi::c_int;
use std::sync::Arc;

use rs2n_core::config::callbacks::EarlyDataCallback;

use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::callbacks::s2n_early_data_cb;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_config, s2n_connection, s2n_offered_early_data};
use crate::sys::psk_callbacks::CEarlyDataCallback;

/// Sets the maximum size of the early data that the session tickets of a server permit, and that it
/// accepts with a ticket (RFC 8446, 4.2.10). It is 0 by default: early data is not accepted.
///
/// Early data can be replayed: see the chapter "Early data" of the guide.
///
/// @param config A config
/// @param max_early_data_size The maximum size in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_server_max_early_data_size(
    config: *mut s2n_config,
    max_early_data_size: u32,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_max_early_data(max_early_data_size);
        Ok(())
    })
}

/// Sets the callback with which a server accepts or rejects early data that it could accept: the
/// place for protection against replays. The callback calls `s2n_offered_early_data_accept()` or
/// `s2n_offered_early_data_reject()`; until one of them is called, also after the callback,
/// `s2n_negotiate()` and `s2n_recv_early_data()` fail with `S2N_ERR_ASYNC_BLOCKED`. A result less
/// than 0 ends the handshake with `S2N_ERR_CANCELLED`.
///
/// It is called only for a client that has the pre-shared key. Without a callback, early data is
/// accepted.
///
/// @param config A config
/// @param cb The callback, which is called in any thread that uses the config; NULL for none
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; `cb` can be called in any thread that uses the config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_early_data_cb(
    config: *mut s2n_config,
    cb: s2n_early_data_cb,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        let callback = cb.map(|function| -> Arc<dyn EarlyDataCallback> {
            Arc::new(CEarlyDataCallback::<s2n_connection, s2n_offered_early_data> { function })
        });
        config.core.set_early_data_callback(callback);
        Ok(())
    })
}
