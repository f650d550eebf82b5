//! Connection functions of `s2n/internal.h`, which s2n-tls exports but does not declare in its
//! public headers.

use std::ffi::c_int;
use std::sync::Arc;

use rs2n_core::error::Code;

use crate::ffi::abi::boundary::{cancellable, status};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::output;
use crate::ffi::abi::types::{s2n_blocked_status, s2n_config, s2n_connection};

/// Returns the config that was set with `s2n_connection_set_config()`.
///
/// @param conn The connection
/// @param config Set to the config, which remains valid for the lifetime of the connection, even if
/// its owner frees it; the caller of this function must not free it
/// @returns 0, or -1 with `S2N_ERR_NULL`, also if no config was set
///
/// # Safety
///
/// `conn` is NULL or live; `config` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_config(
    conn: *mut s2n_connection,
    config: *mut *mut s2n_config,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `config` is null or writable for the whole call.
        let slot = unsafe { output::slot(config) }?;
        let attached = conn.config().ok_or(Code::Null)?;
        slot.set(Arc::as_ptr(&attached).cast_mut().cast());
        Ok(())
    })
}

/// Flushes sealed records that have not been written yet. A blocked `s2n_send()` is not completed:
/// its data is counted only when that call is repeated.
///
/// @param conn The connection
/// @param blocked Set to `S2N_BLOCKED_ON_WRITE` unless all records were written
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_IO_BLOCKED`, `S2N_ERR_IO`, or
/// `S2N_ERR_REENTRANCY` while another call is sending
///
/// # Safety
///
/// `conn` is NULL or live; `blocked` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn s2n_flush(
    conn: *mut s2n_connection,
    blocked: *mut s2n_blocked_status,
) -> c_int {
    cancellable(status(|| {
        // SAFETY: `conn` is null or live when the call begins.
        let conn = unsafe { s2n_connection::share(conn) }?;
        // SAFETY: `blocked` is null or writable for the whole call.
        unsafe { output::blocked(blocked, |blocked| conn.core.flush(blocked)) }
    }))
}
