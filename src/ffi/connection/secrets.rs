//! Exported keying material (RFC 8446, 7.5) and the TLS 1.2 master secret.

use std::ffi::c_int;

use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::input;
use crate::ffi::abi::types::s2n_connection;

/// Exports keying material for use by other protocols (RFC 8446, 7.5): derives a secret that only
/// the two peers of the connection can compute.
///
/// @param conn A TLS 1.3 connection whose handshake is complete
/// @param label The exporter label, which identifies the purpose of the secret: registered with
/// IANA, or private to the application
/// @param label_length Length of the label in bytes, at most 249
/// @param context The exporter context, an additional input to the derivation; must not be NULL
/// @param context_length Length of the context in bytes; 0 for an empty context
/// @param output Filled with the secret
/// @param output_length Length of the secret in bytes; at most 255 times the hash length of the
/// cipher suite
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` before TLS 1.3,
/// `S2N_ERR_HANDSHAKE_NOT_COMPLETE`, `S2N_ERR_SAFETY` if the label is too long, or
/// `S2N_ERR_HKDF_OUTPUT_SIZE`
///
/// # Safety
///
/// `conn` is NULL or live; `label` and `context` are NULL or readable for their lengths; `output`
/// is NULL or writable for `output_length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_tls_exporter(
    conn: *mut s2n_connection,
    label: *const u8,
    label_length: u32,
    context: *const u8,
    context_length: u32,
    output: *mut u8,
    output_length: u32,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `label` is null or readable for their lengths for the whole call.
        let label = unsafe { input::required_bytes(label, label_length as usize) }?;
        // SAFETY: `context` is null or readable for their lengths for the whole call.
        let context = unsafe { input::required_bytes(context, context_length as usize) }?;
        // SAFETY: `output` is null or writable for `output_length` bytes for the whole call.
        let output = unsafe { input::required_slice_mut(output, output_length as usize) }?;
        conn.core.export(label, context, output)
    })
}

/// Copies the master secret (RFC 5246, 8.1), from which all keys are derived. It allows decryption
/// of all traffic of the connection, and must be kept secret.
///
/// @param conn A TLS 1.2 connection whose handshake is complete
/// @param secret_bytes Filled with the secret of 48 bytes
/// @param max_size Size of the buffer in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INSUFFICIENT_MEM_SIZE`, `S2N_ERR_INVALID_STATE`
/// in TLS 1.3, or `S2N_ERR_HANDSHAKE_NOT_COMPLETE`
///
/// # Safety
///
/// `conn` is NULL or live; `secret_bytes` is NULL or writable for `max_size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_master_secret(
    conn: *const s2n_connection,
    secret_bytes: *mut u8,
    max_size: usize,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `secret_bytes` is null or writable for `max_size` bytes for the whole call.
        let out = unsafe { input::required_slice_mut(secret_bytes, max_size) }?;
        conn.core.master_secret(out)
    })
}
