//! The handshake, its type and its last message.

use std::ffi::{c_char, c_int};

use crate::ffi::abi::boundary::{boundary, cancellable, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::output;
use crate::ffi::abi::types::{s2n_blocked_status, s2n_connection};

/// Performs the handshake, or as much of it as is possible without waiting.
///
/// Call it again while the error's type is `S2N_ERR_T_BLOCKED`, once what `blocked` names is
/// ready. After success it may be called at any time; it then sends what TLS 1.3 owes the peer.
///
/// @param conn A connection with a transport, and with a config that suits its mode
/// @param blocked Set to what a blocked call waits for
/// @returns 0 when the handshake is complete; -1 otherwise, with `S2N_ERR_IO_BLOCKED`,
/// `S2N_ERR_ASYNC_BLOCKED`, `S2N_ERR_CLOSED`, `S2N_ERR_ALERT`, or what was wrong with the peer's
/// messages. An error of the last kind is blinded: see `s2n_connection_set_blinding()`.
///
/// No other call on the connection may run at the same time.
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

/// Says what kind of handshake it was, in words of s2n-tls joined by '|', for logs.
///
/// @param conn A connection
/// @returns such as "NEGOTIATED|FULL_HANDSHAKE|MIDDLEBOX_COMPAT"; "INITIAL" before the handshake is
/// complete. It is valid until the connection is wiped or freed. NULL with `S2N_ERR_NULL` if `conn` is
/// NULL
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
        Ok(facts.map_or(c"INITIAL".as_ptr(), |facts| facts.kind.as_ptr()))
    })
}

/// Says at which message a handshake stands, for logs. Of an encrypted flight of the peer it is the
/// first message.
///
/// @param conn A connection
/// @returns such as "SERVER_HELLO"; "APPLICATION_DATA" once the handshake is complete. It lives as long as
/// the process. NULL with `S2N_ERR_NULL` if `conn` is NULL
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
