//! What `s2n/unstable/ktls.h` declares.

use std::ffi::c_int;

use super::boundary::status;
use super::handle::Handle;
use super::output;
use super::types::s2n_connection;

/// Says how often the keys of a connection have changed since its handshake. Each count stops
/// at 255.
///
/// @param conn A connection
/// @param send_key_updates Set to the number of KeyUpdates that were sent
/// @param recv_key_updates Set to the number of KeyUpdates that were received
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// May be called from any thread.
///
/// # Safety
///
/// `conn` is NULL or live; the other two are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_key_update_counts(
    conn: *mut s2n_connection,
    send_key_updates: *mut u8,
    recv_key_updates: *mut u8,
) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: the C caller's promise about `send_key_updates`.
        let sent = unsafe { output::slot(send_key_updates) }?;
        // SAFETY: the C caller's promise about `recv_key_updates`.
        let received = unsafe { output::slot(recv_key_updates) }?;
        sent.set(conn.core.key_updates_sent());
        received.set(conn.core.key_updates_received());
        Ok(())
    })
}
