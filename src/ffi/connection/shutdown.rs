//! Shutdown and alerts.

use std::ffi::c_int;

use crate::ffi::abi::boundary::{boundary, cancellable, status};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::output;
use crate::ffi::abi::types::{s2n_blocked_status, s2n_connection};

/// Closes the connection: sends what waits and a close_notify, or the alert that the peer is owed,
/// then waits for the peer's close_notify (RFC 8446, 6.1). Data that comes before it is dropped.
///
/// @param conn A connection
/// @param blocked Set to what a blocked call waits for
/// @returns 0 when both sides have closed, or when no answer is to be expected; -1 otherwise, with
/// `S2N_ERR_IO_BLOCKED` (call again), `S2N_ERR_SHUTDOWN_PAUSED` before the blinding delay is over,
/// `S2N_ERR_CLOSED` if the stream ended without a close_notify, `S2N_ERR_ALERT`, `S2N_ERR_IO`
///
/// No other call on the connection may run at the same time. Descriptors stay open.
///
/// # Safety
///
/// `conn` is NULL or live; `blocked` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn s2n_shutdown(
    conn: *mut s2n_connection,
    blocked: *mut s2n_blocked_status,
) -> c_int {
    cancellable(status(|| {
        // SAFETY: `conn` is null or live when the call begins.
        let conn = unsafe { s2n_connection::share(conn) }?;
        // SAFETY: `blocked` is null or writable for the whole call.
        unsafe { output::blocked(blocked, |blocked| conn.core.shutdown(blocked)) }
    }))
}

/// Closes the sending direction alone: sends what waits and a close_notify. In TLS 1.3 receiving
/// goes on to the peer's own end; before, the connection is over.
///
/// @param conn A connection
/// @param blocked Set to `S2N_BLOCKED_ON_WRITE` while not all is sent
/// @returns 0 when all is sent; -1 otherwise, as `s2n_shutdown()`
///
/// No other call that sends may run at the same time; one that receives may.
///
/// # Safety
///
/// `conn` is NULL or live; `blocked` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn s2n_shutdown_send(
    conn: *mut s2n_connection,
    blocked: *mut s2n_blocked_status,
) -> c_int {
    cancellable(status(|| {
        // SAFETY: `conn` is null or live when the call begins.
        let conn = unsafe { s2n_connection::share(conn) }?;
        // SAFETY: `blocked` is null or writable for the whole call.
        unsafe { output::blocked(blocked, |blocked| conn.core.shutdown_send(blocked)) }
    }))
}

/// Gives the alert that ended reading (RFC 8446, 6): 0 after a close_notify.
///
/// @param conn A connection
/// @returns the alert's number; -1 with `S2N_ERR_NULL`, or `S2N_ERR_NO_ALERT` if there was none
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_alert(conn: *mut s2n_connection) -> c_int {
    boundary(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        Ok(conn.core.alert()?.into())
    })
}
