//! Serialization of a connection for another process: not implemented yet.

use std::ffi::c_int;

use crate::ffi::abi::pending::not_yet;
use crate::ffi::abi::types::s2n_connection;

/// Gives the size of a serialized connection.
///
/// @param conn A connection
/// @param length Set to a number of bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_serialization_length(
    conn: *mut s2n_connection,
    length: *mut u32,
) -> c_int {
    not_yet(&[&conn, &length])
}

/// Writes the keys and the state of a connection down, for `s2n_connection_deserialize()`.
///
/// @param conn A connection
/// @param buffer Filled; a secret
/// @param buffer_length Room in bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_serialize(
    conn: *mut s2n_connection,
    buffer: *mut u8,
    buffer_length: u32,
) -> c_int {
    not_yet(&[&conn, &buffer, &buffer_length])
}

/// Gives a new connection the keys and the state of another one.
///
/// @param conn A connection
/// @param buffer What `s2n_connection_serialize()` wrote; copied
/// @param buffer_length Its length in bytes
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_deserialize(
    conn: *mut s2n_connection,
    buffer: *mut u8,
    buffer_length: u32,
) -> c_int {
    not_yet(&[&conn, &buffer, &buffer_length])
}
