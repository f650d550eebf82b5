//! Functions of `s2n/internal.h` on a connection: s2n-tls exports them, but not in its public headers.

use std::ffi::c_int;
use std::sync::Arc;

use crate::ffi::abi::boundary::{cancellable, status};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::output;
use crate::ffi::abi::types::{s2n_blocked_status, s2n_config, s2n_connection};
use rs2n_core::error::Code;

/// Gives the config that `s2n_connection_set_config()` attached.
///
/// @param conn A connection
/// @param config Set to the config. It stays valid as long as the connection, even if its owner freed it;
/// freeing it is its owner's.
/// @returns 0, or -1 with `S2N_ERR_NULL`, also if no config was attached
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

/// Sends what is in records already and has not left, without taking up a send that blocked: its data is
/// not counted before that call is repeated.
///
/// @param conn A connection
/// @param blocked Set to `S2N_BLOCKED_ON_WRITE` unless all was sent
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_IO_BLOCKED`, `S2N_ERR_IO`, or `S2N_ERR_REENTRANCY`
/// while another call sends
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
