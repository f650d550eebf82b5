//! The ClientHello: who sees it before it is answered, and where it comes from.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::Arc;

use crate::ffi::abi::boundary::{boundary, status, status_with_memory, with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::input;
use crate::ffi::abi::types::{
    s2n_client_hello, s2n_client_hello_cb_mode_arg, s2n_config, s2n_connection,
};
use crate::sys::callbacks::{ClientHelloCallback, ClientHelloFn};
use crate::sys::io::Context;
use crate::tls::client_hello::ClientHello;
use crate::tls::config::SeeClientHello;
use crate::tls::error::Code;

impl Handle for s2n_client_hello {
    type Inner = ClientHello;
}

/// Sets a callback that a server calls when a ClientHello has come, before it is answered: before
/// version, cipher suite and certificate are chosen.
///
/// The callback may look at the message with `s2n_connection_get_client_hello()`, and may give the
/// connection another config with `s2n_connection_set_config()`. It is called once for each
/// connection, within `s2n_negotiate()`; not for the second ClientHello that follows a
/// HelloRetryRequest. If it returns less than 0, the handshake fails with `S2N_ERR_CANCELLED`. What 0
/// and more mean depends on the mode: see `s2n_config_set_client_hello_cb_mode()`.
///
/// @param config A config
/// @param client_hello_callback The callback; NULL for none
/// @param ctx Handed to the callback as it is; stays the caller's
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; the callback can be called with `ctx`, in any thread that uses the
/// config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_client_hello_cb(
    config: *mut s2n_config,
    client_hello_callback: Option<
        unsafe extern "C" fn(conn: *mut s2n_connection, ctx: *mut c_void) -> c_int,
    >,
    ctx: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: the C caller's promise about `config`.
        let config = unsafe { s2n_config::borrow(config) }?;
        let callback = |function: ClientHelloFn<s2n_connection>| -> Arc<dyn SeeClientHello> {
            let context = Context(ctx);
            Arc::new(ClientHelloCallback { function, context })
        };
        config
            .core
            .set_client_hello(client_hello_callback.map(callback));
        Ok(())
    })
}

/// Sets what happens when the ClientHello callback has returned.
///
/// @param config A config
/// @param cb_mode `S2N_CLIENT_HELLO_CB_BLOCKING`, the default: the handshake goes on.
/// `S2N_CLIENT_HELLO_CB_NONBLOCKING`: it waits until `s2n_client_hello_cb_done()` is called, in the
/// callback or later; `s2n_negotiate()` then fails with `S2N_ERR_ASYNC_BLOCKED` and
/// `S2N_BLOCKED_ON_APPLICATION_INPUT`.
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_STATE` for another mode
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_client_hello_cb_mode(
    config: *mut s2n_config,
    cb_mode: s2n_client_hello_cb_mode_arg,
) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `config`.
        let config = unsafe { s2n_config::borrow(config) }?;
        let waits = match cb_mode.0 {
            0 => false,
            1 => true,
            _ => return Err(Code::InvalidState)?,
        };
        config.core.set_client_hello_waits(waits);
        Ok(())
    })
}

/// Lets a handshake go on that waits after its ClientHello callback. The next `s2n_negotiate()` does.
///
/// May be called in any thread, while no other call on the connection runs but the callback's.
///
/// @param conn A connection
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` if its config is not in
/// `S2N_CLIENT_HELLO_CB_NONBLOCKING` mode, `S2N_ERR_ASYNC_NOT_PERFORMED` if the callback was not
/// called
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_cb_done(conn: *mut s2n_connection) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.core.release_client_hello()
    })
}

/// Says that the server name of the ClientHello was made use of, for instance to choose a config.
///
/// Clients are told that their name was accepted (RFC 6066, 3), with or without this call.
///
/// @param conn A server's connection, before its ClientHello is answered
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_server_name_extension_used(
    conn: *mut s2n_connection,
) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        match conn.core.may_choose_by_client_hello() {
            true => Ok(()),
            false => Err(Code::InvalidState)?,
        }
    })
}

/// Gives the ClientHello that a server has received: after a HelloRetryRequest, the second one.
///
/// It belongs to the connection, and is valid until that is freed. `s2n_connection_wipe()` and
/// `s2n_connection_free_handshake()` empty it.
///
/// @param conn A connection
/// @returns the ClientHello; NULL on a client and before one has come; NULL with `S2N_ERR_NULL` if
/// `conn` is NULL
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_client_hello(
    conn: *mut s2n_connection,
) -> *mut s2n_client_hello {
    boundary(|| {
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        let hello = conn.core.client_hello();
        Ok(hello.map_or(ptr::null_mut(), |hello| {
            Arc::as_ptr(hello).cast_mut().cast()
        }))
    })
}

/// Gives the version that the ClientHello talks of: `S2N_TLS12` also for what is newer, which an
/// extension says (RFC 8446, 4.2.1).
///
/// @param conn A connection
/// @returns a version, `S2N_UNKNOWN_PROTOCOL_VERSION` before there is a ClientHello; -1 with
/// `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_client_hello_version(
    conn: *mut s2n_connection,
) -> c_int {
    boundary(|| {
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        Ok(conn.core.client_hello_version().into())
    })
}

/// Parses a ClientHello that did not come over a connection.
///
/// @param bytes The message, with its handshake header and nothing behind it; copied
/// @param size Its length in bytes
/// @returns a ClientHello, to be freed with `s2n_client_hello_free()`; or NULL with `S2N_ERR_NULL`,
/// `S2N_ERR_SIZE_MISMATCH` if there is no header, `S2N_ERR_BAD_MESSAGE`,
/// `S2N_ERR_DUPLICATE_EXTENSION`
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
        // SAFETY: the C caller's promise about `bytes`.
        let bytes = unsafe { input::required_bytes(bytes, size as usize) }?;
        let hello = ClientHello::parse(bytes)?;
        s2n_client_hello::give(Arc::new(hello))
    })
}

/// Frees a ClientHello that `s2n_client_hello_parse_message()` made.
///
/// @param ch Where its address is; set to NULL. The address may be NULL.
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_ARGUMENT` for a connection's own
///
/// # Safety
///
/// `ch` is NULL or holds NULL or a live ClientHello.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_free(ch: *mut *mut s2n_client_hello) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `ch`.
        let place = unsafe { ch.as_mut() }.ok_or(Code::Null)?;
        if place.is_null() {
            return Ok(());
        }
        // SAFETY: the C caller's promise about what `ch` holds.
        if unsafe { s2n_client_hello::borrow(*place) }?.is_connections() {
            return Err(Code::InvalidArgument)?;
        }
        // SAFETY: as above; it is not a connection's, so it came from `give`.
        drop(unsafe { s2n_client_hello::take(*place) }?);
        *place = ptr::null_mut();
        Ok(())
    })
}
