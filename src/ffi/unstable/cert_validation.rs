//! Application-defined validation of peer certificates: a part of `s2n/unstable/crl.h`.

// The names are those of the C API.
#![allow(non_camel_case_types)]

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use rs2n_core::config::{CertValidationCallback, Validation};

use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_cert_validation_info, s2n_config, s2n_connection};
use crate::sys::callbacks::CCertValidationCallback;
use crate::sys::io::Context;

impl Handle for s2n_cert_validation_info {
    type Inner = Validation;
}

/// Validates a peer whose certificate was verified; returns 0 on success.
pub type s2n_cert_validation_callback = Option<
    unsafe extern "C" fn(
        conn: *mut s2n_connection,
        info: *mut s2n_cert_validation_info,
        context: *mut c_void,
    ) -> c_int,
>;

/// Sets a callback for additional validation of the peer's certificate, called after all other
/// verification has succeeded.
///
/// The callback calls `s2n_cert_validation_accept()` or `s2n_cert_validation_reject()`, immediately
/// or later from any thread; until then `s2n_negotiate()` fails with `S2N_ERR_ASYNC_BLOCKED`. If it
/// returns a value other than 0, the handshake fails with `S2N_ERR_CANCELLED`. It may call
/// `s2n_connection_get_peer_cert_chain()`.
///
/// @param config The config
/// @param callback The callback; NULL removes it
/// @param context Context passed to the callback; never dereferenced, ownership remains with the
/// caller
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; `callback` can be called with `context`, in any thread that uses the
/// config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_cert_validation_cb(
    config: *mut s2n_config,
    callback: s2n_cert_validation_callback,
    context: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        let callback = callback.map(|function| -> Arc<dyn CertValidationCallback> {
            let context = Context(context);
            Arc::new(
                CCertValidationCallback::<s2n_connection, s2n_cert_validation_info> {
                    function,
                    context,
                },
            )
        });
        config.core.set_cert_validation_callback(callback);
        Ok(())
    })
}

/// Accepts the peer's certificate.
///
/// @param info The object that was passed to the callback; valid until the connection is wiped or
/// freed
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` if the certificate was already
/// accepted or rejected
///
/// # Safety
///
/// `info` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_cert_validation_accept(info: *mut s2n_cert_validation_info) -> c_int {
    // SAFETY: `info` is null or live for the whole call.
    status(|| unsafe { s2n_cert_validation_info::borrow(info) }?.decide(true))
}

/// Rejects the peer's certificate: the handshake fails with `S2N_ERR_CERT_REJECTED`.
///
/// @param info The object that was passed to the callback; valid until the connection is wiped or
/// freed
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` if the certificate was already
/// accepted or rejected
///
/// # Safety
///
/// `info` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_cert_validation_reject(info: *mut s2n_cert_validation_info) -> c_int {
    // SAFETY: `info` is null or live for the whole call.
    status(|| unsafe { s2n_cert_validation_info::borrow(info) }?.decide(false))
}
