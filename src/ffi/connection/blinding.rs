//! Blinding: random delays after errors caused by the peer.

use std::ffi::c_int;

use crate::ffi::abi::arguments::s2n_blinding_arg;
use crate::ffi::abi::boundary::{boundary_or, brief};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::s2n_connection;

/// Sets the blinding mode of a connection. An error caused by the peer closes the connection, and
/// the alert is sent only after a random delay, so that its timing reveals no information to an
/// attacker.
///
/// By default the call that fails returns after the delay, which is between 10 and 30 seconds: to a
/// user who waits for the result it looks like a hang.
///
/// @param conn The connection
/// @param blinding With `S2N_BUILT_IN_BLINDING`, the default, the failing call sleeps. With any
/// other value it returns at once, and the application must wait for `s2n_connection_get_delay()`
/// nanoseconds before it calls `s2n_shutdown()` and closes.
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_blinding(
    conn: *mut s2n_connection,
    blinding: s2n_blinding_arg,
) -> c_int {
    brief(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.core.set_blinding(blinding.into());
        Ok(0)
    })
}

/// Returns the remaining blinding delay, after which the application may close a failed connection.
///
/// @param conn The connection
/// @returns a number of nanoseconds, 0 if there is no delay; UINT64_MAX with `S2N_ERR_NULL`, or
/// with `S2N_ERR_CANCELLED` if the application's clock failed
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_delay(conn: *mut s2n_connection) -> u64 {
    boundary_or(u64::MAX, || {
        // SAFETY: `conn` is null or live when the call begins.
        let conn = unsafe { s2n_connection::share(conn) }?;
        Ok(u64::try_from(conn.core.delay()?.as_nanos()).unwrap_or(u64::MAX))
    })
}
