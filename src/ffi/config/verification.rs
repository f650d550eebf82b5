//! Verification of peer certificates: depth, validity, purpose, host names and OCSP.

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use rs2n_core::config::VerifyHostCallback;
use rs2n_core::error::Code;

use crate::ffi::abi::arguments::{s2n_ct_support_level_arg, s2n_status_request_type_arg};
use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::callbacks::s2n_verify_host_fn;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_config, s2n_ct_support_level, s2n_status_request_type};
use crate::sys::callbacks::CVerifyHostCallback;
use crate::sys::io::Context;

/// Disables the verification of peer certificates, and empties the trust store. An attacker in the
/// network path can then read and modify all data: for tests only.
///
/// @param config A config
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_disable_x509_verification(config: *mut s2n_config) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.disable_verification();
        Ok(())
    })
}

/// Sets the maximum number of certificates in a peer's chain. The default is 7.
///
/// @param config A config
/// @param max_depth The maximum number of certificates, the leaf included
/// @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_INVALID_ARGUMENT` for 0
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_max_cert_chain_depth(
    config: *mut s2n_config,
    max_depth: u16,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_max_chain(max_depth)
    })
}

/// Disables the check of the current time against the validity periods of certificates, for devices
/// without a correct clock. There must still be a time at which all certificates of a path are
/// valid, and the times of OCSP responses are still checked.
///
/// @param config A config
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_disable_x509_time_verification(
    config: *mut s2n_config,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.disable_time_verification();
        Ok(())
    })
}

/// Disables the check of the purpose of certificates: certificates for any purpose are accepted,
/// also client certificates from servers, and vice versa.
///
/// @param config A config
/// @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if `config` is NULL
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_disable_x509_intent_verification(
    config: *mut s2n_config,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }.map_err(|_| Code::InvalidArgument)?;
        config.core.disable_intent_verification();
        Ok(())
    })
}

/// Sets whether the OCSP response (RFC 6960) that a server staples to its certificate is validated,
/// and must report the status "good". The check is enabled by default; it does not require the
/// server to send a response.
///
/// @param config A config
/// @param check_ocsp 0 disables the check; any other value enables it
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_check_stapled_ocsp_response(
    config: *mut s2n_config,
    check_ocsp: u8,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_checks_ocsp(check_ocsp != 0);
        Ok(())
    })
}

/// Sets whether a client requests a stapled OCSP response (RFC 6066, 8).
/// `s2n_config_set_verification_ca_location()` enables the request as well;
/// `S2N_STATUS_REQUEST_NONE` after that call disables it.
///
/// @param config A config
/// @param type `S2N_STATUS_REQUEST_NONE` or `S2N_STATUS_REQUEST_OCSP`
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_status_request_type(
    config: *mut s2n_config,
    r#type: s2n_status_request_type_arg,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        let requests = r#type.0 == s2n_status_request_type::S2N_STATUS_REQUEST_OCSP as u32;
        config.core.set_requests_ocsp(requests);
        Ok(())
    })
}

/// Sets whether a client requests signed certificate timestamps (RFC 6962). The request is not
/// supported by rustls.
///
/// @param config A config
/// @param level A value of `s2n_ct_support_level`
/// @returns 0 for `S2N_CT_SUPPORT_NONE`; otherwise -1 with `S2N_ERR_NULL` or
/// `S2N_ERR_UNIMPLEMENTED`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_ct_support_level(
    config: *mut s2n_config,
    level: s2n_ct_support_level_arg,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        unsafe { s2n_config::borrow(config) }?;
        match level.0 == s2n_ct_support_level::S2N_CT_SUPPORT_NONE as u32 {
            true => Ok(()),
            false => Err(Code::Unimplemented)?,
        }
    })
}

/// Sets the callback that verifies the host names in the peer's certificate. Without a callback the
/// names are compared with the server name of the connection, on clients and on servers: the name
/// of `s2n_set_server_name()`, or the SNI that the client sent.
///
/// The callback is called for each alternative name (DNS names, URIs, and IP addresses as text) or,
/// if there are none, for the common name, until it accepts one.
///
/// @param config A config
/// @param host_fn The callback, which is called in any thread that uses the config; it returns 1 to
/// accept a name, 0 to reject it. NULL restores the built-in comparison.
/// @param data Passed to the callback unchanged; owned by the caller
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; `host_fn` can be called with `data`, in any thread that uses the
/// config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_verify_host_callback(
    config: *mut s2n_config,
    host_fn: s2n_verify_host_fn,
    data: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config
            .core
            .set_verify_host_callback(verify_host(host_fn, data));
        Ok(())
    })
}

/// Wraps a callback and its context for the core.
pub(crate) fn verify_host(
    function: s2n_verify_host_fn,
    data: *mut c_void,
) -> Option<Arc<dyn VerifyHostCallback>> {
    let function = function?;
    let context = Context(data);
    Some(Arc::new(CVerifyHostCallback { function, context }))
}
