//! Resuming a session as a client: not there yet.

use std::ffi::c_int;

use crate::ffi::abi::pending::{none_yet, not_yet, unsupported};
use crate::ffi::abi::types::s2n_connection;
use crate::tls::error::Code;

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
