//! Receiving of application data.

use std::ffi::c_void;

use libc::ssize_t;
use rs2n_core::error::Code;

use crate::ffi::abi::boundary::{boundary_or, transfer};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_blocked_status, s2n_connection};
use crate::ffi::abi::{input, output};
use crate::ffi::connection::lifecycle::ConnectionHandle;

/// Receives application data: the remaining data of the current record, otherwise that of the next
/// record.
///
/// A record is decrypted directly to `buf` if it fits. During the call `buf` can contain data that is
/// not authenticated yet; when the call returns, it contains none. Bytes of `buf` behind the
/// returned number of bytes, or all of them after an error, can be zero.
///
/// One thread may receive while another sends; a second concurrent receiver fails with
/// `S2N_ERR_REENTRANCY`.
///
/// @param conn A connection whose handshake is complete
/// @param buf Filled with the data; borrowed for the duration of the call
/// @param size Size of the buffer in bytes
/// @param blocked Set to `S2N_NOT_BLOCKED` if no decrypted data remains, otherwise to
/// `S2N_BLOCKED_ON_READ`
/// @returns the number of bytes received; 0 after the peer's close_notify alert; or -1 with
/// `S2N_ERR_IO_BLOCKED`, `S2N_ERR_CLOSED` if the stream ended without a close_notify (data may have
/// been truncated), `S2N_ERR_ALERT`, or the error in the peer's records. The last kind of error is
/// blinded: by default the call returns after 10 to 30 seconds, see `s2n_connection_set_blinding()`.
///
/// # Safety
///
/// `conn` is NULL or live; `buf` is NULL or writable for `size` bytes; `blocked` is NULL or
/// writable.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn s2n_recv(
    conn: *mut s2n_connection,
    buf: *mut c_void,
    size: ssize_t,
    blocked: *mut s2n_blocked_status,
) -> ssize_t {
    transfer(|| {
        // SAFETY: `conn` is null or live when the call begins.
        let conn = unsafe { s2n_connection::share(conn) }?;
        let size = usize::try_from(size).map_err(|_| Code::Safety)?;
        // SAFETY: `buf` is null or writable for `size` bytes for the whole call.
        let buf = unsafe { input::bytes_mut(buf.cast(), size) }?;
        // SAFETY: `blocked` is null or writable for the whole call.
        let received = unsafe { output::blocked(blocked, |blocked| conn.core.recv(buf, blocked)) }?;
        Ok(received as ssize_t)
    })
}

/// Returns the number of decrypted bytes available to `s2n_recv()`: the remaining data of a record
/// that was received in part.
///
/// @param conn The connection
/// @returns a number of bytes; 0 if `conn` is NULL
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_peek(conn: *mut s2n_connection) -> u32 {
    boundary_or(0, || {
        // SAFETY: `conn` is null or live for the whole call.
        Ok(unsafe { optional(conn) }.map_or(0, |conn| conn.core.peek()))
    })
}

/// Returns the number of bytes that were read beyond the current record and are not decrypted yet.
/// With receive buffering such data can be available while the descriptor has nothing to read.
///
/// @param conn The connection
/// @returns a number of bytes; 0 if receive buffering is disabled, or if `conn` is NULL
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_peek_buffered(conn: *mut s2n_connection) -> u32 {
    boundary_or(0, || {
        // SAFETY: `conn` is null or live for the whole call.
        Ok(unsafe { optional(conn) }.map_or(0, |conn| conn.core.peek_buffered()))
    })
}

/// Reads a value for getters that accept a null connection without an error.
///
/// # Safety
///
/// `conn` is null or live during `'a`.
unsafe fn optional<'a>(conn: *const s2n_connection) -> Option<&'a ConnectionHandle> {
    // SAFETY: `conn` is null or live during `'a`.
    unsafe { s2n_connection::borrow(conn) }.ok()
}
