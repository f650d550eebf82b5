//! Session resumption and session tickets of a connection: not implemented yet.

use std::ffi::c_int;

use rs2n_core::base::Mode;
use rs2n_core::error::Code;

use crate::ffi::abi::boundary::{boundary_or, status};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::output;
use crate::ffi::abi::pending::{empty_result, unimplemented, unsupported};
use crate::ffi::abi::types::s2n_connection;

/// Sets the session that a client offers to resume.
///
/// @param conn A client connection
/// @param session A serialized session from `s2n_connection_get_session()` or from the session
/// ticket callback; copied
/// @param length Length of the session in bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_set_session(
    conn: *mut s2n_connection,
    session: *const u8,
    length: usize,
) -> c_int {
    unimplemented(&[&conn, &session, &length])
}

/// Serializes the session of a client connection, so that it can be resumed later.
///
/// @param conn A client connection
/// @param session Filled with the serialized session
/// @param max_length Size of the buffer in bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_get_session(
    conn: *mut s2n_connection,
    session: *mut u8,
    max_length: usize,
) -> c_int {
    unimplemented(&[&conn, &session, &max_length])
}

/// Returns the lifetime hint of the session ticket that a client received: how long the server
/// intends to accept the ticket. No ticket is stored yet.
///
/// @param conn A client connection
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_SESSION_TICKET_NOT_SUPPORTED`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_get_session_ticket_lifetime_hint(
    conn: *mut s2n_connection,
) -> c_int {
    unsupported(&[&conn], Code::SessionTicketNotSupported)
}

/// Returns the size of the session that `s2n_connection_get_session()` serializes. There is no
/// session yet.
///
/// @param conn The connection
/// @returns 0: there is no session to resume; never fails
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_get_session_length(conn: *mut s2n_connection) -> c_int {
    let _ = conn;
    0
}

/// Returns the length of the session ID by which the session can be resumed. There is no session ID
/// yet.
///
/// @param conn The connection
/// @returns 0: there is no session to resume; or -1 with `S2N_ERR_NULL`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_get_session_id_length(conn: *mut s2n_connection) -> c_int {
    empty_result(&[&conn])
}

/// Copies the session ID by which the session can be resumed. There is no session ID yet.
///
/// @param conn The connection
/// @param session_id Not written: there is no session ID
/// @param max_length Size of the buffer in bytes
/// @returns 0: there is no session to resume; or -1 with `S2N_ERR_NULL`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_get_session_id(
    conn: *mut s2n_connection,
    session_id: *mut u8,
    max_length: usize,
) -> c_int {
    empty_result(&[&conn, &session_id, &max_length])
}

/// Reports whether the handshake resumed a session.
///
/// @param conn The connection
/// @returns 1 if it did; 0 if not, before the handshake is complete, or if `conn` is NULL
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_is_session_resumed(conn: *mut s2n_connection) -> c_int {
    boundary_or(0, || {
        // SAFETY: `conn` is null or live for the whole call.
        let facts = unsafe { s2n_connection::borrow(conn) }.map(|conn| conn.core.negotiated());
        Ok(matches!(facts, Ok(Some(facts)) if facts.resumed).into())
    })
}

/// Increases the number of session tickets that a server sends after a TLS 1.3 handshake.
///
/// @param conn A server connection
/// @param num Number of additional tickets
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_add_new_tickets_to_send(
    conn: *mut s2n_connection,
    num: u8,
) -> c_int {
    unimplemented(&[&conn, &num])
}

/// Returns the number of session tickets that a server has sent: 0, as session tickets are not
/// implemented yet.
///
/// @param conn A server connection
/// @param num Set to 0
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
        if conn.core.mode() == Mode::Client {
            return Err(Code::ClientMode)?;
        }
        slot.set(0);
        Ok(())
    })
}

/// Sets the lifetime of a server's keying material: how long the keying material of a TLS 1.3
/// session may be used in resumptions.
///
/// @param conn A server connection
/// @param lifetime_in_secs The lifetime in seconds
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_set_server_keying_material_lifetime(
    conn: *mut s2n_connection,
    lifetime_in_secs: u32,
) -> c_int {
    unimplemented(&[&conn, &lifetime_in_secs])
}
