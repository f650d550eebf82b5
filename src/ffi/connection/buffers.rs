//! Record sizes, buffers and memory of a connection.

use std::ffi::c_int;

use crate::ffi::abi::boundary::status;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::s2n_connection;

/// Plaintext bytes per record for throughput: as much as a record may hold (RFC 8446, 5.1).
const THROUGHPUT: u32 = 16384;

/// For latency: one Ethernet frame.
const LOW_LATENCY: u32 = 1435;

/// Sends large records, of up to 16384 bytes.
///
/// @param conn A connection
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_prefer_throughput(conn: *mut s2n_connection) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.core.set_record_size(THROUGHPUT);
        Ok(())
    })
}

/// Sends small records, of up to 1435 bytes, so that a receiver can use each segment as it comes.
///
/// @param conn A connection
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_prefer_low_latency(conn: *mut s2n_connection) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.core.set_record_size(LOW_LATENCY);
        Ok(())
    })
}

/// Sends small records first, and large ones once a transfer has got going.
///
/// @param conn A connection
/// @param resize_threshold How many bytes go out in records that fit one frame; at most 8388608, 0 turns
/// this off
/// @param timeout_threshold After how many seconds without a send records are small again; 0 for never
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_DYNAMIC_THRESHOLD`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_dynamic_record_threshold(
    conn: *mut s2n_connection,
    resize_threshold: u32,
    timeout_threshold: u16,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.core
            .set_small_records(resize_threshold, timeout_threshold)
    })
}

/// Lets the connection read more than the current record from its transport, which saves system calls.
/// An application that polls its descriptor must then look at `s2n_peek_buffered()` too.
///
/// @param conn A connection
/// @param enabled Whether to read ahead
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_recv_buffering(
    conn: *mut s2n_connection,
    enabled: bool,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.core.set_recv_buffering(enabled);
        Ok(())
    })
}

/// Gives the memory of empty buffers back after each call.
///
/// @param conn A connection
/// @param enabled Whether to give memory back
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_dynamic_buffers(
    conn: *mut s2n_connection,
    enabled: bool,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.core.set_dynamic_buffers(enabled);
        Ok(())
    })
}

/// Gives the memory of both buffers back, for a connection that will be idle.
///
/// @param conn A connection
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_STUFFER_HAS_UNPROCESSED_DATA` while bytes wait to be
/// sent or received
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_release_buffers(conn: *mut s2n_connection) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.core.release_buffers()
    })
}

/// Gives back what only the handshake needed. Sending and receiving go on.
///
/// @param conn A connection whose handshake is complete
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_free_handshake(conn: *mut s2n_connection) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.core.free_handshake()
    })
}
