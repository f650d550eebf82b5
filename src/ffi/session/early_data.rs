//! Early data (0-RTT) of pre-shared keys, and early data that a client offers (RFC 8446, 2.3).

use std::ffi::c_int;

use rs2n_core::config::callbacks::OfferedEarlyData;
use rs2n_core::error::{Code, Result};

use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_offered_early_data, s2n_psk};
use crate::ffi::abi::{input, output};

impl Handle for s2n_offered_early_data {
    type Inner = OfferedEarlyData;
}

/// Enables early data with an external pre-shared key, of a client or a server. A client sends it
/// with a cipher suite that both sides must know beforehand. The limit of the first key of a
/// connection applies to all of them.
///
/// @param psk The key, whose hash algorithm is set
/// @param max_early_data_size The maximum size of early data in bytes; 0 disables it
/// @param cipher_suite_first_byte The first byte of the cipher suite (RFC 8446, B.4)
/// @param cipher_suite_second_byte The second byte of the cipher suite
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_CIPHER_NOT_SUPPORTED` for a suite that is not one
/// of TLS 1.3, or `S2N_ERR_INVALID_ARGUMENT` if its hash algorithm is not that of the key
///
/// # Safety
///
/// `psk` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_psk_configure_early_data(
    psk: *mut s2n_psk,
    max_early_data_size: u32,
    cipher_suite_first_byte: u8,
    cipher_suite_second_byte: u8,
) -> c_int {
    status(|| {
        // SAFETY: `psk` is null or live for the whole call.
        let mut psk = unsafe { s2n_psk::lock(psk) }?;
        let suite = u16::from_be_bytes([cipher_suite_first_byte, cipher_suite_second_byte]);
        psk.configure_early_data(max_early_data_size, suite)
    })
}

/// Sets the application protocol (ALPN) of early data with an external pre-shared key. A client
/// requests early data only if it supports the protocol, and a server accepts it only if the
/// protocol is negotiated. As with s2n-tls, a server compares it with its NUL: it sets "h2" with
/// the size 3, a client with the size 2.
///
/// @param psk The key
/// @param application_protocol The protocol name; copied. May be NULL if `size` is 0
/// @param size Length of the name in bytes; 0 for no protocol
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `psk` is NULL or live; `application_protocol` is NULL or readable for `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_psk_set_application_protocol(
    psk: *mut s2n_psk,
    application_protocol: *const u8,
    size: u8,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `psk` is null or live for the whole call.
        let mut psk = unsafe { s2n_psk::lock(psk) }?;
        // SAFETY: `application_protocol` is null or readable for `size` bytes for the whole call.
        psk.set_alpn(unsafe { input::bytes(application_protocol, size.into()) }?)
    })
}

/// Sets the early data context of an external pre-shared key, which the early data callback of a
/// server reads.
///
/// @param psk The key
/// @param context The context; copied. May be NULL if `size` is 0
/// @param size Length of the context in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `psk` is NULL or live; `context` is NULL or readable for `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_psk_set_early_data_context(
    psk: *mut s2n_psk,
    context: *const u8,
    size: u16,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `psk` is null or live for the whole call.
        let mut psk = unsafe { s2n_psk::lock(psk) }?;
        // SAFETY: `context` is null or readable for `size` bytes for the whole call.
        psk.set_context(unsafe { input::bytes(context, size.into()) }?)
    })
}

/// Returns the length of the early data context of the client's pre-shared key.
///
/// @param early_data The offered early data that was passed to the early data callback
/// @param context_len Set to a number of bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`, also after the connection is wiped
///
/// # Safety
///
/// `early_data` is NULL or live; `context_len` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_offered_early_data_get_context_length(
    early_data: *mut s2n_offered_early_data,
    context_len: *mut u16,
) -> c_int {
    status(|| {
        // SAFETY: `context_len` is null or writable for the whole call.
        let slot = unsafe { output::slot(context_len) }?;
        // SAFETY: `early_data` is null or live for the whole call.
        let offered = unsafe { s2n_offered_early_data::borrow(early_data) }?;
        slot.set(offered.with_context(|context| context.len() as u16)?);
        Ok(())
    })
}

/// Copies the early data context of the client's pre-shared key: see
/// `s2n_connection_set_server_early_data_context()` and `s2n_psk_set_early_data_context()`.
///
/// @param early_data The offered early data that was passed to the early data callback
/// @param context Filled with the context
/// @param max_len Size of the buffer in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`, also after the connection is wiped, or
/// `S2N_ERR_INSUFFICIENT_MEM_SIZE` if the buffer is too small
///
/// # Safety
///
/// `early_data` is NULL or live; `context` is NULL or writable for `max_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_offered_early_data_get_context(
    early_data: *mut s2n_offered_early_data,
    context: *mut u8,
    max_len: u16,
) -> c_int {
    status(|| {
        // SAFETY: `context` is null or writable for `max_len` bytes for the whole call.
        let room = unsafe { input::required_slice_mut(context, max_len.into()) }?;
        // SAFETY: `early_data` is null or live for the whole call.
        let offered = unsafe { s2n_offered_early_data::borrow(early_data) }?;
        let copied = offered.with_context(|context| {
            output::copy_all(context, room, Code::InsufficientMemSize).map(drop)
        });
        copied.and_then(|copied: Result<()>| copied)
    })
}

/// Rejects the early data that the client offers: it is skipped, and the handshake continues. May be
/// called in the callback or later, in any thread.
///
/// @param early_data The offered early data that was passed to the early data callback
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_EARLY_DATA_STATE` if it was accepted,
/// or is not offered any more
///
/// # Safety
///
/// `early_data` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_offered_early_data_reject(
    early_data: *mut s2n_offered_early_data,
) -> c_int {
    status(|| {
        // SAFETY: `early_data` is null or live for the whole call.
        unsafe { s2n_offered_early_data::borrow(early_data) }?.reject()
    })
}

/// Accepts the early data that the client offers, which `s2n_recv_early_data()` receives. May be
/// called in the callback or later, in any thread.
///
/// @param early_data The offered early data that was passed to the early data callback
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_EARLY_DATA_STATE` if it was rejected,
/// or is not offered any more
///
/// # Safety
///
/// `early_data` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_offered_early_data_accept(
    early_data: *mut s2n_offered_early_data,
) -> c_int {
    status(|| {
        // SAFETY: `early_data` is null or live for the whole call.
        unsafe { s2n_offered_early_data::borrow(early_data) }?.accept()
    })
}
