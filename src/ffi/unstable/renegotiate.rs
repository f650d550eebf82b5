//! Renegotiation in TLS 1.2: refused.

// The names are those of the C API.
#![allow(non_camel_case_types)]

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use libc::ssize_t;
use rs2n_core::base::Blocked;
use rs2n_core::config::callbacks::RenegotiationCallback;
use rs2n_core::error::Code;

use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::output;
use crate::ffi::abi::types::{s2n_blocked_status, s2n_config, s2n_connection};
use crate::sys::io::Context;
use crate::sys::renegotiation::CRenegotiationCallback;

/// A client's response to a renegotiation request (HelloRequest).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_renegotiate_response {
    S2N_RENEGOTIATE_IGNORE = 0,
    S2N_RENEGOTIATE_REJECT = 1,
    S2N_RENEGOTIATE_ACCEPT = 2,
}

/// Decides on a server's renegotiation request.
pub type s2n_renegotiate_request_cb = Option<
    unsafe extern "C" fn(
        conn: *mut s2n_connection,
        context: *mut c_void,
        response: *mut s2n_renegotiate_response,
    ) -> c_int,
>;

/// Set if renegotiation is blocked because application data was received during the handshake.
#[unsafe(no_mangle)]
pub static S2N_BLOCKED_ON_APPLICATION_DATA: s2n_blocked_status =
    s2n_blocked_status::S2N_BLOCKED_ON_EARLY_DATA;

/// Sets the callback of a client for renegotiation requests of a TLS 1.2 server (HelloRequest).
///
/// This library does not renegotiate: the response decides whether the server is told so. Without a
/// callback, requests are ignored. After `S2N_RENEGOTIATE_REJECT`, the next call that sends answers
/// with the alert no_renegotiation. After the other responses there is no answer;
/// `s2n_renegotiate_wipe()` and `s2n_renegotiate()` fail. If the server does not support secure
/// renegotiation (RFC 5746, 4.2), its request is rejected without a call of the callback.
///
/// The callback is called within `s2n_recv()` or `s2n_shutdown()`. Its response is
/// `S2N_RENEGOTIATE_REJECT` unless it sets another one. If it returns another value than 0, the call
/// fails with `S2N_ERR_CANCELLED`, and the connection is closed.
///
/// @param config The config
/// @param callback The callback, which is called in any thread that uses the config; NULL removes it
/// @param context Passed to the callback unchanged; owned by the caller
/// @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_INVALID_STATE` if the config has a
/// serialization version
///
/// # Safety
///
/// `config` is NULL or live; `callback` can be called with `context`, in any thread that uses the
/// config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_renegotiate_request_cb(
    config: *mut s2n_config,
    callback: s2n_renegotiate_request_cb,
    context: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        let callback = callback.map(|function| -> Arc<dyn RenegotiationCallback> {
            let context = Context(context);
            Arc::new(CRenegotiationCallback { function, context })
        });
        config.core.set_renegotiation_callback(callback)
    })
}

/// Prepares a client connection for renegotiation with the same peer. Always fails: this library
/// does not renegotiate.
///
/// @param conn A connection
/// @returns -1 with `S2N_ERR_NULL` or `S2N_ERR_NO_RENEGOTIATION`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_renegotiate_wipe(conn: *mut s2n_connection) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        unsafe { s2n_connection::borrow(conn) }?;
        Err(Code::NoRenegotiation)?
    })
}

/// Performs a renegotiation handshake on a client connection. Always fails: this library does not
/// renegotiate.
///
/// @param conn A connection
/// @param app_data_buf Not used; may be NULL
/// @param app_data_buf_size Not used
/// @param app_data_size Not used; may be NULL
/// @param blocked Set to `S2N_BLOCKED_ON_READ`
/// @returns -1 with `S2N_ERR_NULL` if `conn` or `blocked` is NULL, or with
/// `S2N_ERR_NO_RENEGOTIATION`
///
/// # Safety
///
/// `conn` is NULL or live; `blocked` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_renegotiate(
    conn: *mut s2n_connection,
    app_data_buf: *mut u8,
    app_data_buf_size: ssize_t,
    app_data_size: *mut ssize_t,
    blocked: *mut s2n_blocked_status,
) -> c_int {
    let _ = (app_data_buf, app_data_buf_size, app_data_size);
    let refuse = |blocked: &mut Blocked| {
        *blocked = Blocked::Read;
        // SAFETY: `conn` is null or live for the whole call.
        unsafe { s2n_connection::borrow(conn) }?;
        Err(Code::NoRenegotiation)?
    };
    // SAFETY: `blocked` is null or writable for the whole call.
    status(|| unsafe { output::blocked(blocked, refuse) })
}
