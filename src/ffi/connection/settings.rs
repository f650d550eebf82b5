//! Connection settings: security policy, server name, ALPN, host name verification and client
//! authentication.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;

use rs2n_core::config::alpn;

use crate::ffi::abi::arguments::s2n_cert_auth_type_arg;
use crate::ffi::abi::boundary::{boundary, status, status_with_memory};
use crate::ffi::abi::callbacks::s2n_verify_host_fn;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_cert_auth_type, s2n_connection};
use crate::ffi::abi::{input, output};
use crate::ffi::config::policy;
use crate::ffi::config::verification::verify_host;

/// Sets the security policy of a connection, overriding that of its config.
///
/// @param conn The connection
/// @param version The name of a security policy, such as "default_tls13"
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_SECURITY_POLICY`,
/// `S2N_ERR_DEPRECATED_SECURITY_POLICY`, `S2N_ERR_CIPHER_NOT_SUPPORTED` if no part of the policy is
/// supported, or `S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT` if a certificate of the config
/// violates the rules of the policy. On failure the previous policy is retained.
///
/// # Safety
///
/// `conn` is NULL or live; `version` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_cipher_preferences(
    conn: *mut s2n_connection,
    version: *const c_char,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `version` is null or a string for the whole call.
        let version = unsafe { input::str(version) }?;
        conn.core.set_policy(policy::find(version)?)
    })
}

/// Reports whether a security policy permits the negotiated protocol version and cipher suite.
/// Before the handshake is complete no cipher suite is negotiated, and the result is 0.
///
/// @param conn The connection
/// @param version The name of a security policy. All entries of the policy are considered, whether
/// this library supports them or not.
/// @returns 1 if the policy permits them, 0 if not; or -1 with `S2N_ERR_NULL`,
/// `S2N_ERR_INVALID_SECURITY_POLICY`, `S2N_ERR_DEPRECATED_SECURITY_POLICY`
///
/// # Safety
///
/// `conn` is NULL or live; `version` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_is_valid_for_cipher_preferences(
    conn: *mut s2n_connection,
    version: *const c_char,
) -> c_int {
    boundary(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `version` is null or a string for the whole call.
        let version = unsafe { input::str(version) }?;
        Ok(conn.core.is_valid_for(version.to_bytes())?.into())
    })
}

/// Sets the server name of a client connection, which is sent in the server_name extension (SNI;
/// RFC 6066, 3) and used to verify the server's certificate.
///
/// @param conn A client connection
/// @param server_name A NUL-terminated name of at most 255 bytes; copied
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_CLIENT_MODE` on a server connection, or
/// `S2N_ERR_SERVER_NAME_TOO_LONG`
///
/// # Safety
///
/// `conn` is NULL or live; `server_name` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_set_server_name(
    conn: *mut s2n_connection,
    server_name: *const c_char,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `server_name` is null or a string for the whole call.
        conn.core
            .set_server_name(unsafe { input::str(server_name) }?)
    })
}

/// Returns the server name (SNI): on a client the name that was set, on a server the name that the
/// client requested. A requested name of more than 255 bytes, or one that contains a NUL, is not
/// returned; `s2n_client_hello_get_server_name()` returns it nevertheless.
///
/// The string is owned by the connection, and valid until another name is set or the connection is
/// wiped or freed.
///
/// @param conn The connection
/// @returns the NUL-terminated name; NULL if there is none; NULL with `S2N_ERR_NULL` if `conn` is
/// NULL
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_get_server_name(conn: *mut s2n_connection) -> *const c_char {
    boundary(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        Ok(conn
            .core
            .with_server_name(|name| name.map_or(ptr::null(), |name| name.as_ptr())))
    })
}

/// Adds a protocol to the ALPN list of a connection (RFC 7301), which overrides that of its config.
/// The list contains the protocols that a client offers or a server accepts.
///
/// @param conn The connection
/// @param protocol The protocol name; copied
/// @param protocol_len Length of the name in bytes; must not be 0
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_APPLICATION_PROTOCOL`
///
/// # Safety
///
/// `conn` is NULL or live; `protocol` is NULL or readable for `protocol_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_append_protocol_preference(
    conn: *mut s2n_connection,
    protocol: *const u8,
    protocol_len: u8,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `protocol` is null or readable for `protocol_len` bytes for the whole call.
        let protocol = unsafe { input::required_bytes(protocol, protocol_len.into()) }?;
        let mut list = conn.core.alpn();
        alpn::append(&mut list, protocol)?;
        conn.core.set_alpn(list);
        Ok(())
    })
}

/// Sets the ALPN list of a connection (RFC 7301), overriding that of its config. The list contains
/// the protocols that a client offers or a server accepts, most preferred first.
///
/// @param conn The connection
/// @param protocols NUL-terminated protocol names; copied. NULL clears the list.
/// @param protocol_count Number of names; 0 clears the list
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_APPLICATION_PROTOCOL`; on failure the
/// previous list is retained
///
/// # Safety
///
/// `conn` is NULL or live; `protocols` is NULL or holds `protocol_count` strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_protocol_preferences(
    conn: *mut s2n_connection,
    protocols: *const *const c_char,
    protocol_count: c_int,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `protocols` is null or holds `protocol_count` strings for the whole call.
        let names = unsafe { input::strings(protocols, protocol_count) }?;
        conn.core
            .set_alpn(alpn::list(names.iter().map(|name| name.to_bytes()))?);
        Ok(())
    })
}

/// Sets the host name verification callback of a connection, overriding that of its config. The
/// callback decides whether a name in the peer's certificate is acceptable.
///
/// @param conn The connection
/// @param host_fn The callback, which returns 1 to accept a name and 0 to reject it; NULL restores
/// the built-in verification
/// @param data Context passed to the callback; never dereferenced, ownership remains with the
/// caller
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live; `host_fn` can be called with `data`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_verify_host_callback(
    conn: *mut s2n_connection,
    host_fn: s2n_verify_host_fn,
    data: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.core
            .set_verify_host_callback(verify_host(host_fn, data));
        Ok(())
    })
}

/// Sets the client authentication mode of a connection, overriding that of its config: whether a
/// server requests a certificate from the client.
///
/// @param conn The connection
/// @param client_auth_type A value of `s2n_cert_auth_type`
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_ARGUMENT`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_client_auth_type(
    conn: *mut s2n_connection,
    client_auth_type: s2n_cert_auth_type_arg,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.core.set_client_auth(client_auth_type.try_into()?);
        Ok(())
    })
}

/// Returns the client authentication mode that applies to a connection.
///
/// @param conn The connection
/// @param client_auth_type Set to the mode set on the connection, otherwise that of its config,
/// otherwise the default for client or server
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live; `client_auth_type` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_client_auth_type(
    conn: *mut s2n_connection,
    client_auth_type: *mut s2n_cert_auth_type,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `client_auth_type` is null or writable for the whole call.
        let slot = unsafe { output::slot(client_auth_type) }?;
        slot.set(conn.core.client_auth()?.into());
        Ok(())
    })
}
