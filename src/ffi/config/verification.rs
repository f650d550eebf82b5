//! Verification of peer certificates: depth, validity, purpose, host names and OCSP.

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use crate::ffi::abi::arguments::{s2n_ct_support_level_arg, s2n_status_request_type_arg};
use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::callbacks::s2n_verify_host_fn;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_config, s2n_ct_support_level, s2n_status_request_type};
use crate::sys::callbacks::CVerifyHostCallback;
use crate::sys::io::Context;
use rs2n_core::config::VerifyHostCallback;
use rs2n_core::error::Code;

/// Accepts every certificate, and empties the trust store. Whoever is on the way can then read and change
/// everything: for tests.
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

/// Sets how many certificates a peer may send. 7 unless set.
///
/// @param config A config
/// @param max_depth A number of certificates, the peer's own included
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_ARGUMENT` for 0
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

/// Accepts certificates before and after their time: for devices whose clock is wrong. The certificates
/// of a path must still have been valid at the same time, and OCSP responses are still dated.
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

/// Accepts certificates for any purpose: those of clients from servers, and the other way round.
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

/// Sets whether the OCSP response (RFC 6960) that comes with a server's certificate must be good. It must,
/// unless this is turned off; a server need not send one.
///
/// @param config A config
/// @param check_ocsp 0 for off
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

/// Sets whether clients ask for an OCSP response with the server's certificate (RFC 6066, 8).
/// `s2n_config_set_verification_ca_location()` makes them ask as well; `S2N_STATUS_REQUEST_NONE` after
/// it takes that back.
///
/// @param config A config
/// @param type A member of `s2n_status_request_type`
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
        let wants = r#type.0 == s2n_status_request_type::S2N_STATUS_REQUEST_OCSP as u32;
        config.core.set_wants_ocsp(wants);
        Ok(())
    })
}

/// Would make clients ask for certificate timestamps (RFC 6962); rustls cannot.
///
/// @param config A config
/// @param level A member of `s2n_ct_support_level`
/// @returns 0 for `S2N_CT_SUPPORT_NONE`; otherwise -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
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

/// Sets the callback that decides whether a name in the peer's certificate is acceptable. Without one the
/// names are compared with the server name of the connection, on either side: what
/// `s2n_set_server_name()` set, or the client asked for.
///
/// The callback is asked about the alternative names (DNS names, URIs and IP addresses as text), or, if
/// there are none, about the common name, until it accepts one.
///
/// @param config A config
/// @param host_fn The callback: 1 accepts a name, 0 does not. NULL restores the built-in check.
/// @param data Handed to the callback as it is; stays the caller's
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; `host_fn` can be called with `data`, in any thread that uses the config.
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

/// Wraps a callback and its data for the core.
pub(crate) fn verify_host(
    function: s2n_verify_host_fn,
    data: *mut c_void,
) -> Option<Arc<dyn VerifyHostCallback>> {
    let function = function?;
    let context = Context(data);
    Some(Arc::new(CVerifyHostCallback { function, context }))
}
