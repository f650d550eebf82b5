//! Performing, applying and freeing asynchronous private-key operations.

use std::ffi::c_int;

use rs2n_core::credentials::async_op::Signature;

use crate::ffi::abi::boundary::status;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_async_pkey_op, s2n_cert_private_key, s2n_connection, s2n_pkey};

impl Handle for s2n_async_pkey_op {
    type Inner = Signature;
}

/// Performs a private-key operation: signs with a private key. May be called once, in the callback
/// or later, from any thread, even after the connection was freed.
///
/// @param op The operation
/// @param key The private key of a certificate chain; see
/// `s2n_cert_chain_and_key_get_private_key()`
/// @returns 0, or -1 with `S2N_ERR_NULL`, also if the chain has no private key;
/// `S2N_ERR_ASYNC_ALREADY_PERFORMED`; `S2N_ERR_PKEY_CTX_INIT` if the key is of another type; or
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
        // SAFETY: `op` is null or live for the whole call.
        let op = unsafe { s2n_async_pkey_op::borrow(op) }?;
        // SAFETY: `key` is null or live for the whole call.
        let key = unsafe { s2n_pkey::borrow(key) }?;
        op.perform(key)
    })
}

/// Applies the signature of a private-key operation to the connection that requires it, so that the
/// next `s2n_negotiate()` resumes the handshake. May be called in the callback or later, from any
/// thread, and again after a failure.
///
/// @param op An operation that has its signature
/// @param conn The connection that was passed to the callback
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_ASYNC_NOT_PERFORMED`,
/// `S2N_ERR_ASYNC_ALREADY_APPLIED`, `S2N_ERR_ASYNC_WRONG_CONNECTION` if the connection is not
/// waiting for this operation, or `S2N_ERR_VERIFY_SIGNATURE`
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
        // SAFETY: `op` is null or live for the whole call.
        let op = unsafe { s2n_async_pkey_op::borrow(op) }?;
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.core.apply_signature(op)
    })
}

/// Frees a private-key operation, before or after its connection. If the operation was not applied,
/// its connection remains blocked until it is freed or wiped.
///
/// @param op The operation, which must not be used afterwards
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `op` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_async_pkey_op_free(op: *mut s2n_async_pkey_op) -> c_int {
    status(|| {
        // SAFETY: `op` is null or live, and not used again.
        drop(unsafe { s2n_async_pkey_op::take(op) }?);
        Ok(())
    })
}
