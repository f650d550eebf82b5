//! The ClientHello callback.

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use rs2n_core::config::ClientHelloCallback;
use rs2n_core::error::Code;

use crate::ffi::abi::arguments::{parse, s2n_client_hello_cb_mode_arg};
use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_config, s2n_connection};
use crate::sys::callbacks::{CClientHelloCallback, ClientHelloFn};
use crate::sys::io::Context;

/// Sets the callback that a server calls when a ClientHello has arrived, before version, cipher
/// suite and certificate are selected.
///
/// The callback can read the message with `s2n_connection_get_client_hello()`, and replace the
/// config of the connection with `s2n_connection_set_config()`. It is called once for each
/// connection, within `s2n_negotiate()`; not for the second ClientHello, which follows a
/// HelloRetryRequest. A return value less than 0 fails the handshake with `S2N_ERR_CANCELLED`. The
/// meaning of 0 and greater values depends on the mode: see
/// `s2n_config_set_client_hello_cb_mode()`.
///
/// @param config A config
/// @param client_hello_callback The callback, which is called in any thread that uses the config;
/// NULL removes it
/// @param ctx Passed to the callback unchanged; owned by the caller
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; the callback can be called with `ctx`, in any thread that uses the
/// config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_client_hello_cb(
    config: *mut s2n_config,
    client_hello_callback: Option<
        unsafe extern "C" fn(conn: *mut s2n_connection, ctx: *mut c_void) -> c_int,
    >,
    ctx: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        let callback = |function: ClientHelloFn<s2n_connection>| -> Arc<dyn ClientHelloCallback> {
            let context = Context(ctx);
            Arc::new(CClientHelloCallback { function, context })
        };
        config
            .core
            .set_client_hello_callback(client_hello_callback.map(callback));
        Ok(())
    })
}

/// Sets whether the handshake continues when the ClientHello callback has returned, or is
/// suspended.
///
/// @param config A config
/// @param cb_mode `S2N_CLIENT_HELLO_CB_BLOCKING`, the default: the handshake continues.
/// `S2N_CLIENT_HELLO_CB_NONBLOCKING`: the handshake is suspended until `s2n_client_hello_cb_done()`
/// is called, in the callback or later; until then `s2n_negotiate()` fails with
/// `S2N_ERR_ASYNC_BLOCKED` and `S2N_BLOCKED_ON_APPLICATION_INPUT`.
/// @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_INVALID_STATE` for another mode
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_client_hello_cb_mode(
    config: *mut s2n_config,
    cb_mode: s2n_client_hello_cb_mode_arg,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        let waits = parse(cb_mode.0, &[false, true], Code::InvalidState)?;
        config.core.set_client_hello_waits(waits);
        Ok(())
    })
}
