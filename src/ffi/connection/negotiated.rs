//! Negotiated parameters: ALPN protocol, protocol versions, cipher suite and key exchange group.

use std::ffi::{CStr, c_char, c_int};
use std::ptr;
use std::sync::Arc;

use rs2n_core::connection::Negotiated;
use rs2n_core::error::{Code, Result};

use crate::ffi::abi::boundary::{boundary, status};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::output;
use crate::ffi::abi::types::s2n_connection;
use crate::ffi::connection::lifecycle::ConnectionHandle;

/// Returns the application protocol that was negotiated with ALPN (RFC 7301).
///
/// The string is owned by the connection, and valid until the connection is wiped or freed.
///
/// @param conn The connection
/// @returns the NUL-terminated name; NULL if no protocol was negotiated; NULL with `S2N_ERR_NULL`
/// if `conn` is NULL
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_get_application_protocol(conn: *mut s2n_connection) -> *const c_char {
    boundary(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        let facts = conn.core.negotiated();
        let alpn = facts.as_ref().and_then(|facts| facts.alpn.as_ref());
        Ok(alpn.map_or(ptr::null(), |alpn| alpn.as_ptr()))
    })
}

/// Returns the negotiated protocol version.
///
/// @param conn The connection
/// @returns `S2N_TLS12`, `S2N_TLS13`, ..., or `S2N_UNKNOWN_PROTOCOL_VERSION` before the version is
/// negotiated; -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_actual_protocol_version(
    conn: *mut s2n_connection,
) -> c_int {
    boundary(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        Ok(conn.core.version().into())
    })
}

/// Returns the highest protocol version that the client offers.
///
/// @param conn The connection
/// @returns `S2N_TLS12`, `S2N_TLS13`, ..., or `S2N_UNKNOWN_PROTOCOL_VERSION` before the version is
/// available; -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_client_protocol_version(
    conn: *mut s2n_connection,
) -> c_int {
    boundary(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        Ok(conn.core.client_version().into())
    })
}

/// Returns the highest protocol version that the server offers; on a client, the version that the
/// server selected.
///
/// @param conn The connection
/// @returns `S2N_TLS12`, `S2N_TLS13`, ..., or `S2N_UNKNOWN_PROTOCOL_VERSION` before the version is
/// available; -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_server_protocol_version(
    conn: *mut s2n_connection,
) -> c_int {
    boundary(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        Ok(conn.core.server_version().into())
    })
}

/// Returns the name of the negotiated cipher suite.
///
/// @param conn The connection
/// @returns a static string: OpenSSL's name in TLS 1.2, the standard name in TLS 1.3, or
/// "TLS_NULL_WITH_NULL_NULL" before the handshake is complete; NULL with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_cipher(conn: *mut s2n_connection) -> *const c_char {
    boundary(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        let facts = conn.core.negotiated();
        Ok(facts.map_or(NO_CIPHER, |facts| facts.cipher()).as_ptr())
    })
}

/// Returns the IANA value of the negotiated cipher suite.
///
/// @param conn The connection
/// @param first Set to the first byte
/// @param second Set to the second byte
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` before the handshake is complete
///
/// # Safety
///
/// `conn` is NULL or live; `first` and `second` are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_cipher_iana_value(
    conn: *mut s2n_connection,
    first: *mut u8,
    second: *mut u8,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `first` is null or writable for the whole call.
        let first = unsafe { output::slot(first) }?;
        // SAFETY: `second` is null or writable for the whole call.
        let second = unsafe { output::slot(second) }?;
        let [high, low] = negotiated(conn)?.suite.to_be_bytes();
        first.set(high);
        second.set(low);
        Ok(())
    })
}

/// Returns the name of the elliptic curve of the key exchange.
///
/// @param conn The connection
/// @returns a static string, "NONE" if no elliptic curve was used; NULL with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_curve(conn: *mut s2n_connection) -> *const c_char {
    boundary(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        let facts = conn.core.negotiated();
        Ok(facts.map_or(NONE, |facts| facts.curve()).as_ptr())
    })
}

/// Returns "NONE". In s2n-tls the function returned the KEM of a post-quantum key exchange in TLS
/// 1.2, which s2n-tls no longer supports. For TLS 1.3 use `s2n_connection_get_kem_group_name()`.
///
/// @param conn The connection
/// @returns the static string "NONE"; NULL with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_kem_name(conn: *mut s2n_connection) -> *const c_char {
    boundary(|| {
        // SAFETY: `conn` is null or live for the whole call.
        unsafe { s2n_connection::borrow(conn) }?;
        Ok(NONE.as_ptr())
    })
}

/// Returns the name of a key exchange group with a post-quantum KEM.
///
/// @param conn The connection
/// @returns a static string, "NONE" if no such group was negotiated; NULL with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_kem_group_name(
    conn: *mut s2n_connection,
) -> *const c_char {
    boundary(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        let facts = conn.core.negotiated();
        Ok(facts.map_or(NONE, |facts| facts.kem_group()).as_ptr())
    })
}

/// Returns the name of the key exchange group, of any kind.
///
/// @param conn The connection
/// @param group_name Set to a static string, "NONE" if there is no group
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` before the handshake is complete
///
/// # Safety
///
/// `conn` is NULL or live; `group_name` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_key_exchange_group(
    conn: *mut s2n_connection,
    group_name: *mut *const c_char,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `group_name` is null or writable for the whole call.
        let slot = unsafe { output::slot(group_name) }?;
        let facts = negotiated(conn);
        let group = facts.as_ref().map_or(NONE, |facts| facts.group());
        slot.set(group.as_ptr());
        // A resumed session of TLS 1.2 has no key exchange.
        match group == NONE {
            true => Err(Code::InvalidState)?,
            false => Ok(()),
        }
    })
}

pub(crate) const NO_CIPHER: &CStr = c"TLS_NULL_WITH_NULL_NULL";
pub(crate) const NONE: &CStr = c"NONE";

fn negotiated(conn: &ConnectionHandle) -> Result<Arc<Negotiated>> {
    Ok(conn.core.negotiated().ok_or(Code::InvalidState)?)
}
