//! Settings of one connection: security policy, server name, ALPN, host verification and client
//! authentication.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;

use crate::ffi::abi::arguments::s2n_cert_auth_type_arg;
use crate::ffi::abi::boundary::{boundary, status, status_with_memory};
use crate::ffi::abi::callbacks::s2n_verify_host_fn;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_cert_auth_type, s2n_connection};
use crate::ffi::abi::{input, output};
use crate::ffi::config::verification::verify_host;
use rs2n_core::config::alpn;
use rs2n_core::policy::Policy;

/// Chooses the security policy of this connection, in place of its config's.
///
/// @param conn A connection
/// @param version The name of a policy, such as "default_tls13"
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_SECURITY_POLICY`,
/// `S2N_ERR_DEPRECATED_SECURITY_POLICY`, `S2N_ERR_CIPHER_NOT_SUPPORTED` if nothing of the policy is
/// supported, or `S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT` if the policy has rules that a certificate
/// of the config breaks; the old policy stays then
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
        conn.core.set_policy(Policy::find(version.to_bytes())?)
    })
}

/// Says whether a security policy would have allowed the version and the cipher suite that were agreed
/// on. Before the handshake is complete there is no suite, and the answer is 0.
///
/// @param conn A connection
/// @param version The name of a policy, of which all counts, be it supported or not
/// @returns 1 if it would, 0 if not; or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_SECURITY_POLICY`,
/// `S2N_ERR_DEPRECATED_SECURITY_POLICY`
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

/// Names the server that a client wants to talk to: for the server_name extension (RFC 6066, 3), and for
/// the verification of its certificate.
///
/// @param conn A client's connection
/// @param server_name At most 255 bytes; copied
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_CLIENT_MODE` on a server,
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

/// Gives the server name: the one that was set on a client, the one that was asked for on a server.
/// What a client asks for is no name if it has more than 255 bytes or a NUL among them;
/// `s2n_client_hello_get_server_name()` gives it all the same.
///
/// The string belongs to the connection: it is valid until another name is set, or the connection is
/// wiped or freed.
///
/// @param conn A connection
/// @returns the name; NULL if there is none, with `S2N_ERR_NULL` set if `conn` is NULL
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

/// Adds a protocol to the list that this connection offers or accepts by ALPN (RFC 7301), in place of
/// its config's list.
///
/// @param conn A connection
/// @param protocol The name; copied
/// @param protocol_len Its length in bytes, not 0
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

/// Sets the list of protocols that this connection offers or accepts by ALPN (RFC 7301), most preferred
/// first, in place of its config's list.
///
/// @param conn A connection
/// @param protocols Names; copied. NULL clears the list.
/// @param protocol_count Number of names; 0 clears the list
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_APPLICATION_PROTOCOL`; the old list stays then
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

/// Sets who is asked whether a name in the peer's certificate is acceptable, in place of the config's
/// callback.
///
/// @param conn A connection
/// @param host_fn The callback: 1 accepts a name, 0 does not. NULL restores the built-in check.
/// @param data Handed to the callback as it is; stays the caller's
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
        conn.core.set_verify_host(verify_host(host_fn, data));
        Ok(())
    })
}

/// Sets whether certificates of clients are asked for, in place of the config's setting.
///
/// @param conn A connection
/// @param client_auth_type A member of `s2n_cert_auth_type`
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

/// Says whether certificates of clients are asked for on this connection.
///
/// @param conn A connection
/// @param client_auth_type Set to the connection's setting, else the config's, else what suits the mode
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
