//! Session tickets that clients receive (RFC 8446, 4.6.1): not implemented yet.

use std::ffi::c_int;

use crate::ffi::abi::pending::not_yet;
use crate::ffi::abi::types::s2n_session_ticket;

/// Gives the size of a ticket, with the session that belongs to it.
///
/// @param ticket A ticket
/// @param data_len Set to a number of bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_session_ticket_get_data_len(
    ticket: *mut s2n_session_ticket,
    data_len: *mut usize,
) -> c_int {
    not_yet(&[&ticket, &data_len])
}

/// Gives a ticket, with the session that belongs to it, for `s2n_connection_set_session()`.
///
/// @param ticket A ticket
/// @param max_data_len Room in bytes
/// @param data Filled
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_session_ticket_get_data(
    ticket: *mut s2n_session_ticket,
    max_data_len: usize,
    data: *mut u8,
) -> c_int {
    not_yet(&[&ticket, &max_data_len, &data])
}

/// Gives for how long a session can be resumed.
///
/// @param ticket A ticket
/// @param session_lifetime Set to a number of seconds
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_session_ticket_get_lifetime(
    ticket: *mut s2n_session_ticket,
    session_lifetime: *mut u32,
) -> c_int {
    not_yet(&[&ticket, &session_lifetime])
}
