//! Execution, application and freeing of asynchronous private-key operations.

use std::ffi::c_int;

use crate::ffi::abi::boundary::status;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_async_pkey_op, s2n_cert_private_key, s2n_connection, s2n_pkey};
use rs2n_core::credentials::operation::Signature;

impl Handle for s2n_async_pkey_op {
    type Inner = Signature;
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
        // SAFETY: `op` is null or live for the whole call.
        let op = unsafe { s2n_async_pkey_op::borrow(op) }?;
        // SAFETY: `key` is null or live for the whole call.
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
        // SAFETY: `op` is null or live for the whole call.
        let op = unsafe { s2n_async_pkey_op::borrow(op) }?;
        // SAFETY: `conn` is null or live for the whole call.
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
        // SAFETY: `op` is null or live, and not used again.
        drop(unsafe { s2n_async_pkey_op::take(op) }?);
        Ok(())
    })
}
