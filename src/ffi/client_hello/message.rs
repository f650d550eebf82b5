//! Parsing and freeing of a ClientHello, and completion of the ClientHello callback.

use std::ffi::c_int;
use std::ptr;
use std::sync::Arc;

use rs2n_core::error::Code;
use rs2n_core::messages::ClientHello;

use crate::ffi::abi::boundary::{status, with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::input;
use crate::ffi::abi::types::{s2n_client_hello, s2n_connection};

impl Handle for s2n_client_hello {
    type Inner = ClientHello;
}

/// Completes an asynchronous ClientHello callback: the next `s2n_negotiate()` resumes the
/// handshake.
///
/// May be called from any thread, also within the callback. No call may use the connection at the
/// same time, except the one that invoked the callback.
///
/// @param conn The connection
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` if its config is not in
/// `S2N_CLIENT_HELLO_CB_NONBLOCKING` mode, or `S2N_ERR_ASYNC_NOT_PERFORMED` if the callback was not
/// called
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_cb_done(conn: *mut s2n_connection) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.core.release_client_hello()
    })
}

/// Parses a ClientHello that was not received by a connection.
///
/// @param bytes The handshake message including its header, without trailing data; copied
/// @param size Length of the message in bytes
/// @returns a new ClientHello, owned by the caller, to be freed with `s2n_client_hello_free()`; or
/// NULL with `S2N_ERR_NULL`, `S2N_ERR_SIZE_MISMATCH` if the header is missing,
/// `S2N_ERR_BAD_MESSAGE`, or `S2N_ERR_DUPLICATE_EXTENSION`
///
/// # Safety
///
/// `bytes` is NULL or readable for `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_parse_message(
    bytes: *const u8,
    size: u32,
) -> *mut s2n_client_hello {
    with_memory(|| {
        // SAFETY: `bytes` is null or readable for `size` bytes for the whole call.
        let bytes = unsafe { input::required_bytes(bytes, size as usize) }?;
        let hello = ClientHello::parse(bytes)?;
        s2n_client_hello::give(Arc::new(hello))
    })
}

/// Frees a ClientHello that was created by `s2n_client_hello_parse_message()`.
///
/// @param ch Address of the pointer to the ClientHello; the pointer is set to NULL. A NULL pointer
/// at this address has no effect.
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_ARGUMENT` if the ClientHello is owned
/// by a connection
///
/// # Safety
///
/// `ch` is NULL or holds NULL or a live ClientHello.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_free(ch: *mut *mut s2n_client_hello) -> c_int {
    status(|| {
        // SAFETY: `ch` is null or holds null or a live ClientHello for the whole call.
        let place = unsafe { ch.as_mut() }.ok_or(Code::Null)?;
        if place.is_null() {
            return Ok(());
        }
        // SAFETY: `*ch` is a live ClientHello for the whole call.
        if unsafe { s2n_client_hello::borrow(*place) }?.belongs_to_connection() {
            return Err(Code::InvalidArgument)?;
        }
        // SAFETY: `*ch` is live and no connection's, so it came from `give`; it is not used again.
        drop(unsafe { s2n_client_hello::take(*place) }?);
        *place = ptr::null_mut();
        Ok(())
    })
}
