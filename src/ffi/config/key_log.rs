//! Handing secrets to the application.

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::input;
use crate::ffi::abi::types::{s2n_config, s2n_connection, s2n_key_log_fn};
use crate::sys::callbacks::KeyLogCallback;
use crate::sys::io::Context;
use crate::tls::config::LogKeys;

/// Sets a callback that is told the secrets of each handshake, in the format that protocol analysers
/// read (RFC 9850). Whoever knows them can read all traffic: for debugging only.
///
/// The callback gets one line a time, without its end, and must not keep the pointer. What it returns
/// is not looked at. It runs within `s2n_negotiate()`.
///
/// @param config A config; connections that begin their handshake later use the callback
/// @param callback The callback; NULL for none
/// @param ctx Handed to the callback as it is; stays the caller's
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; `callback` can be called with `ctx`, in any thread that uses the config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_key_log_cb(
    config: *mut s2n_config,
    callback: s2n_key_log_fn,
    ctx: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: the C caller's promise about `config`.
        let config = unsafe { s2n_config::borrow(config) }?;
        let key_log = callback.map(|function| -> Arc<dyn LogKeys> {
            let context = Context(ctx);
            Arc::new(KeyLogCallback::<s2n_connection> { function, context })
        });
        config.core.set_key_log(key_log);
        Ok(())
    })
}

/// Derives a secret that both sides have and nobody else, for other protocols (RFC 8446, 7.5).
///
/// @param conn A connection of TLS 1.3 whose handshake is complete
/// @param label What the secret is for: registered with IANA, or private to the application
/// @param label_length Its length in bytes, 249 at most
/// @param context What else the secret depends on; must not be NULL
/// @param context_length Its length in bytes; 0 for nothing
/// @param output Where the secret goes
/// @param output_length How long it shall be, in bytes; 255 hashes of the cipher suite at most
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` before TLS 1.3,
/// `S2N_ERR_HANDSHAKE_NOT_COMPLETE`, `S2N_ERR_SAFETY` for a label that is too long,
/// `S2N_ERR_HKDF_OUTPUT_SIZE`
///
/// # Safety
///
/// `conn` is NULL or live; `label` and `context` are NULL or readable for their lengths; `output` is NULL
/// or writable for `output_length` bytes.
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
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: the C caller's promise about `label`.
        let label = unsafe { input::required_bytes(label, label_length as usize) }?;
        // SAFETY: the C caller's promise about `context`.
        let context = unsafe { input::required_bytes(context, context_length as usize) }?;
        // SAFETY: the C caller's promise about `output`.
        let output = unsafe { input::required_slice_mut(output, output_length as usize) }?;
        conn.core.export(label, context, output)
    })
}

/// Copies the master secret (RFC 5246, 8.1), of which all keys are made. Whoever knows it can read all
/// traffic.
///
/// @param conn A connection of TLS 1.2 whose handshake is complete
/// @param secret_bytes Where the 48 bytes go
/// @param max_size Room in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INSUFFICIENT_MEM_SIZE`, `S2N_ERR_INVALID_STATE` in
/// TLS 1.3, `S2N_ERR_HANDSHAKE_NOT_COMPLETE`
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
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: the C caller's promise about `secret_bytes`.
        let out = unsafe { input::required_slice_mut(secret_bytes, max_size) }?;
        conn.core.master_secret(out)
    })
}
