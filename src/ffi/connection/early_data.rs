//! Early data (0-RTT) of a connection (RFC 8446, 2.3).

use std::ffi::c_int;

use libc::ssize_t;
use rs2n_core::base::Blocked;
use rs2n_core::config::EarlyDataProgress;
use rs2n_core::error::{Code, Result};

use crate::ffi::abi::boundary::{cancellable, status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_blocked_status, s2n_connection, s2n_early_data_status_t};
use crate::ffi::abi::{input, output};
use crate::ffi::connection::lifecycle::ConnectionHandle;

/// Sets the maximum size of the early data that the session tickets of a server permit, and that it
/// accepts with a ticket, overriding that of the config.
///
/// @param conn A server connection
/// @param max_early_data_size The maximum in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_server_max_early_data_size(
    conn: *mut s2n_connection,
    max_early_data_size: u32,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.core.set_max_early_data(max_early_data_size);
        Ok(())
    })
}

/// Sets the early data context of a server, which is stored in session tickets that permit early
/// data. The early data callback reads it when the client uses a ticket.
///
/// @param conn A server connection
/// @param context The context; copied. May be NULL if `context_size` is 0
/// @param context_size Length of the context in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live; `context` is NULL or readable for `context_size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_server_early_data_context(
    conn: *mut s2n_connection,
    context: *const u8,
    context_size: u16,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `context` is null or readable for `context_size` bytes for the whole call.
        let context = unsafe { input::bytes(context, context_size.into()) }?;
        conn.core.set_early_data_context(context)
    })
}

/// Returns the status of early data: whether it may be sent or received now or later, is not part of
/// the handshake, was rejected by the server, or has ended.
///
/// @param conn The connection
/// @param status Set to a value of `s2n_early_data_status_t`
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live; `status` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_early_data_status(
    conn: *mut s2n_connection,
    status: *mut s2n_early_data_status_t,
) -> c_int {
    crate::ffi::abi::boundary::status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `status` is null or writable for the whole call.
        let slot = unsafe { output::slot(status) }?;
        slot.set(conn.core.early_data_progress().into());
        Ok(())
    })
}

impl From<EarlyDataProgress> for s2n_early_data_status_t {
    fn from(progress: EarlyDataProgress) -> Self {
        match progress {
            EarlyDataProgress::NotRequested => Self::S2N_EARLY_DATA_STATUS_NOT_REQUESTED,
            EarlyDataProgress::Rejected => Self::S2N_EARLY_DATA_STATUS_REJECTED,
            EarlyDataProgress::Ended => Self::S2N_EARLY_DATA_STATUS_END,
            EarlyDataProgress::Unknown
            | EarlyDataProgress::Requested
            | EarlyDataProgress::Accepted => Self::S2N_EARLY_DATA_STATUS_OK,
        }
    }
}

