//! Asynchronous private-key operations: callback, validation and verification after signing.

use std::ffi::c_int;
use std::sync::Arc;

use rs2n_core::config::PrivateKeys;
use rs2n_core::error::Code;

use crate::ffi::abi::arguments::{
    parse, s2n_async_pkey_validation_mode_arg, s2n_verify_after_sign_arg,
};
use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::callbacks::s2n_async_pkey_fn;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::s2n_config;
use crate::sys::callbacks::CPrivateKeyCallback;

/// Sets the callback for private key operations, which may complete asynchronously. It is called
/// when a handshake requires a signature by the private key of the local certificate: once for a
/// server, and once for a client that sends a certificate. With a callback, certificate chains need
/// no private key.
///
/// The callback receives an operation. It owns the operation, and must free it with
/// `s2n_async_pkey_op_free()`, whatever the callback returns. The application signs, in the
/// callback or later, in any thread: with `s2n_async_pkey_op_perform()`, or with
/// `s2n_async_pkey_op_get_input()` and `s2n_async_pkey_op_set_output()`. Then
/// `s2n_async_pkey_op_apply()` passes the signature to the connection. Until then `s2n_negotiate()`
/// fails with `S2N_ERR_ASYNC_BLOCKED` and `S2N_BLOCKED_ON_APPLICATION_INPUT`. The callback returns
/// 0 for success; any other value fails the handshake with `S2N_ERR_ASYNC_CALLBACK_FAILED`.
///
/// @param config A config; the callback applies to handshakes that begin later
/// @param fn The callback, which is called in any thread that uses the config; NULL removes it
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; the callback can be called in any thread that uses the config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_async_pkey_callback(
    config: *mut s2n_config,
    r#fn: s2n_async_pkey_fn,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        let keys = r#fn
            .map(|function| -> Arc<dyn PrivateKeys> { Arc::new(CPrivateKeyCallback { function }) });
        config.core.set_private_keys(keys);
        Ok(())
    })
}

/// Sets whether `s2n_async_pkey_op_apply()` verifies signatures with the certificate's public key.
///
/// @param config A config
/// @param mode `S2N_ASYNC_PKEY_VALIDATION_FAST`, the default: signatures are not verified.
/// `S2N_ASYNC_PKEY_VALIDATION_STRICT`: signatures are verified.
/// @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_INVALID_ARGUMENT` for another mode
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_async_pkey_validation_mode(
    config: *mut s2n_config,
    mode: s2n_async_pkey_validation_mode_arg,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        let verifies = parse(mode.0, &[false, true], Code::InvalidArgument)?;
        config.core.set_verifies_private_keys(verifies);
        Ok(())
    })
}

/// Sets whether signatures are verified before they are sent, both those of the library and those
/// of the application: a fault in the computation can disclose the private key. For an invalid
/// signature the handshake fails with `S2N_ERR_VERIFY_SIGNATURE`, and so does
/// `s2n_async_pkey_op_apply()`.
///
/// @param config A config
/// @param mode `S2N_VERIFY_AFTER_SIGN_DISABLED`, the default, or `S2N_VERIFY_AFTER_SIGN_ENABLED`
/// @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_INVALID_ARGUMENT` for another mode
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_verify_after_sign(
    config: *mut s2n_config,
    mode: s2n_verify_after_sign_arg,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        let verifies = parse(mode.0, &[false, true], Code::InvalidArgument)?;
        config.core.set_verifies_after_sign(verifies);
        Ok(())
    })
}
