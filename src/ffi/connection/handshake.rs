//! The TLS handshake, its type and its current message.

use std::ffi::{c_char, c_int};

use crate::ffi::abi::boundary::{boundary, boundary_or, cancellable, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::output;
use crate::ffi::abi::types::{s2n_blocked_status, s2n_connection};

/// Performs the TLS handshake, as far as possible without blocking.
///
/// If the type of the error is `S2N_ERR_T_BLOCKED`, call again when the operation named by
/// `blocked` is ready. After the handshake is complete, further calls are allowed at any time; they
/// send pending TLS 1.3 post-handshake messages.
///
/// No other call on the connection may run at the same time.
///
/// @param conn A connection with a transport, and with a config that is suitable for its mode
/// @param blocked Set to the operation on which the call is blocked
/// @returns 0 when the handshake is complete; otherwise -1 with `S2N_ERR_IO_BLOCKED`,
/// `S2N_ERR_ASYNC_BLOCKED`, `S2N_ERR_CLOSED`, `S2N_ERR_ALERT`, or the error in the peer's messages.
/// The last kind of error is blinded: by default the call returns after 10 to 30 seconds, see
/// `s2n_connection_set_blinding()`.
///
/// # Safety
///
/// `conn` is NULL or live; `blocked` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn s2n_negotiate(
    conn: *mut s2n_connection,
    blocked: *mut s2n_blocked_status,
) -> c_int {
    cancellable(status_with_memory(|| {
        // SAFETY: `conn` is null or live when the call begins.
        let conn = unsafe { s2n_connection::share(conn) }?;
        // SAFETY: `blocked` is null or writable for the whole call.
        unsafe { output::blocked(blocked, |blocked| conn.core.negotiate(blocked)) }
    }))
}

/// Returns the type of the handshake for logging, as s2n-tls's flag names joined by '|'.
///
/// @param conn The connection
/// @returns a string such as "NEGOTIATED|FULL_HANDSHAKE|MIDDLEBOX_COMPAT", or "INITIAL" before the
/// handshake is complete; valid until the connection is wiped or freed. NULL with `S2N_ERR_NULL` if
/// `conn` is NULL.
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_handshake_type_name(
    conn: *mut s2n_connection,
) -> *const c_char {
    boundary(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        let facts = conn.core.negotiated();
        Ok(facts.map_or(c"INITIAL".as_ptr(), |facts| facts.kind().as_ptr()))
    })
}

/// Reports whether the handshake is complete: all of its messages are sent and received, and the
/// connection is ready for application data.
///
/// @param conn The connection; may be NULL
/// @returns whether the handshake is complete; false also if it failed, and for NULL
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_handshake_complete(conn: *mut s2n_connection) -> bool {
    boundary_or(false, || {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) };
        Ok(conn.is_ok_and(|conn| conn.core.is_handshake_complete()))
    })
}

/// Returns the name of the current handshake message, for logging. During an encrypted flight of
/// the peer, this is the first message of the flight.
///
/// @param conn The connection
/// @returns a static string such as "SERVER_HELLO", or "APPLICATION_DATA" when the handshake is
/// complete; NULL with `S2N_ERR_NULL` if `conn` is NULL
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_last_message_name(
    conn: *mut s2n_connection,
) -> *const c_char {
    boundary(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        Ok(conn.core.message_name().as_ptr())
    })
}