/// Returns the amount of early data that may still be sent or received.
///
/// @param conn The connection
/// @param allowed_early_data_size Set to a number of bytes; 0 if early data is over or rejected
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_MAX_EARLY_DATA_SIZE` if the client has sent
/// too much
///
/// # Safety
///
/// `conn` is NULL or live; `allowed_early_data_size` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_remaining_early_data_size(
    conn: *mut s2n_connection,
    allowed_early_data_size: *mut u32,
) -> c_int {
    // SAFETY: `conn` is null or live, `allowed_early_data_size` null or writable.
    unsafe {
        get_size(conn, allowed_early_data_size, |conn| {
            conn.core.remaining_early_data()
        })
    }
}

/// Returns the maximum amount of early data: that of the first pre-shared key, for the ticket of a
/// server at most its own limit. A server that has not received a ClientHello returns its limit.
///
/// @param conn The connection
/// @param max_early_data_size Set to a number of bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live; `max_early_data_size` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_max_early_data_size(
    conn: *mut s2n_connection,
    max_early_data_size: *mut u32,
) -> c_int {
    // SAFETY: `conn` is null or live, `max_early_data_size` null or writable.
    unsafe { get_size(conn, max_early_data_size, |conn| conn.core.max_early_data()) }
}

/// Stores a size that `read` returns; 0 on failure.
///
/// # Safety
///
/// `conn` is null or live; `size` is null or writable.
unsafe fn get_size(
    conn: *const s2n_connection,
    size: *mut u32,
    read: impl FnOnce(&ConnectionHandle) -> Result<u32>,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `size` is null or writable for the whole call.
        let slot = unsafe { output::slot(size) }?;
        let outcome = read(conn);
        slot.set(*outcome.as_ref().unwrap_or(&0));
        outcome.map(drop)
    })
}

/// Sends early data on a client connection, and performs the part of the handshake that this
/// requires. Called instead of `s2n_negotiate()` at first, and then until the early data is sent;
/// `s2n_negotiate()` ends the early data.
///
/// Early data has no forward secrecy, and can be replayed by an attacker: it must be harmless if the
/// server receives it twice. A server may reject it; it is lost then, and
/// `s2n_connection_get_early_data_status()` reports it.
///
/// @param conn A client connection, with the session of a ticket or an external pre-shared key that
/// permits early data
/// @param data The data; borrowed for the duration of the call
/// @param data_len Length of the data in bytes
/// @param data_sent Set to the number of bytes that this call has sent, also if it fails
/// @param blocked Set to the operation on which the call is blocked
/// @returns 0 if no more early data can be sent: the limit is reached (the rest of the data is not
/// sent), the server has rejected it, or it is not possible; 0 also if the server has accepted it
/// and more can be sent. Otherwise -1 with `S2N_ERR_IO_BLOCKED` while the server has not answered,
/// so that the call can be repeated with more data; `S2N_ERR_NULL`, `S2N_ERR_SAFETY` for a negative
/// length, `S2N_ERR_SERVER_MODE`, or an error of `s2n_negotiate()` or `s2n_send()`
///
/// # Safety
///
/// `conn` is NULL or live; `data` is NULL or readable for `data_len` bytes; `data_sent` and
/// `blocked` are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn s2n_send_early_data(
    conn: *mut s2n_connection,
    data: *const u8,
    data_len: ssize_t,
    data_sent: *mut ssize_t,
    blocked: *mut s2n_blocked_status,
) -> c_int {
    cancellable(status_with_memory(|| {
        // SAFETY: `conn` is null or live when the call begins.
        let conn = unsafe { s2n_connection::share(conn) }?;
        let len = usize::try_from(data_len).map_err(|_| Code::Safety)?;
        // SAFETY: `data` is null or readable for `len` bytes for the whole call.
        let data = unsafe { input::bytes(data, len) };
        let call = |sent: &mut usize, blocked: &mut Blocked| {
            conn.core.send_early_data(data?, sent, blocked)
        };
        // SAFETY: `data_sent` and `blocked` are null or writable for the whole call.
        unsafe { with_early_data(data_sent, blocked, call) }
    }))
}

/// Receives early data on a server connection, and performs the part of the handshake that this
/// requires. Called instead of `s2n_negotiate()` at first, until it succeeds; `s2n_negotiate()`
/// completes the handshake then. A server that does not call it rejects early data.
///
/// Early data can be replayed by an attacker: the server must be prepared to receive it twice.
///
/// @param conn A server connection
/// @param data Filled with the data; borrowed for the duration of the call
/// @param max_data_len Size of the buffer in bytes
/// @param data_received Set to the number of bytes that this call has received, also if it fails
/// @param blocked Set to the operation on which the call is blocked
/// @returns 0 if there is no more early data; otherwise -1 with `S2N_ERR_IO_BLOCKED` if more may
/// come, `S2N_ERR_EARLY_DATA_BLOCKED` if the buffer is full and there is more,
/// `S2N_ERR_ASYNC_BLOCKED` while a callback is incomplete, `S2N_ERR_MAX_EARLY_DATA_SIZE` if the
/// client has sent more than its limit, `S2N_ERR_NULL`, `S2N_ERR_CLIENT_MODE`, or an error of
/// `s2n_negotiate()`
///
/// # Safety
///
/// `conn` is NULL or live; `data` is NULL or writable for `max_data_len` bytes; `data_received` and
/// `blocked` are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn s2n_recv_early_data(
    conn: *mut s2n_connection,
    data: *mut u8,
    max_data_len: ssize_t,
    data_received: *mut ssize_t,
    blocked: *mut s2n_blocked_status,
) -> c_int {
    cancellable(status_with_memory(|| {
        // SAFETY: `conn` is null or live when the call begins.
        let conn = unsafe { s2n_connection::share(conn) }?;
        // A negative size is no room.
        let room = usize::try_from(max_data_len).unwrap_or(0);
        // SAFETY: `data` is null or writable for `room` bytes for the whole call.
        let buf = unsafe { input::bytes_mut(data, room) };
        let call = |received: &mut usize, blocked: &mut Blocked| {
            conn.core.recv_early_data(buf?, received, blocked)
        };
        // SAFETY: `data_received` and `blocked` are null or writable for the whole call.
        unsafe { with_early_data(data_received, blocked, call) }
    }))
}

/// Makes a call that sends or receives early data, and stores the number of bytes and the blocked
/// status, also on failure.
///
/// # Safety
///
/// `count` and `blocked` are null or writable.
unsafe fn with_early_data(
    count: *mut ssize_t,
    blocked: *mut s2n_blocked_status,
    call: impl FnOnce(&mut usize, &mut Blocked) -> Result<()>,
) -> Result<()> {
    let call = |blocked: &mut Blocked| {
        // SAFETY: `count` is null or writable for the whole call.
        unsafe { output::slot(count) }?.set(0);
        let mut bytes = 0;
        let outcome = call(&mut bytes, blocked);
        // SAFETY: `count` is not null, and writable. Written only now: no reference to it exists
        // while a callback of the application runs.
        unsafe { count.write(bytes as ssize_t) };
        outcome
    };
    // SAFETY: `blocked` is null or writable for the whole call.
    unsafe { output::blocked(blocked, call) }
}
