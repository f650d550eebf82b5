//! Serialization of a connection for transfer to another process.

use std::ffi::c_int;

use rs2n_core::error::Code;

use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::s2n_connection;
use crate::ffi::abi::{input, output};

/// Returns the size of a serialized connection.
///
/// @param conn The connection, whose config has a serialization version
/// @param length Set to a number of bytes: 142 for TLS 1.2; 126 or 174 for TLS 1.3, depending on the
/// cipher suite
/// @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_INVALID_STATE` if the config has no
/// serialization version
///
/// # Safety
///
/// `conn` is NULL or live; `length` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_serialization_length(
    conn: *mut s2n_connection,
    length: *mut u32,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `length` is null or writable for the whole call.
        let length = unsafe { output::slot(length) }?;
        length.set(conn.core.serialized_len()? as u32);
        Ok(())
    })
}

/// Serializes the keys and the state of a connection, for `s2n_connection_deserialize()` in another
/// process, which continues the connection on the same socket. Closes this connection: it can send
/// and receive no more, and `s2n_shutdown()` sends no alert, because the peer's connection lives on.
///
/// The result contains the keys of the connection, and must be kept secret and unmodified on its
/// way. It must be restored once: two connections with the same keys and sequence numbers break the
/// encryption of both.
///
/// No other call on the connection may run at the same time.
///
/// @param conn The connection, whose handshake is complete, and whose config has had a serialization
/// version since before the handshake
/// @param buffer Filled with the serialized connection
/// @param buffer_length Size of the buffer in bytes; see `s2n_connection_serialization_length()`
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_HANDSHAKE_NOT_COMPLETE`, `S2N_ERR_CLOSED` if a
/// direction is closed, `S2N_ERR_INSUFFICIENT_MEM_SIZE`, `S2N_ERR_REENTRANCY`, or
/// `S2N_ERR_INVALID_STATE` if the config has no serialization version; if a record is partly
/// received or partly sent; if received data was not read (`s2n_peek()`, `s2n_peek_buffered()`); if
/// a send was blocked and not repeated; or if a KeyUpdate is due, which `s2n_negotiate()` sends. The
/// connection is unchanged then.
///
/// # Safety
///
/// `conn` is NULL or live; `buffer` is NULL or writable for `buffer_length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_serialize(
    conn: *mut s2n_connection,
    buffer: *mut u8,
    buffer_length: u32,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `buffer` is null or writable for `buffer_length` bytes for the whole call.
        let buffer = unsafe { input::required_slice_mut(buffer, buffer_length as usize) }?;
        let serialized = conn.core.serialize(buffer.len())?;
        output::copy_all(&serialized, buffer, Code::InsufficientMemSize).map(drop)
    })
}

/// Restores a serialized connection in a new connection, which then sends and receives without a
/// handshake. Its transport, its config and its other settings must be set as for every connection,
/// before this call or after it; `s2n_negotiate()` is not required, and returns 0.
///
/// The getters of version and cipher suite return those of the serialized connection; what else its
/// handshake has negotiated (server name, application protocol, certificates) is not serialized.
/// Counters of bytes start at 0.
///
/// The serialized connection is not authenticated: the caller must ensure that it is unmodified, and
/// that it is not restored twice.
///
/// @param conn A new connection, with the mode of the one that was serialized
/// @param buffer Output of `s2n_connection_serialize()`; copied. It should be zeroized afterwards.
/// @param buffer_length Length of that output in bytes; further bytes are ignored
/// @returns 0, or -1 with `S2N_ERR_NULL`, with `S2N_ERR_INVALID_SERIALIZED_CONNECTION` if the bytes
/// are not a serialized connection or have an unsupported version or cipher suite, or with
/// `S2N_ERR_INVALID_STATE` if `conn` is not new. The connection is unchanged then.
///
/// # Safety
///
/// `conn` is NULL or live; `buffer` is NULL or readable for `buffer_length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_deserialize(
    conn: *mut s2n_connection,
    buffer: *mut u8,
    buffer_length: u32,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `buffer` is null or readable for `buffer_length` bytes for the whole call.
        let bytes = unsafe { input::required_bytes(buffer, buffer_length as usize) }?;
        conn.core.deserialize(bytes)
    })
}
