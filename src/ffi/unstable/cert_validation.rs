//! Application-defined validation of peer certificates: a part of `s2n/unstable/crl.h`.

// Names are those of the API.
#![allow(non_camel_case_types)]

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_cert_validation_info, s2n_config, s2n_connection};
use crate::sys::callbacks::ValidationCallback;
use crate::sys::io::Context;
use rs2n_core::config::{Validate, Validation};

impl Handle for s2n_cert_validation_info {
    type Inner = Validation;
}

/// Looks at a peer whose certificate was verified; 0 for success.
pub type s2n_cert_validation_callback = Option<
    unsafe extern "C" fn(
        conn: *mut s2n_connection,
        info: *mut s2n_cert_validation_info,
        context: *mut c_void,
    ) -> c_int,
>;

/// Sets a callback that has the last word about a peer's certificate, once everything else is fine.
///
/// It decides with `s2n_cert_validation_accept()` or `s2n_cert_validation_reject()`, at once or later from
/// any thread; until then `s2n_negotiate()` fails with `S2N_ERR_ASYNC_BLOCKED`. What it returns other than
/// 0 ends the handshake with `S2N_ERR_CANCELLED`. It may call `s2n_connection_get_peer_cert_chain()`.
///
/// @param config A config
/// @param callback The callback; NULL for none
/// @param context Handed to the callback as it is; stays the caller's
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; `callback` can be called with `context`, in any thread that uses the config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_cert_validation_cb(
    config: *mut s2n_config,
    callback: s2n_cert_validation_callback,
    context: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        let callback = callback.map(|function| -> Arc<dyn Validate> {
            let context = Context(context);
            Arc::new(
                ValidationCallback::<s2n_connection, s2n_cert_validation_info> {
                    function,
                    context,
                },
            )
        });
        config.core.set_validate(callback);
        Ok(())
    })
}

/// Accepts a peer's certificate.
///
/// @param info What the callback was given; valid until the connection is wiped or freed
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` if there is a verdict
///
/// # Safety
///
/// `info` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_cert_validation_accept(info: *mut s2n_cert_validation_info) -> c_int {
    // SAFETY: `info` is null or live for the whole call.
    status(|| unsafe { s2n_cert_validation_info::borrow(info) }?.decide(true))
}

/// Rejects a peer's certificate: the handshake fails with `S2N_ERR_CERT_REJECTED`.
///
/// @param info What the callback was given; valid until the connection is wiped or freed
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` if there is a verdict
///
/// # Safety
///
/// `info` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_cert_validation_reject(info: *mut s2n_cert_validation_info) -> c_int {
    // SAFETY: `info` is null or live for the whole call.
    status(|| unsafe { s2n_cert_validation_info::borrow(info) }?.decide(false))
}
