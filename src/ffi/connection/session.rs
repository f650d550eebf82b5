//! Session resumption and session tickets of a connection: not implemented yet.

use std::ffi::c_int;

use crate::ffi::abi::boundary::{boundary_or, status};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::output;
use crate::ffi::abi::pending::{none_yet, not_yet, unsupported};
use crate::ffi::abi::types::s2n_connection;
use rs2n_core::base::Mode;
use rs2n_core::error::Code;

/// Clients: offers to resume a session.
///
/// @param conn A connection
/// @param session What `s2n_connection_get_session()` or a ticket's callback gave; copied
/// @param length Its length in bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_set_session(
    conn: *mut s2n_connection,
    session: *const u8,
    length: usize,
) -> c_int {
    not_yet(&[&conn, &session, &length])
}

/// Clients: gives what resumes the session of this connection later.
///
/// @param conn A connection
/// @param session Filled
/// @param max_length Room in bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_get_session(
    conn: *mut s2n_connection,
    session: *mut u8,
    max_length: usize,
) -> c_int {
    not_yet(&[&conn, &session, &max_length])
}

/// Clients: gives for how long the server means to accept its ticket. None is kept yet.
///
/// @param conn A connection
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_SESSION_TICKET_NOT_SUPPORTED`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_get_session_ticket_lifetime_hint(
    conn: *mut s2n_connection,
) -> c_int {
    unsupported(&[&conn], Code::SessionTicketNotSupported)
}

/// Gives the size of what `s2n_connection_get_session()` gives. There is nothing yet.
///
/// @param conn A connection
/// @returns 0: there is no session to resume; never fails
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_get_session_length(conn: *mut s2n_connection) -> c_int {
    let _ = conn;
    0
}

/// Gives the length of the id by which this session can be resumed. There is none yet.
///
/// @param conn A connection
/// @returns 0: there is no session to resume; or -1 with `S2N_ERR_NULL`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_get_session_id_length(conn: *mut s2n_connection) -> c_int {
    none_yet(&[&conn])
}

/// Gives the id by which this session can be resumed. There is none yet.
///
/// @param conn A connection
/// @param session_id Would be filled
/// @param max_length Room in bytes
/// @returns 0: there is no session to resume; or -1 with `S2N_ERR_NULL`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_get_session_id(
    conn: *mut s2n_connection,
    session_id: *mut u8,
    max_length: usize,
) -> c_int {
    none_yet(&[&conn, &session_id, &max_length])
}

/// Says whether the handshake resumed a session.
///
/// @param conn A connection
/// @returns 1 if it did, 0 if not, before it is complete, and if `conn` is NULL
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

/// Servers: asks for more tickets to be sent after a TLS 1.3 handshake.
///
/// @param conn A connection
/// @param num How many more
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_add_new_tickets_to_send(
    conn: *mut s2n_connection,
    num: u8,
) -> c_int {
    not_yet(&[&conn, &num])
}

/// Servers: tells how many tickets were sent: none, as tickets are not there yet.
///
/// @param conn A connection
/// @param num Set to 0
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_CLIENT_MODE` for a client
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

/// Servers: sets for how long keying material of a TLS 1.3 session may be used in resumptions.
///
/// @param conn A connection
/// @param lifetime_in_secs Seconds
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_set_server_keying_material_lifetime(
    conn: *mut s2n_connection,
    lifetime_in_secs: u32,
) -> c_int {
    not_yet(&[&conn, &lifetime_in_secs])
}
