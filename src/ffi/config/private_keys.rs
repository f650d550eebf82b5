//! Asynchronous private-key operations: callback, validation and verification after signing.

use std::ffi::c_int;
use std::sync::Arc;

use crate::ffi::abi::arguments::{
    parse, s2n_async_pkey_validation_mode_arg, s2n_verify_after_sign_arg,
};
use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::callbacks::s2n_async_pkey_fn;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::s2n_config;
use crate::sys::callbacks::CPrivateKeyCallback;
use rs2n_core::config::PrivateKeys;
use rs2n_core::error::Code;

/// Sets a callback that is called whenever a handshake needs a private key: once, for a server, and for
/// a client that shows a certificate. With a callback, chains need no private key.
///
/// The callback gets an operation, which it owns and must free with `s2n_async_pkey_op_free()`, whatever
/// it returns. It signs, in the callback or later, in any thread: with `s2n_async_pkey_op_perform()`, or
/// with `s2n_async_pkey_op_get_input()` and `s2n_async_pkey_op_set_output()`. Then
/// `s2n_async_pkey_op_apply()` gives the signature to the connection. Until then `s2n_negotiate()` fails
/// with `S2N_ERR_ASYNC_BLOCKED` and `S2N_BLOCKED_ON_APPLICATION_INPUT`. The callback returns 0; else the
/// handshake fails with `S2N_ERR_ASYNC_CALLBACK_FAILED`.
///
/// @param config A config; connections that begin their handshake later use the callback
/// @param fn The callback; NULL for none
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
/// @param mode `S2N_ASYNC_PKEY_VALIDATION_FAST`, the default, does not;
/// `S2N_ASYNC_PKEY_VALIDATION_STRICT` does
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_ARGUMENT`
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

/// Sets whether signatures are verified before they are sent, wherever they were made: a fault of the
/// computation could give the private key away. If one is wrong, the handshake fails with
/// `S2N_ERR_VERIFY_SIGNATURE`, and so does `s2n_async_pkey_op_apply()`.
///
/// @param config A config
/// @param mode `S2N_VERIFY_AFTER_SIGN_DISABLED`, the default, or `S2N_VERIFY_AFTER_SIGN_ENABLED`
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_ARGUMENT`
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
