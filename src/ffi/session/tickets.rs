//! Session tickets that a client receives (RFC 8446, 4.6.1).

use std::ffi::c_int;

use rs2n_core::config::callbacks::SessionTicket;
use rs2n_core::error::Code;

use crate::ffi::abi::boundary::status;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::s2n_session_ticket;
use crate::ffi::abi::{input, output};

impl Handle for s2n_session_ticket {
    type Inner = SessionTicket;
}

/// Returns the length of a session ticket and its session, as
/// `s2n_session_ticket_get_data()` serializes them.
///
/// @param ticket The session ticket of a session ticket callback, valid during the callback
/// @param data_len Set to a number of bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `ticket` is NULL or live; `data_len` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_session_ticket_get_data_len(
    ticket: *mut s2n_session_ticket,
    data_len: *mut usize,
) -> c_int {
    status(|| {
        // SAFETY: `ticket` is null or live for the whole call.
        let ticket = unsafe { s2n_session_ticket::borrow(ticket) }?;
        // SAFETY: `data_len` is null or writable for the whole call.
        let slot = unsafe { output::slot(data_len) }?;
        slot.set(ticket.session.len());
        Ok(())
    })
}

/// Copies a session ticket and its session, for `s2n_connection_set_session()`. They are secret:
/// who has them can resume the session.
///
/// @param ticket The session ticket of a session ticket callback, valid during the callback
/// @param max_data_len Size of the buffer in bytes
/// @param data Filled with the ticket and the session
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_SERIALIZED_SESSION_STATE_TOO_LONG` if the
/// buffer is too small
///
/// # Safety
///
/// `ticket` is NULL or live; `data` is NULL or writable for `max_data_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_session_ticket_get_data(
    ticket: *mut s2n_session_ticket,
    max_data_len: usize,
    data: *mut u8,
) -> c_int {
    status(|| {
        // SAFETY: `ticket` is null or live for the whole call.
        let ticket = unsafe { s2n_session_ticket::borrow(ticket) }?;
        // SAFETY: `data` is null or writable for `max_data_len` bytes for the whole call.
        let data = unsafe { input::required_slice_mut(data, max_data_len) }?;
        output::copy_all(&ticket.session, data, Code::SerializedSessionStateTooLong).map(drop)
    })
}

/// Returns the lifetime of a session ticket: how long the server intends to accept it.
///
/// @param ticket The session ticket of a session ticket callback, valid during the callback
/// @param session_lifetime Set to a number of seconds
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `ticket` is NULL or live; `session_lifetime` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_session_ticket_get_lifetime(
    ticket: *mut s2n_session_ticket,
    session_lifetime: *mut u32,
) -> c_int {
    status(|| {
        // SAFETY: `ticket` is null or live for the whole call.
        let ticket = unsafe { s2n_session_ticket::borrow(ticket) }?;
        // SAFETY: `session_lifetime` is null or writable for the whole call.
        let slot = unsafe { output::slot(session_lifetime) }?;
        slot.set(ticket.lifetime);
        Ok(())
    })
}
