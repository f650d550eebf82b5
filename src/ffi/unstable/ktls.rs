//! Kernel TLS (kTLS).

use std::ffi::c_int;

use libc::off_t;
use rs2n_core::base::Blocked;

use crate::ffi::abi::boundary::{cancellable, status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::output;
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

/// Enables kernel TLS for sending: the kernel seals the records, and `s2n_sendfile()` sends files.
///
/// Requires Linux with the kernel module "tls", file descriptors as transport, and a cipher suite
/// with AES-GCM. TLS 1.3 requires `s2n_config_ktls_enable_unsafe_tls13()` too. The handshake must
/// be complete, its memory not freed by `s2n_connection_free_handshake()`, and all data of earlier
/// calls written. A connection of `s2n_connection_deserialize()` has no handshake.
///
/// If the function fails, the connection can be used without kernel TLS. If it succeeds, kernel TLS
/// stays enabled for the life of the socket, and no other program or library may write to it. The
/// kernel chooses the record size, `s2n_connection_get_wire_bytes_out()` returns 0, and the
/// functions that send data return, without an error, less than the size of the data if the socket
/// accepts no more.
///
/// @param conn A connection whose handshake is complete
/// @returns 0, also if it is enabled already; or -1 with `S2N_ERR_NULL`,
/// `S2N_ERR_HANDSHAKE_NOT_COMPLETE`, `S2N_ERR_INVALID_STATE` if the memory of the handshake is
/// freed, `S2N_ERR_KTLS_UNSUPPORTED_CONN` for another version or cipher suite or if the config has a
/// serialization version, `S2N_ERR_KTLS_RENEG` for a TLS 1.2 client whose config has a callback for
/// renegotiation, `S2N_ERR_KTLS_MANAGED_IO` with I/O callbacks,
/// `S2N_ERR_RECORD_STUFFER_NEEDS_DRAINING` while data is not written or not reported as sent,
/// `S2N_ERR_KTLS_ENABLE` if the kernel fails, `S2N_ERR_REENTRANCY` while another call sends, or
/// `S2N_ERR_KTLS_UNSUPPORTED_PLATFORM` if the system is not Linux
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_ktls_enable_send(conn: *mut s2n_connection) -> c_int {
    status_with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.core.enable_kernel_send()
    })
}

/// Enables kernel TLS for receiving: the kernel opens the records.
///
/// The requirements are those of `s2n_connection_ktls_enable_send()`, except that all received data
/// must be read by the application. After `s2n_connection_set_recv_buffering()` a part of the next
/// records may be buffered.
///
/// If the function fails, the connection can be used without kernel TLS. If it succeeds, kernel TLS
/// stays enabled for the life of the socket, and no other program or library may read from it.
/// `s2n_connection_get_wire_bytes_in()` returns 0.
///
/// @param conn A connection whose handshake is complete
/// @returns 0, also if it is enabled already; or -1 with an error of
/// `s2n_connection_ktls_enable_send()`, but `S2N_ERR_RECORD_STUFFER_NEEDS_DRAINING` while received
/// data is not read, and `S2N_ERR_REENTRANCY` while another call receives;
/// `S2N_ERR_KTLS_UNSUPPORTED_CONN` also if records are buffered
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_ktls_enable_recv(conn: *mut s2n_connection) -> c_int {
    status_with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.core.enable_kernel_recv()
    })
}

/// Allows kernel TLS for connections of TLS 1.3, whose keys only Linux 6.14 and later can update.
///
/// With an older kernel a KeyUpdate of the peer ends the connection: the receiving call fails with
/// `S2N_ERR_KTLS_SOCKOPT`. If the peer or the application requests one of this side, sending fails
/// with `S2N_ERR_KTLS_SOCKOPT`, and after 2^24 records with one key, 256 GiB, with
/// `S2N_ERR_KTLS_KEY_LIMIT`.
///
/// @param config The config
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_ktls_enable_unsafe_tls13(config: *mut s2n_config) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.allow_kernel_tls13();
        Ok(())
    })
}

/// Sends a part of a file as application data, on a connection with kernel TLS enabled for sending.
/// The data is not copied to the memory of the process. A closed socket does not raise SIGPIPE.
///
/// @param conn A connection with kernel TLS enabled for sending
/// @param fd A file descriptor of the file, open for reading; not of a socket
/// @param offset Start of the part, as an offset in bytes. The file position of `fd` is neither
/// used nor changed.
/// @param count Length of the part in bytes
/// @param bytes_written Set to the number of bytes sent: less than `count` if the socket accepts no
/// more, at the end of the file, and after 2 GiB; 0 after an error
/// @param blocked Set to `S2N_BLOCKED_ON_WRITE` after an error
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_KTLS_UNSUPPORTED_CONN` if kernel TLS is not
/// enabled, `S2N_ERR_IO_BLOCKED`, `S2N_ERR_CLOSED`, an error of a key update as for
/// `s2n_config_ktls_enable_unsafe_tls13()`, or `S2N_ERR_IO` with the `errno` of `sendfile()`
///
/// # Safety
///
/// `conn` is NULL or live; `bytes_written` and `blocked` are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn s2n_sendfile(
    conn: *mut s2n_connection,
    fd: c_int,
    offset: off_t,
    count: usize,
    bytes_written: *mut usize,
    blocked: *mut s2n_blocked_status,
) -> c_int {
    cancellable(status_with_memory(|| {
        let send = |blocked: &mut Blocked| {
            *blocked = Blocked::Write;
            // SAFETY: `bytes_written` is null or writable for the whole call.
            unsafe { output::slot(bytes_written) }?.set(0);
            // SAFETY: `conn` is null or live when the call begins.
            let conn = unsafe { s2n_connection::share(conn) }?;
            #[allow(clippy::useless_conversion)] // off_t has 32 bits on some systems.
            let offset = i64::from(offset);
            let sent = conn.core.send_file(fd, offset, count, blocked)?;
            // SAFETY: `bytes_written` is writable for the whole call.
            unsafe { output::slot(bytes_written) }?.set(sent);
            Ok(())
        };
        // SAFETY: `blocked` is null or writable for the whole call.
        unsafe { output::blocked(blocked, send) }
    }))
}
