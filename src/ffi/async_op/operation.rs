//! Private keys that are elsewhere.

use std::ffi::c_int;
use std::sync::Arc;

use crate::ffi::abi::boundary::{boundary, status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::*;
use crate::ffi::abi::{input, output};
use crate::sys::callbacks::PrivateKeyCallback;
use crate::tls::certs::CertChain;
use crate::tls::config::PrivateKeys;
use crate::tls::credentials::operation::Signature;
use crate::tls::error::Code;

impl Handle for s2n_async_pkey_op {
    type Inner = Signature;
}

/// Never given away: a key belongs to its chain.
impl Handle for s2n_pkey {
    type Inner = CertChain;
}

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
        // SAFETY: the C caller's promise about `config`.
        let config = unsafe { s2n_config::borrow(config) }?;
        let keys = r#fn
            .map(|function| -> Arc<dyn PrivateKeys> { Arc::new(PrivateKeyCallback { function }) });
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
        // SAFETY: the C caller's promise about `config`.
        let config = unsafe { s2n_config::borrow(config) }?;
        let verifies = match mode.0 {
            0 => false,
            1 => true,
            _ => return Err(Code::InvalidArgument)?,
        };
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
        // SAFETY: the C caller's promise about `config`.
        let config = unsafe { s2n_config::borrow(config) }?;
        let verifies = match mode.0 {
            0 => false,
            1 => true,
            _ => return Err(Code::InvalidArgument)?,
        };
        config.core.set_verifies_after_sign(verifies);
        Ok(())
    })
}

/// Gives the private key of a chain, for `s2n_async_pkey_op_perform()`. It belongs to the chain, and is
/// valid until that is freed.
///
/// @param cert_and_key A chain
/// @returns the key, also of a chain that has none, with which nothing can be performed; NULL with
/// `S2N_ERR_NULL`
///
/// # Safety
///
/// `cert_and_key` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_cert_chain_and_key_get_private_key(
    cert_and_key: *mut s2n_cert_chain_and_key,
) -> *mut s2n_cert_private_key {
    boundary(|| {
        // SAFETY: the C caller's promise about `cert_and_key`.
        let chain = unsafe { s2n_cert_chain_and_key::borrow(cert_and_key) }?;
        Ok(Arc::as_ptr(&chain.core).cast_mut().cast())
    })
}

/// Signs with a private key. May be called once, in the callback or later, in any thread; the
/// connection need not live any more.
///
/// @param op An operation
/// @param key The private key of a chain; see `s2n_cert_chain_and_key_get_private_key()`
/// @returns 0, or -1 with `S2N_ERR_NULL`, also if the chain has no private key;
/// `S2N_ERR_ASYNC_ALREADY_PERFORMED`; `S2N_ERR_PKEY_CTX_INIT` if the key is of another kind;
/// `S2N_ERR_SIGN`
///
/// # Safety
///
/// `op` and `key` are NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_async_pkey_op_perform(
    op: *mut s2n_async_pkey_op,
    key: *mut s2n_cert_private_key,
) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `op`.
        let op = unsafe { s2n_async_pkey_op::borrow(op) }?;
        // SAFETY: the C caller's promise about `key`.
        let key = unsafe { s2n_pkey::borrow(key) }?;
        op.perform(key)
    })
}

/// Gives a signature to the connection that needs it, whose next `s2n_negotiate()` goes on. May be
/// called in the callback or later, in any thread, and again if it failed.
///
/// @param op An operation that has its signature
/// @param conn The connection that the callback was called with
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_ASYNC_NOT_PERFORMED`,
/// `S2N_ERR_ASYNC_ALREADY_APPLIED`, `S2N_ERR_ASYNC_WRONG_CONNECTION` if the connection does not wait for
/// this operation, `S2N_ERR_VERIFY_SIGNATURE`
///
/// # Safety
///
/// `op` and `conn` are NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_async_pkey_op_apply(
    op: *mut s2n_async_pkey_op,
    conn: *mut s2n_connection,
) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `op`.
        let op = unsafe { s2n_async_pkey_op::borrow(op) }?;
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.core.apply_signature(op)
    })
}

/// Frees an operation, before or after its connection. A connection that waits for it waits until it is
/// freed or wiped itself.
///
/// @param op An operation, not to be used again
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `op` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_async_pkey_op_free(op: *mut s2n_async_pkey_op) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `op`.
        drop(unsafe { s2n_async_pkey_op::take(op) }?);
        Ok(())
    })
}

/// Gives the type of an operation.
///
/// @param op An operation
/// @param type Set to `S2N_ASYNC_SIGN`; nothing is decrypted in what we support
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `op` is NULL or live; `type` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_async_pkey_op_get_op_type(
    op: *mut s2n_async_pkey_op,
    r#type: *mut s2n_async_pkey_op_type,
) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `op`.
        unsafe { s2n_async_pkey_op::borrow(op) }?;
        // SAFETY: the C caller's promise about `type`.
        let slot = unsafe { output::slot(r#type) }?;
        slot.set(s2n_async_pkey_op_type::S2N_ASYNC_SIGN);
        Ok(())
    })
}

/// Gives the size of what is to be signed.
///
/// @param op An operation
/// @param data_len Set to the size in bytes: that of a SHA-256, SHA-384 or SHA-512 hash
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED` for ML-DSA
///
/// # Safety
///
/// `op` is NULL or live; `data_len` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_async_pkey_op_get_input_size(
    op: *mut s2n_async_pkey_op,
    data_len: *mut u32,
) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `op`.
        let op = unsafe { s2n_async_pkey_op::borrow(op) }?;
        // SAFETY: the C caller's promise about `data_len`.
        let slot = unsafe { output::slot(data_len) }?;
        slot.set(op.input_len()? as u32);
        Ok(())
    })
}

/// Gives what is to be signed: a hash, for RSA with PKCS #1 padding or PSS and for ECDSA. Its size says
/// which hash it is, and the salt of PSS is as long.
///
/// @param op An operation
/// @param data Where the hash goes
/// @param data_len The room there in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_SAFETY` if there is not room enough, or
/// `S2N_ERR_UNIMPLEMENTED` for ML-DSA
///
/// # Safety
///
/// `op` is NULL or live; `data` is NULL or writable for `data_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_async_pkey_op_get_input(
    op: *mut s2n_async_pkey_op,
    data: *mut u8,
    data_len: u32,
) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `op`.
        let op = unsafe { s2n_async_pkey_op::borrow(op) }?;
        // SAFETY: the C caller's promise about `data`.
        let room = unsafe { input::required_slice_mut(data, data_len as usize) }?;
        let hash = op.input()?;
        let room = room.get_mut(..hash.len()).ok_or(Code::Safety)?;
        room.copy_from_slice(&hash);
        Ok(())
    })
}

/// Sets the signature, which was made elsewhere. It may be set again until it is applied.
///
/// @param op An operation
/// @param data The signature, as it goes into the handshake message: ECDSA's in DER; copied
/// @param data_len Its length in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `op` is NULL or live; `data` is NULL or readable for `data_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_async_pkey_op_set_output(
    op: *mut s2n_async_pkey_op,
    data: *const u8,
    data_len: u32,
) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `op`.
        let op = unsafe { s2n_async_pkey_op::borrow(op) }?;
        // SAFETY: the C caller's promise about `data`.
        let signature = unsafe { input::required_bytes(data, data_len as usize) }?;
        op.set_output(signature)
    })
}
