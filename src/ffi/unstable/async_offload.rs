//! Offloading of certificate verification to threads of the application.

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_async_offload_op, s2n_config, s2n_connection};
use crate::sys::callbacks::OffloadCallback;
use crate::sys::io::Context;
use rs2n_core::config::Offload;
use rs2n_core::credentials::operation::Verification;
use rs2n_core::error::Code;

/// What can be offloaded, a bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
#[allow(non_camel_case_types)] // Names are those of the API.
pub enum s2n_async_offload_op_type {
    /// The verification of the signature with which the peer proves that it has its private key.
    S2N_ASYNC_OFFLOAD_PKEY_VERIFY = 0x01,
    /// All of it, and what later versions add.
    S2N_ASYNC_OFFLOAD_ALLOW_ALL = 0x7fff_ffff,
}

/// Sees to it that an operation is performed, now or later.
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

/// Sets a callback for work that takes long, so that it can be done in another thread.
///
/// The callback gets an operation, which belongs to the connection. It is done by
/// `s2n_async_offload_op_perform()`, in the callback or later, in any thread; until then
/// `s2n_negotiate()` fails with `S2N_ERR_ASYNC_BLOCKED` and `S2N_BLOCKED_ON_APPLICATION_INPUT`. The
/// callback returns 0; else the handshake fails with `S2N_ERR_CANCELLED`.
///
/// @param config A config; connections that begin their handshake later use the callback
/// @param allow_list Members of `s2n_async_offload_op_type`, or-ed: what the callback is called for
/// @param fn The callback
/// @param ctx Handed to the callback as it is; stays the caller's
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_ARGUMENT` if the list is empty
///
/// # Safety
///
/// `config` is NULL or live; the callback can be called with `ctx`, in any thread that uses the config.
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
            Arc::new(OffloadCallback { function, context })
        });
        config.core.set_offload(offload);
        Ok(())
    })
}

/// Does what an operation is for. May be called once for each call of the callback, and again if it
/// failed.
///
/// @param op An operation of a connection, which must not be freed meanwhile
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` if there is nothing to be done, or
/// `S2N_ERR_VERIFY_SIGNATURE` if the peer's signature is wrong: then the handshake goes on waiting
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
