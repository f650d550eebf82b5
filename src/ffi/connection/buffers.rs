//! Record sizes, I/O buffers and memory use of a connection.

use std::ffi::c_int;

use crate::ffi::abi::boundary::status;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::s2n_connection;

/// Record size for throughput, in bytes of plaintext: the maximum (RFC 8446, 5.1).
const THROUGHPUT: u32 = 16384;

/// Record size for low latency, in bytes of plaintext: fits one Ethernet frame.
const LOW_LATENCY: u32 = 1435;

/// Sets the maximum size of sent records to 16384 bytes of plaintext, for throughput.
///
/// @param conn The connection
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

/// Sets the maximum size of sent records to 1435 bytes of plaintext, for low latency: the receiver
/// can process each TCP segment on arrival.
///
/// @param conn The connection
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

/// Sets dynamic record sizing: a transfer begins with small records, for low latency, and continues
/// with large records, for throughput.
///
/// @param conn The connection
/// @param resize_threshold Number of bytes that are sent in records of one Ethernet frame before
/// the record size is increased; at most 8388608. 0 disables dynamic record sizing.
/// @param timeout_threshold Number of seconds without a send after which records are small again; 0
/// for never
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

/// Enables or disables receive buffering: reading more than the current record from the transport,
/// which saves system calls. An application that polls its descriptor must then also check
/// `s2n_peek_buffered()`.
///
/// @param conn The connection
/// @param enabled Whether to enable receive buffering
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_STATE` for a QUIC connection
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
        conn.core.set_recv_buffering(enabled)
    })
}

/// Enables or disables dynamic buffers: the memory of empty I/O buffers is released after each
/// call.
///
/// @param conn The connection
/// @param enabled Whether to enable dynamic buffers
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

/// Releases the memory of both I/O buffers, for a connection that will be idle.
///
/// @param conn The connection
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_STUFFER_HAS_UNPROCESSED_DATA` while the buffers
/// contain data to be sent or received
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

/// Frees the memory that only the handshake needs. The connection can still send and receive.
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
