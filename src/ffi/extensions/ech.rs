//! Encrypted ClientHello (ECH, RFC 9849) of clients.

// The names of the C API.
#![allow(non_camel_case_types)]

use std::ffi::c_int;

use rs2n_core::connection::EchStatus;
use rs2n_core::error::Code;

use crate::ffi::abi::boundary::{boundary, status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_config, s2n_connection};
use crate::ffi::abi::{input, output};

/// Progress of Encrypted ClientHello on a client connection.
///
/// `RS2N_ECH_NOT_OFFERED`: the ClientHello is not encrypted, or not sent yet. `RS2N_ECH_GREASE`: it
/// has an extension with random content: see `rs2n_config_set_ech_grease()`. `RS2N_ECH_OFFERED`: an
/// encrypted ClientHello was sent, and the server has not answered it. `RS2N_ECH_ACCEPTED`: the server
/// has decrypted it. `RS2N_ECH_REJECTED`: it has not, and the handshake fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum rs2n_ech_status {
    RS2N_ECH_NOT_OFFERED = 0,
    RS2N_ECH_GREASE = 1,
    RS2N_ECH_OFFERED = 2,
    RS2N_ECH_ACCEPTED = 3,
    RS2N_ECH_REJECTED = 4,
}

impl From<EchStatus> for rs2n_ech_status {
    fn from(status: EchStatus) -> Self {
        match status {
            EchStatus::NotOffered => Self::RS2N_ECH_NOT_OFFERED,
            EchStatus::Grease => Self::RS2N_ECH_GREASE,
            EchStatus::Offered => Self::RS2N_ECH_OFFERED,
            EchStatus::Accepted => Self::RS2N_ECH_ACCEPTED,
            EchStatus::Rejected => Self::RS2N_ECH_REJECTED,
        }
    }
}

/// Makes a client encrypt its ClientHello (RFC 9849), with the server name of
/// `s2n_set_server_name()`, for a server that has published an ECHConfigList, usually in its HTTPS
/// record of the DNS. On the wire the name is the public name in the config.
///
/// The connection offers TLS 1.3 alone. If the server does not decrypt the ClientHello, the handshake
/// fails with `RS2N_ERR_ECH_REJECTED`, after the certificate of the server is verified for the public
/// name: there is no application data, and no client certificate is sent. Verify-host callbacks are
/// not called then.
///
/// @param conn A client connection, before its handshake
/// @param list An ECHConfigList, in binary form; copied. The first config that is supported is used
/// @param length Length of the list in bytes
/// @returns 0; or -1 with `S2N_ERR_NULL`, `S2N_ERR_SERVER_MODE` for a server,
/// `S2N_ERR_INVALID_STATE` after the ClientHello was sent, or `RS2N_ERR_INVALID_ECH_CONFIG_LIST` if
/// the list is malformed, or has no config with a version, a key, a cipher suite and mandatory
/// extensions that are supported, and a public name that is a host name. The list that was set
/// before is kept then
///
/// `s2n_negotiate()` fails before it sends anything with `S2N_ERR_INVALID_CIPHER_PREFERENCES` if the
/// security policy has no TLS 1.3, `S2N_ERR_INVALID_STATE` without a server name that is a DNS name, or
/// `S2N_ERR_UNSUPPORTED_WITH_QUIC`. `s2n_connection_wipe()` removes the list.
///
/// # Safety
///
/// `conn` is NULL or live; `list` is NULL or readable for `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rs2n_connection_set_ech_config_list(
    conn: *mut s2n_connection,
    list: *const u8,
    length: usize,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `list` is null or readable for `length` bytes for the whole call.
        let list = unsafe { input::required_bytes(list, length) }?;
        conn.core.set_ech_config_list(list)
    })
}

/// Sets whether the clients of a config send GREASE for Encrypted ClientHello (RFC 9849, 6.2): an
/// extension that looks like an encrypted ClientHello, and has random content. Servers ignore it, and
/// an observer cannot tell such clients from those that encrypt.
///
/// The connections offer TLS 1.3 alone. It has no effect on a connection with
/// `rs2n_connection_set_ech_config_list()`, or on servers.
///
/// @param config A config; connections that have begun their handshake keep the earlier setting
/// @param enabled Whether they send it; false by default
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// `s2n_negotiate()` of a client fails with `S2N_ERR_INVALID_CIPHER_PREFERENCES` if its security policy
/// has no TLS 1.3.
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rs2n_config_set_ech_grease(
    config: *mut s2n_config,
    enabled: bool,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_ech_grease(enabled);
        Ok(())
    })
}

/// Returns whether the ClientHello of a client was encrypted, and whether the server has accepted it.
///
/// @param conn A connection; a server reports `RS2N_ECH_NOT_OFFERED`
/// @param status Filled with the status
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// It may be called in any thread, and in callbacks: that of `s2n_config_set_cert_validation_cb()`
/// receives the certificate of the public name if the status is `RS2N_ECH_REJECTED`.
///
/// # Safety
///
/// `conn` is NULL or live; `status` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rs2n_connection_get_ech_status(
    conn: *mut s2n_connection,
    status: *mut rs2n_ech_status,
) -> c_int {
    self::status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `status` is null or writable for the whole call.
        let slot = unsafe { output::slot(status) }?;
        slot.set(conn.core.ech_status().into());
        Ok(())
    })
}

/// Returns the ECHConfigList that a server has sent with its rejection of an encrypted ClientHello, for
/// `rs2n_connection_set_ech_config_list()` of a new connection. The server is authenticated for the
/// public name of the config that was used.
///
/// @param conn A client connection whose handshake has failed with `RS2N_ERR_ECH_REJECTED`
/// @param buffer Filled with the list; may be NULL if `size` is 0
/// @param size Size of the buffer in bytes; 0 to get the length alone
/// @returns the length of the list in bytes; 0 if nothing was rejected, or if the server has sent
/// none: it does not support Encrypted ClientHello, and may be connected without it (RFC 9849, 6.1.6).
/// Or -1 with `S2N_ERR_NULL`; `S2N_ERR_INSUFFICIENT_MEM_SIZE` if the buffer is too small; or
/// `S2N_ERR_INVALID_STATE` if the server that has rejected is not authenticated, because verification
/// is disabled, or the handshake has failed for another reason: whatever an attacker may have sent is
/// withheld
///
/// # Safety
///
/// `conn` is NULL or live; `buffer` is NULL or writable for `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rs2n_connection_get_ech_retry_configs(
    conn: *mut s2n_connection,
    buffer: *mut u8,
    size: usize,
) -> c_int {
    boundary(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `buffer` is null or writable for `size` bytes for the whole call.
        let buffer = unsafe { input::bytes_mut(buffer, size) }?;
        conn.core.with_ech_retry_configs(|list| match size {
            0 => Ok(list.len() as c_int),
            _ => Ok(output::copy_all(list, buffer, Code::InsufficientMemSize)? as c_int),
        })?
    })
}
