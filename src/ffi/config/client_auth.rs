//! Client authentication: certificate requests of servers (RFC 8446, 4.3.2).

use std::ffi::c_int;

use rs2n_core::config::ClientAuth;
use rs2n_core::error::Code;

use crate::ffi::abi::arguments::s2n_cert_auth_type_arg;
use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::output;
use crate::ffi::abi::types::{s2n_cert_auth_type, s2n_config};

/// Sets whether a server requests or requires a client certificate.
///
/// @param config A config
/// @param client_auth_type `S2N_CERT_AUTH_NONE`, `S2N_CERT_AUTH_OPTIONAL` or
/// `S2N_CERT_AUTH_REQUIRED`
/// @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_INVALID_ARGUMENT` for another value
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_client_auth_type(
    config: *mut s2n_config,
    client_auth_type: s2n_cert_auth_type_arg,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_client_auth(client_auth_type.try_into()?);
        Ok(())
    })
}

/// Returns whether a server requests or requires a client certificate.
///
/// @param config A config
/// @param client_auth_type Set to the value of `s2n_config_set_client_auth_type()`, or to
/// `S2N_CERT_AUTH_NONE` if it was not called
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; `client_auth_type` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_get_client_auth_type(
    config: *mut s2n_config,
    client_auth_type: *mut s2n_cert_auth_type,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        // SAFETY: `client_auth_type` is null or writable for the whole call.
        let slot = unsafe { output::slot(client_auth_type) }?;
        slot.set(config.core.client_auth().unwrap_or(ClientAuth::None).into());
        Ok(())
    })
}

/// Enables the certificate_authorities extension (RFC 8446, 4.2.4) in the certificate requests of a
/// server, with the subjects of the certificates in the trust store. Certificates that are added to
/// the trust store later are not included.
///
/// @param config A config
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_STATE` if the trust store contains the
/// system's root certificates, or `S2N_ERR_TOO_MANY_CAS` if the list of names is longer than 20,000
/// bytes
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_cert_authorities_from_trust_store(
    config: *mut s2n_config,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.name_authorities()
    })
}

/// Adds DSS to the certificate types that a server requests in TLS 1.2 (RFC 5246, 7.4.4), for
/// clients that respond to no other request. Not supported: no DSS certificate could be accepted,
/// and the certificate types of a request cannot be changed here.
///
/// @param config A config
/// @returns -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_enable_cert_req_dss_legacy_compat(
    config: *mut s2n_config,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        unsafe { s2n_config::borrow(config) }?;
        Err(Code::Unimplemented)?
    })
}
