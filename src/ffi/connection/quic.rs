//! TLS for QUIC (RFC 9001): the connection functions of `s2n/quic.h`.

// The names are those of the C API.
#![allow(non_camel_case_types)]

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::Arc;

use rs2n_core::config::SecretType;
use rs2n_core::error::Code;

use crate::ffi::abi::boundary::{boundary_or, cancellable, status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_blocked_status, s2n_connection};
use crate::ffi::abi::{input, output};
use crate::sys::callbacks::CSecretCallback;
use crate::sys::io::Context;

/// Types of traffic secrets that a QUIC connection exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum s2n_secret_type_t {
    S2N_CLIENT_EARLY_TRAFFIC_SECRET = 0,
    S2N_CLIENT_HANDSHAKE_TRAFFIC_SECRET = 1,
    S2N_SERVER_HANDSHAKE_TRAFFIC_SECRET = 2,
    S2N_CLIENT_APPLICATION_TRAFFIC_SECRET = 3,
    S2N_SERVER_APPLICATION_TRAFFIC_SECRET = 4,
    S2N_EXPORTER_SECRET = 5,
}

impl From<SecretType> for s2n_secret_type_t {
    fn from(typ: SecretType) -> Self {
        match typ {
            SecretType::ClientHandshake => Self::S2N_CLIENT_HANDSHAKE_TRAFFIC_SECRET,
            SecretType::ServerHandshake => Self::S2N_SERVER_HANDSHAKE_TRAFFIC_SECRET,
            SecretType::ClientApplication => Self::S2N_CLIENT_APPLICATION_TRAFFIC_SECRET,
            SecretType::ServerApplication => Self::S2N_SERVER_APPLICATION_TRAFFIC_SECRET,
            SecretType::Exporter => Self::S2N_EXPORTER_SECRET,
        }
    }
}

/// Receives a secret of a QUIC connection, as soon as it is derived: those of the handshake behind
/// the ServerHello, the others behind the server's Finished.
///
/// The callback is called within `s2n_negotiate()`. It may query the connection: the cipher suite,
/// the key exchange group, the application protocol, the server name and the transport parameters
/// of the peer are known as far as the messages have them. A server may set its own transport
/// parameters in the callbacks for the secrets of the handshake.
///
/// @param context The context that was set with the callback
/// @param conn The connection
/// @param secret_type The type of the secret. `S2N_CLIENT_EARLY_TRAFFIC_SECRET` does not occur:
/// there is no early data over QUIC
/// @param secret The secret, which is valid during the call only
/// @param secret_size Length of the secret in bytes
/// @returns 0; less than 0 ends the handshake with `S2N_ERR_CANCELLED`
pub type s2n_secret_cb = Option<
    unsafe extern "C" fn(
        context: *mut c_void,
        conn: *mut s2n_connection,
        secret_type: s2n_secret_type_t,
        secret: *mut u8,
        secret_size: u8,
    ) -> c_int,
>;

/// Makes a connection a QUIC connection: `s2n_negotiate()` sends and receives the messages of the
/// TLS 1.3 handshake without records, and without alerts. The QUIC implementation protects them, and
/// the application data, with the secrets that the callback of `s2n_connection_set_secret_callback()`
/// receives.
///
/// Each message is passed to the transport alone, with its header of 4 bytes. Of received messages,
/// exactly the header is read, then exactly the body. `s2n_send()` and `s2n_recv()` fail with
/// `S2N_ERR_UNSUPPORTED_WITH_QUIC`.
///
/// Both sides send their transport parameters. A peer without fails the handshake, with
/// `S2N_ERR_MISSING_EXTENSION`.
///
/// @param conn A connection before its handshake; it remains a QUIC connection until it is wiped
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_STATE` if receive buffering is enabled,
/// or the connection has sent or received data
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_enable_quic(conn: *mut s2n_connection) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.core.enable_quic()
    })
}

/// Reports whether QUIC is enabled, for the connection or for its config.
///
/// @param conn The connection
/// @returns whether QUIC is enabled; false if `conn` is NULL
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_is_quic_enabled(conn: *mut s2n_connection) -> bool {
    boundary_or(false, || {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) };
        Ok(conn.is_ok_and(|conn| conn.core.uses_quic()))
    })
}

/// Reports whether session tickets are enabled on a connection.
///
/// @param conn The connection
/// @returns whether the config of the connection enables session tickets; false if `conn` is NULL
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_are_session_tickets_enabled(
    conn: *mut s2n_connection,
) -> bool {
    boundary_or(false, || {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) };
        Ok(conn.is_ok_and(|conn| conn.core.uses_tickets()))
    })
}

/// Sets the contents of the quic_transport_parameters extension that is sent (RFC 9001, 8.2). They
/// are empty by default.
///
/// A client sets them before its first call of `s2n_negotiate()`; a server in the callback for the
/// secrets of the handshake at the latest.
///
/// @param conn The connection
/// @param data_buffer The contents; copied. May be NULL if `data_len` is 0
/// @param data_len Length of the contents in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL` or `S2N_ERR_ALLOC`
///
/// # Safety
///
/// `conn` is NULL or live; `data_buffer` is NULL or readable for `data_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_quic_transport_parameters(
    conn: *mut s2n_connection,
    data_buffer: *const u8,
    data_len: u16,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `data_buffer` is null or readable for `data_len` bytes for the whole call.
        let parameters = unsafe { input::bytes(data_buffer, data_len.into()) }?;
        conn.core.set_transport_parameters(parameters)
    })
}

