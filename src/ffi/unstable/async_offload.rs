//! Offloading of signature verification to threads of the application.

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use rs2n_core::config::Offload;
use rs2n_core::credentials::async_op::Verification;
use rs2n_core::error::Code;

use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_async_offload_op, s2n_config, s2n_connection};
use crate::sys::callbacks::COffloadCallback;
use crate::sys::io::Context;

/// Types of operations that can be offloaded, one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
#[allow(non_camel_case_types)] // Names are those of the API.
pub enum s2n_async_offload_op_type {
    /// Verification of the signature by which the peer proves possession of its private key.
    S2N_ASYNC_OFFLOAD_PKEY_VERIFY = 0x01,
    /// All operations, including types that later versions add.
    S2N_ASYNC_OFFLOAD_ALLOW_ALL = 0x7fff_ffff,
}

/// Receives an operation to be performed, within the callback or later; returns 0 on success.
#[allow(non_camel_case_types)] // Names are those of the API.
pub type s2n_async_offload_cb = Option<
    unsafe extern "C" fn(
        conn: *mut s2n_connection,
        op: *mut s2n_async_offload_op,
        ctx: *mut c_void,
    ) -> c_int,
>;

impl Handle for s2n_async_offload_op {
    type Inner = Verification;
}

/// Sets a callback that offloads expensive operations to other threads.
///
/// The callback receives an operation, which is owned by the connection. The operation is performed
/// with `s2n_async_offload_op_perform()`, in the callback or later, from any thread; until then
/// `s2n_negotiate()` fails with `S2N_ERR_ASYNC_BLOCKED` and sets
/// `S2N_BLOCKED_ON_APPLICATION_INPUT`. The callback returns 0 on success; with any other value the
/// handshake fails with `S2N_ERR_CANCELLED`.
///
/// @param config The config; the callback applies to connections whose handshake begins later
/// @param allow_list Bitwise OR of the `s2n_async_offload_op_type` values for which the callback is
/// called
/// @param fn The callback
/// @param ctx Context passed to the callback; never dereferenced, ownership remains with the caller
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_ARGUMENT` if the allow list is empty
///
/// # Safety
///
/// `config` is NULL or live; the callback can be called with `ctx`, in any thread that uses the
/// config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_async_offload_callback(
    config: *mut s2n_config,
    allow_list: u32,
    r#fn: s2n_async_offload_cb,
    ctx: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        let function = r#fn.ok_or(Code::Null)?;
        if allow_list == 0 {
            return Err(Code::InvalidArgument)?;
        }
        let verifies = allow_list & s2n_async_offload_op_type::S2N_ASYNC_OFFLOAD_PKEY_VERIFY as u32;
        let offload = (verifies != 0).then(|| -> Arc<dyn Offload> {
            let context = Context(ctx);
            Arc::new(COffloadCallback { function, context })
        });
        config.core.set_offload(offload);
        Ok(())
    })
}

/// Performs an offloaded operation. May be called once for each invocation of the callback, and
/// again after a failure.
///
/// @param op An operation of a connection, which must not be freed during the call
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` if there is no operation to
/// perform, or `S2N_ERR_VERIFY_SIGNATURE` if the peer's signature is invalid, in which case the
/// handshake remains blocked
///
/// # Safety
///
/// `op` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_async_offload_op_perform(op: *mut s2n_async_offload_op) -> c_int {
    status(|| {
        // SAFETY: `op` is null or live when the call begins.
        let op = unsafe { s2n_async_offload_op::share(op) }?;
        op.perform()
    })
}
