//! Sending of application data.

use std::ffi::c_void;
use std::io::IoSlice;
use std::slice;

use libc::{iovec, ssize_t};
use rs2n_core::base::{Blocked, memory};
use rs2n_core::connection::Data;
use rs2n_core::error::{Code, Result};

use crate::ffi::abi::boundary::transfer;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_blocked_status, s2n_connection};
use crate::ffi::abi::{errno, input, output};
use crate::ffi::connection::lifecycle::ConnectionHandle;

/// Sends application data.
///
/// The data is split into records, and each record is written before the next is sealed; on a stream
/// socket several are written at once, with the same results. If the transport blocks, the call
/// returns the number of bytes in completely written records. Call again with the remaining data; a
/// repeated call must offer at least as much data as the blocked one.
///
/// One thread may send while another receives; a second concurrent sender fails with
/// `S2N_ERR_REENTRANCY`. Writing to a socket that the peer has closed does not raise SIGPIPE.
///
/// @param conn A connection whose handshake is complete
/// @param buf The data; borrowed for the duration of the call
/// @param size Length of the data in bytes
/// @param blocked Set to `S2N_BLOCKED_ON_WRITE` unless all data was sent
/// @returns the number of bytes sent; or -1 with `S2N_ERR_IO_BLOCKED` if no data was sent,
/// `S2N_ERR_SEND_SIZE` if less data is offered than a blocked call had accepted, `S2N_ERR_CLOSED`,
/// `S2N_ERR_INVALID_ARGUMENT`, `S2N_ERR_ENCRYPT` before the handshake, or `S2N_ERR_IO`
///
/// # Safety
///
/// `conn` is NULL or live; `buf` is NULL or readable for `size` bytes; `blocked` is NULL or
/// writable.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn s2n_send(
    conn: *mut s2n_connection,
    buf: *const c_void,
    size: ssize_t,
    blocked: *mut s2n_blocked_status,
) -> ssize_t {
    transfer(|| {
        // SAFETY: `conn` is null or live when the call begins.
        let conn = unsafe { s2n_connection::share(conn) }?;
        let mut buffers = [IoSlice::new(&[])];
        // SAFETY: `buf` is null or readable for `size` bytes for the whole call.
        let data = unsafe { buffer_data(buf, size, &mut buffers) };
        // SAFETY: `blocked` is null or writable for the whole call.
        unsafe { send(&conn, blocked, data) }
    })
}

/// Sends application data from several buffers (scatter/gather). Otherwise as `s2n_send()`.
///
/// @param conn A connection whose handshake is complete
/// @param bufs The buffers; borrowed for the duration of the call
/// @param count Number of buffers
/// @param blocked Set to `S2N_BLOCKED_ON_WRITE` unless all data was sent
/// @returns as `s2n_send()`
///
/// # Safety
///
/// `conn` is NULL or live; `bufs` is NULL or holds `count` buffers, each readable for its length;
/// `blocked` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn s2n_sendv(
    conn: *mut s2n_connection,
    bufs: *const iovec,
    count: ssize_t,
    blocked: *mut s2n_blocked_status,
) -> ssize_t {
    transfer(|| {
        // SAFETY: `conn` is null or live when the call begins.
        let conn = unsafe { s2n_connection::share(conn) }?;
        // SAFETY: `bufs` is null or holds `count` buffers, each readable for its length; `blocked`
        // is null or writable, for the whole call.
        unsafe { send_vector(&conn, bufs, count, 0, blocked) }
    })
}

/// Sends application data from several buffers, starting at an offset. After a partial send, a
/// caller can send the remaining data without modifying its list of buffers.
///
/// @param conn A connection whose handshake is complete
/// @param bufs The buffers; borrowed for the duration of the call
/// @param count Number of buffers
/// @param offs Number of bytes to skip, counted across all buffers; skipped bytes are not accessed
/// @param blocked Set to `S2N_BLOCKED_ON_WRITE` unless all data was sent
/// @returns as `s2n_send()`; `S2N_ERR_INVALID_ARGUMENT` also if `offs` is negative or exceeds the
/// total length of the buffers
///
/// # Safety
///
/// As for `s2n_sendv()`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn s2n_sendv_with_offset(
    conn: *mut s2n_connection,
    bufs: *const iovec,
    count: ssize_t,
    offs: ssize_t,
    blocked: *mut s2n_blocked_status,
) -> ssize_t {
    transfer(|| {
        // SAFETY: `conn` is null or live when the call begins.
        let conn = unsafe { s2n_connection::share(conn) }?;
        // SAFETY: `bufs` is null or holds `count` buffers, each readable for its length; `blocked`
        // is null or writable, for the whole call.
        unsafe { send_vector(&conn, bufs, count, offs, blocked) }
    })
}

