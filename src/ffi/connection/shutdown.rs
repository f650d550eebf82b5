//! Connection shutdown and received alerts.

use std::ffi::c_int;

use crate::ffi::abi::boundary::{boundary, cancellable, status};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::output;
use crate::ffi::abi::types::{s2n_blocked_status, s2n_connection};

/// Closes both directions of a connection: sends pending data, then a close_notify or the pending
/// fatal alert, and waits for the peer's close_notify (RFC 8446, 6.1). Application data received
/// before it is discarded. File descriptors are not closed.
///
/// No other call on the connection may run at the same time.
///
/// @param conn The connection
/// @param blocked Set to the operation on which the call is blocked
/// @returns 0 when both sides have closed, or when no close_notify of the peer can be expected;
/// otherwise -1 with `S2N_ERR_IO_BLOCKED` (call again), `S2N_ERR_SHUTDOWN_PAUSED` until the
/// blinding delay has elapsed, `S2N_ERR_CLOSED` if the stream ended without a close_notify,
/// `S2N_ERR_ALERT`, or `S2N_ERR_IO`
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

/// Closes the write direction only: sends pending data and a close_notify. In TLS 1.3 the
/// connection can still receive until the peer closes its write direction; in earlier versions the
/// connection is closed entirely.
///
/// No other call that sends may run at the same time; a call that receives may.
///
/// @param conn The connection
/// @param blocked Set to `S2N_BLOCKED_ON_WRITE` until all data is sent
/// @returns 0 when all data is sent; otherwise -1 with the errors of `s2n_shutdown()`
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

/// Returns the description of the alert that closed the read direction (RFC 8446, 6): 0 for
/// close_notify.
///
/// @param conn The connection
/// @returns the AlertDescription value; -1 with `S2N_ERR_NULL`, or `S2N_ERR_NO_ALERT` if no alert
/// was received
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
