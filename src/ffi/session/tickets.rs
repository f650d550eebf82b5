//! Session tickets that a client receives (RFC 8446, 4.6.1): not implemented yet.

use std::ffi::c_int;

use crate::ffi::abi::pending::unimplemented;
use crate::ffi::abi::types::s2n_session_ticket;

/// Returns the size of a session ticket and its serialized session.
///
/// @param ticket The session ticket
/// @param data_len Set to a number of bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_session_ticket_get_data_len(
    ticket: *mut s2n_session_ticket,
    data_len: *mut usize,
) -> c_int {
    unimplemented(&[&ticket, &data_len])
}

/// Copies a session ticket and its serialized session, for `s2n_connection_set_session()`.
///
/// @param ticket The session ticket
/// @param max_data_len Size of the buffer in bytes
/// @param data Filled with the ticket and the session
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_session_ticket_get_data(
    ticket: *mut s2n_session_ticket,
    max_data_len: usize,
    data: *mut u8,
) -> c_int {
    unimplemented(&[&ticket, &max_data_len, &data])
}

/// Returns the lifetime of a session ticket: how long the session can be resumed.
///
/// @param ticket The session ticket
/// @param session_lifetime Set to a number of seconds
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_session_ticket_get_lifetime(
    ticket: *mut s2n_session_ticket,
    session_lifetime: *mut u32,
) -> c_int {
    unimplemented(&[&ticket, &session_lifetime])
}