/// Returns the contents of the quic_transport_parameters extension that was received from the peer.
/// They are not validated, and not authenticated before the handshake is complete.
///
/// @param conn The connection
/// @param data_buffer Set to the contents, which are owned by the connection and valid until it is
/// wiped or freed; to NULL if they are empty, or not received
/// @param data_len Set to the length of the contents in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live; `data_buffer` and `data_len` are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_quic_transport_parameters(
    conn: *mut s2n_connection,
    data_buffer: *mut *const u8,
    data_len: *mut u16,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `data_buffer` is null or writable for the whole call.
        let buffer = unsafe { output::slot(data_buffer) }?;
        // SAFETY: `data_len` is null or writable for the whole call.
        let len = unsafe { output::slot(data_len) }?;
        let parameters = conn.core.peer_transport_parameters();
        let (start, size) = match &parameters {
            Some(parameters) => (parameters.as_ptr(), parameters.len()),
            None => (ptr::null(), 0),
        };
        // An extension is not longer than that.
        len.set(u16::try_from(size).map_err(|_| Code::Safety)?);
        buffer.set(start);
        Ok(())
    })
}

/// Sets the callback that receives the secrets of a QUIC connection.
///
/// @param conn The connection; wiping it removes the callback
/// @param cb_func The callback
/// @param ctx Context passed to the callback; never dereferenced, may be NULL
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live; `cb_func` can be called with `ctx` in any thread that negotiates.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_secret_callback(
    conn: *mut s2n_connection,
    cb_func: s2n_secret_cb,
    ctx: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        let function = cb_func.ok_or(Code::Null)?;
        let context = Context(ctx);
        conn.core
            .set_secret_callback(Arc::new(CSecretCallback { function, context }));
        Ok(())
    })
}

/// Receives and processes one message after the handshake of a QUIC connection: a NewSessionTicket,
/// which a client passes to the callback of `s2n_config_set_session_ticket_cb()`.
///
/// The transport must pass the messages of the application data level only. A server sends its
/// tickets in calls of `s2n_negotiate()`.
///
/// @param conn A client whose handshake is complete
/// @param blocked Set to the operation on which the call is blocked
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_IO_BLOCKED`, `S2N_ERR_CLOSED`,
/// `S2N_ERR_HANDSHAKE_NOT_COMPLETE`, `S2N_ERR_INVALID_STATE` if QUIC is not enabled,
/// `S2N_ERR_UNSUPPORTED_WITH_QUIC` for another message, or `S2N_ERR_BAD_MESSAGE` for an invalid one.
/// The last two close the connection
///
/// # Safety
///
/// `conn` is NULL or live; `blocked` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn s2n_recv_quic_post_handshake_message(
    conn: *mut s2n_connection,
    blocked: *mut s2n_blocked_status,
) -> c_int {
    cancellable(status_with_memory(|| {
        // SAFETY: `conn` is null or live when the call begins.
        let conn = unsafe { s2n_connection::share(conn) }?;
        // SAFETY: `blocked` is null or writable for the whole call.
        unsafe { output::blocked(blocked, |blocked| conn.core.recv_post_handshake(blocked)) }
    }))
}