/// # Safety
///
/// `bufs` is null or holds `count` buffers, each readable for its length during the call;
/// `blocked` is null or writable.
unsafe fn send_vector(
    conn: &ConnectionHandle,
    bufs: *const iovec,
    count: ssize_t,
    offs: ssize_t,
    blocked: *mut s2n_blocked_status,
) -> Result<ssize_t> {
    let mut buffers = Vec::new();
    // SAFETY: `bufs` is null or holds `count` buffers, each readable for its length during the
    // call.
    let data = unsafe { vector_data(bufs, count, offs, &mut buffers) };
    // SAFETY: `blocked` is null or writable.
    unsafe { send(conn, blocked, data) }
}

/// Converts the arguments of `s2n_send()`; `buffers` holds the converted list.
///
/// # Safety
///
/// `buf` is null or readable for `size` bytes during `'a`.
unsafe fn buffer_data<'a>(
    buf: *const c_void,
    size: ssize_t,
    buffers: &'a mut [IoSlice<'a>; 1],
) -> Result<Data<'a>> {
    let size = usize::try_from(size).map_err(|_| Code::InvalidArgument)?;
    if buf.is_null() {
        return Data::null(size, 0);
    }
    // SAFETY: `buf` is readable for `size` bytes during `'a`.
    buffers[0] = IoSlice::new(unsafe { input::bytes(buf.cast(), size) }?);
    Data::new(buffers, 0)
}

/// Converts the arguments of `s2n_sendv_with_offset()`; `buffers` holds the converted list.
///
/// # Safety
///
/// `bufs` is null or holds `count` buffers, each readable for its length, during `'a`.
unsafe fn vector_data<'a>(
    bufs: *const iovec,
    count: ssize_t,
    offs: ssize_t,
    buffers: &'a mut Vec<IoSlice<'a>>,
) -> Result<Data<'a>> {
    // SAFETY: `bufs` is null or holds `count` buffers during `'a`.
    let bufs = unsafe { vector(bufs, count) }?;
    let offs = usize::try_from(offs).map_err(|_| Code::InvalidArgument)?;
    let (bufs, offs) = leave_out(bufs, offs);
    if let Some(total) = missing(bufs)? {
        return Data::null(total, offs);
    }
    memory::reserve_exact(buffers, bufs.len())?;
    for buf in bufs {
        // SAFETY: each of the buffers is readable for its length during `'a`.
        let bytes = unsafe { input::bytes(buf.iov_base.cast_const().cast(), buf.iov_len) };
        buffers.push(IoSlice::new(bytes?));
    }
    Data::new(buffers, offs)
}

/// # Safety
///
/// `bufs` is null or holds `count` buffers during `'a`.
unsafe fn vector<'a>(bufs: *const iovec, count: ssize_t) -> Result<&'a [iovec]> {
    // A count below 1 means no data, even if `bufs` is null.
    let count = usize::try_from(count).unwrap_or(0);
    if count == 0 {
        return Ok(&[]);
    }
    if bufs.is_null() {
        return Err(Code::Null)?;
    }
    if count > isize::MAX as usize / size_of::<iovec>() {
        return Err(Code::InvalidArgument)?;
    }
    // SAFETY: `bufs` is not null, and holds `count` buffers during `'a`.
    Ok(unsafe { slice::from_raw_parts(bufs, count) })
}

/// Returns the buffers that remain after `offs` bytes are skipped, and the number of bytes to skip
/// in the first of them. Skipped buffers are not accessed.
fn leave_out(bufs: &[iovec], mut offs: usize) -> (&[iovec], usize) {
    let mut unwanted = 0;
    for buf in bufs {
        if buf.iov_len > offs {
            break;
        }
        offs -= buf.iov_len;
        unwanted += 1;
    }
    (&bufs[unwanted..], offs)
}

/// Returns the total length of the buffers if one of them has a length but a null address.
fn missing(bufs: &[iovec]) -> Result<Option<usize>> {
    let is_missing = |buf: &iovec| buf.iov_base.is_null() && buf.iov_len > 0;
    if !bufs.iter().any(is_missing) {
        return Ok(None);
    }
    let lens = bufs.iter().map(|buf| buf.iov_len);
    let total = lens.reduce(usize::saturating_add).unwrap_or(0);
    Ok(Some(total))
}

/// # Safety
///
/// `blocked` is null or writable.
unsafe fn send(
    conn: &ConnectionHandle,
    blocked: *mut s2n_blocked_status,
    data: Result<Data<'_>>,
) -> Result<ssize_t> {
    let call = |blocked: &mut Blocked| {
        let sent = conn.core.send(data, blocked)?;
        if *blocked != Blocked::Not {
            // s2n-tls sets `s2n_errno` on a partial send, although the call succeeds.
            errno::set(Code::IoBlocked);
        }
        Ok(sent as ssize_t)
    };
    // SAFETY: `blocked` is null or writable for the whole call.
    unsafe { output::blocked(blocked, call) }
}
