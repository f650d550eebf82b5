//! Kernel TLS (kTLS).

use std::ffi::c_int;

use libc::off_t;
use rs2n_core::error::Code;

use crate::ffi::abi::boundary::status;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::output;
use crate::ffi::abi::pending::unsupported;
use crate::ffi::abi::types::{s2n_blocked_status, s2n_config, s2n_connection};

/// Returns the number of key updates of a connection since its handshake. Each counter saturates at
/// 255.
///
/// May be called from any thread.
///
/// @param conn The connection
/// @param send_key_updates Set to the number of KeyUpdate messages that were sent
/// @param recv_key_updates Set to the number of KeyUpdate messages that were received
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live; the other two are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_key_update_counts(
    conn: *mut s2n_connection,
    send_key_updates: *mut u8,
    recv_key_updates: *mut u8,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `send_key_updates` is null or writable for the whole call.
        let sent = unsafe { output::slot(send_key_updates) }?;
        // SAFETY: `recv_key_updates` is null or writable for the whole call.
        let received = unsafe { output::slot(recv_key_updates) }?;
        sent.set(conn.core.key_updates_sent());
        received.set(conn.core.key_updates_received());
        Ok(())
    })
}

/// Enables kernel TLS for sending: the kernel seals the records. If this fails, the connection can
/// be used without kernel TLS.
///
/// @param conn The connection
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_KTLS_UNSUPPORTED_PLATFORM`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_ktls_enable_send(conn: *mut s2n_connection) -> c_int {
    unsupported(&[&conn], Code::KtlsUnsupportedPlatform)
}

/// Enables kernel TLS for receiving: the kernel opens the records. If this fails, the connection
/// can be used without kernel TLS.
///
/// @param conn The connection
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_KTLS_UNSUPPORTED_PLATFORM`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_ktls_enable_recv(conn: *mut s2n_connection) -> c_int {
    unsupported(&[&conn], Code::KtlsUnsupportedPlatform)
}

/// Allows kernel TLS for TLS 1.3 connections, although the kernel cannot update their keys.
///
/// @param config The config
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_KTLS_UNSUPPORTED_PLATFORM`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_ktls_enable_unsafe_tls13(config: *mut s2n_config) -> c_int {
    unsupported(&[&config], Code::KtlsUnsupportedPlatform)
}

/// Sends a part of a file without copying it, on a connection with kernel TLS enabled for sending.
///
/// @param conn The connection
/// @param fd A file descriptor of the file
/// @param offset Start of the part, as an offset in bytes
/// @param count Length of the part in bytes
/// @param bytes_written Set to the number of bytes sent
/// @param blocked Set to the operation on which the call is blocked
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_KTLS_UNSUPPORTED_CONN`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_sendfile(
    conn: *mut s2n_connection,
    fd: c_int,
    offset: off_t,
    count: usize,
    bytes_written: *mut usize,
    blocked: *mut s2n_blocked_status,
) -> c_int {
    unsupported(
        &[&conn, &fd, &offset, &count, &bytes_written, &blocked],
        Code::KtlsUnsupportedConn,
    )
}
