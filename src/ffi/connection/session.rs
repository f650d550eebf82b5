//! Session resumption and session tickets of a connection.

use std::ffi::c_int;

use rs2n_core::error::Code;

use crate::ffi::abi::boundary::{boundary, boundary_or, status, with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::s2n_connection;
use crate::ffi::abi::{input, output};

/// Sets the session that a client offers to resume. If the server does not resume it, the handshake
/// is a full one; so it is if the ticket of a TLS 1.3 session has expired, which is not offered.
///
/// @param conn A client connection, before its handshake
/// @param session A serialized session from `s2n_connection_get_session()` or from the session
/// ticket callback, also one of s2n-tls; copied
/// @param length Length of the session in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_STUFFER_OUT_OF_DATA` if the session is truncated,
/// `S2N_ERR_INVALID_SERIALIZED_SESSION_STATE`, `S2N_ERR_INVALID_SESSION_TICKET` if its ticket has
/// expired for 7 days or is issued in the future, `S2N_ERR_CIPHER_NOT_SUPPORTED`, `S2N_ERR_INVALID_ARGUMENT` or
/// `S2N_ERR_SAFETY` for an invalid secret or version, or `S2N_ERR_CANCELLED` if the wall clock fails
///
/// # Safety
///
/// `conn` is NULL or live; `session` is NULL or readable for `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_session(
    conn: *mut s2n_connection,
    session: *const u8,
    length: usize,
) -> c_int {
    with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call. A clock callback may free it.
        let conn = unsafe { s2n_connection::share(conn) }?;
        // SAFETY: `session` is null or readable for `length` bytes for the whole call.
        let session = unsafe { input::required_bytes(session, length) }?;
        conn.core.set_session(session)?;
        Ok(0)
    })
}

/// Serializes the session of a client connection, so that it can be resumed later, also with
/// s2n-tls. It is secret: who has it can resume the session. In TLS 1.3 the session belongs to the
/// last session ticket that `s2n_recv()` has received.
///
/// @param conn A client connection
/// @param session Filled with the serialized session
/// @param max_length Size of the buffer in bytes
/// @returns the length of the session in bytes; 0 if there is none; or -1 with `S2N_ERR_NULL`,
/// `S2N_ERR_SERIALIZED_SESSION_STATE_TOO_LONG` if the buffer is too small, or `S2N_ERR_CANCELLED`
/// if the wall clock fails
///
/// # Safety
///
/// `conn` is NULL or live; `session` is NULL or writable for `max_length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_session(
    conn: *mut s2n_connection,
    session: *mut u8,
    max_length: usize,
) -> c_int {
    with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call. A clock callback may free it.
        let conn = unsafe { s2n_connection::share(conn) }?;
        // SAFETY: `session` is null or writable for `max_length` bytes for the whole call.
        let out = unsafe { input::required_slice_mut(session, max_length) }?;
        let Some(session) = conn.core.session()? else {
            return Ok(0);
        };
        let copied = output::copy_all(&session, out, Code::SerializedSessionStateTooLong)?;
        Ok(copied as c_int)
    })
}

/// Returns the lifetime hint of the session ticket that a client received: how long the server
/// intends to accept the ticket.
///
/// @param conn A client connection
/// @returns a number of seconds, or -1 with `S2N_ERR_NULL`, or
/// `S2N_ERR_SESSION_TICKET_NOT_SUPPORTED` if session tickets are disabled or there is none
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_session_ticket_lifetime_hint(
    conn: *mut s2n_connection,
) -> c_int {
    boundary(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        Ok(conn.core.ticket_lifetime()? as c_int)
    })
}

/// Returns the size of the session that `s2n_connection_get_session()` serializes.
///
/// @param conn The connection
/// @returns a number of bytes; 0 if there is no session to resume, or if `conn` is NULL; never
/// fails
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_session_length(conn: *mut s2n_connection) -> c_int {
    boundary_or(0, || {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        Ok(conn.core.session_len()? as c_int)
    })
}

/// Returns the length of the session ID (RFC 5246, 7.4.1.2).
///
/// @param conn The connection
/// @returns a number of bytes, at most 32; 0 in TLS 1.3, which has no session IDs; or -1 with
/// `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_session_id_length(conn: *mut s2n_connection) -> c_int {
    boundary(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        Ok(conn.core.with_session_id(<[u8]>::len) as c_int)
    })
}

/// Copies the session ID (RFC 5246, 7.4.1.2).
///
/// @param conn The connection
/// @param session_id Filled with the session ID
/// @param max_length Size of the buffer in bytes
/// @returns the length of the session ID in bytes; 0 in TLS 1.3, which has no session IDs; or -1
/// with `S2N_ERR_NULL`, or `S2N_ERR_SESSION_ID_TOO_LONG` if the buffer is too small
///
/// # Safety
///
/// `conn` is NULL or live; `session_id` is NULL or writable for `max_length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_session_id(
    conn: *mut s2n_connection,
    session_id: *mut u8,
    max_length: usize,
) -> c_int {
    boundary(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `session_id` is null or writable for `max_length` bytes for the whole call.
        let out = unsafe { input::required_slice_mut(session_id, max_length) }?;
        conn.core.with_session_id(|id| {
            let copied = output::copy_all(id, out, Code::SessionIdTooLong)?;
            Ok(copied as c_int)
        })
    })
}

/// Reports whether the handshake resumed a session.
///
/// @param conn The connection
/// @returns 1 if it did, for a TLS 1.3 server since its response to the ClientHello; 0 if not, else
/// before the handshake is complete, or if `conn` is NULL
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_is_session_resumed(conn: *mut s2n_connection) -> c_int {
    boundary_or(0, || {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) };
        Ok(conn.is_ok_and(|conn| conn.core.is_resumed()).into())
    })
}

/// Increases the number of session tickets that a server sends after a TLS 1.3 handshake. They are
/// sent by the next `s2n_send()` or `s2n_negotiate()`. No effect before TLS 1.3.
///
/// @param conn A server connection
/// @param num Number of additional tickets
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INTEGER_OVERFLOW` for more than 65535 tickets,
/// `S2N_ERR_KEYING_MATERIAL_EXPIRED` if the connection has resumed a session whose keying material
/// has expired, or `S2N_ERR_CANCELLED` if the wall clock fails
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_add_new_tickets_to_send(
    conn: *mut s2n_connection,
    num: u8,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call. A clock callback may free it.
        let conn = unsafe { s2n_connection::share(conn) }?;
        conn.core.add_tickets(num)
    })
}

/// Returns the number of session tickets that a server has sent. The ticket of a TLS 1.2 handshake
/// is counted as well.
///
/// @param conn A server connection
/// @param num Set to the number of tickets
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_CLIENT_MODE` on a client connection
///
/// # Safety
///
/// `conn` is NULL or live; `num` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_tickets_sent(
    conn: *mut s2n_connection,
    num: *mut u16,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `num` is null or writable for the whole call.
        let slot = unsafe { output::slot(num) }?;
        slot.set(conn.core.tickets_sent()?);
        Ok(())
    })
}

/// Sets the lifetime of a server's keying material: how long sessions of TLS 1.3 may be resumed,
/// counted from the full handshake at their beginning (RFC 8446, 4.6.1). The default is 7 days.
///
/// @param conn A server connection
/// @param lifetime_in_secs The lifetime in seconds
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_server_keying_material_lifetime(
    conn: *mut s2n_connection,
    lifetime_in_secs: u32,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.core.set_keying_material_lifetime(lifetime_in_secs);
        Ok(())
    })
}
