//! Serialization of a connection for transfer to another process: not implemented yet.

use std::ffi::c_int;

use crate::ffi::abi::pending::unimplemented;
use crate::ffi::abi::types::s2n_connection;

/// Returns the size of a serialized connection.
///
/// @param conn The connection
/// @param length Set to a number of bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_serialization_length(
    conn: *mut s2n_connection,
    length: *mut u32,
) -> c_int {
    unimplemented(&[&conn, &length])
}

/// Serializes the keys and the state of a connection, for `s2n_connection_deserialize()`.
///
/// @param conn The connection
/// @param buffer Filled with the serialized connection, which must be kept secret
/// @param buffer_length Size of the buffer in bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_serialize(
    conn: *mut s2n_connection,
    buffer: *mut u8,
    buffer_length: u32,
) -> c_int {
    unimplemented(&[&conn, &buffer, &buffer_length])
}

/// Restores the keys and the state of a serialized connection in a new connection.
///
/// @param conn A new connection
/// @param buffer Output of `s2n_connection_serialize()`; copied
/// @param buffer_length Length of that output in bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: not implemented yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_deserialize(
    conn: *mut s2n_connection,
    buffer: *mut u8,
    buffer_length: u32,
) -> c_int {
    unimplemented(&[&conn, &buffer, &buffer_length])
}
