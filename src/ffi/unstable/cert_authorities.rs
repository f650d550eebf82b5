//! Certificate requests of servers: their certificate authorities, and selection of the client's
//! certificate.

// The names are those of the C API.
#![allow(non_camel_case_types)]

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use rs2n_core::config::{Authorities, CertRequestCallback, CertificateRequest};
use rs2n_core::error::Code;

use crate::ffi::abi::boundary::{boundary, boundary_or, status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::output;
use crate::ffi::abi::types::{
    s2n_cert_chain_and_key, s2n_certificate_authority_list, s2n_certificate_request, s2n_config,
    s2n_connection,
};
use crate::sys::callbacks::CCertRequestCallback;
use crate::sys::io::Context;

impl Handle for s2n_certificate_request {
    type Inner = CertificateRequest;
}

impl Handle for s2n_certificate_authority_list {
    type Inner = Authorities;
}

/// Selects a client certificate in response to a certificate request; returns 0 on success.
pub type s2n_cert_request_callback = Option<
    unsafe extern "C" fn(
        conn: *mut s2n_connection,
        ctx: *mut c_void,
        request: *mut s2n_certificate_request,
    ) -> c_int,
>;

/// Returns the certificate authorities that a server accepts (RFC 8446, 4.2.4).
///
/// @param request The request that was passed to the callback
/// @returns the list, valid until the callback returns; NULL if `request` is NULL
///
/// # Safety
///
/// `request` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_certificate_request_get_ca_list(
    request: *mut s2n_certificate_request,
) -> *mut s2n_certificate_authority_list {
    boundary(|| {
        // SAFETY: `request` is null or live for the whole call.
        let request = unsafe { s2n_certificate_request::borrow(request) };
        Ok(request.map_or(std::ptr::null_mut(), |request| {
            (&raw const request.authorities).cast_mut().cast()
        }))
    })
}

/// Sets the client certificate to be sent in response to a certificate request.
///
/// @param request The request that was passed to the callback
/// @param chain A loaded chain; ownership remains with the caller, who may free it
/// @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if a pointer is NULL
///
/// # Safety
///
/// `request` and `chain` are NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_certificate_request_set_certificate(
    request: *mut s2n_certificate_request,
    chain: *mut s2n_cert_chain_and_key,
) -> c_int {
    status(|| {
        // SAFETY: `request` is null or live for the whole call.
        let request = unsafe { s2n_certificate_request::borrow(request) }
            .map_err(|_| Code::InvalidArgument)?;
        // SAFETY: `chain` is null or live for the whole call.
        let chain =
            unsafe { s2n_cert_chain_and_key::borrow(chain) }.map_err(|_| Code::InvalidArgument)?;
        request.answer(chain.core.clone());
        Ok(())
    })
}

/// Reports whether the list contains another certificate authority.
///
/// @param list The list
/// @returns true if it does, false if not or if `list` is NULL
///
/// # Safety
///
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_certificate_authority_list_has_next(
    list: *mut s2n_certificate_authority_list,
) -> bool {
    boundary_or(false, || {
        // SAFETY: `list` is null or live for the whole call.
        let list = unsafe { s2n_certificate_authority_list::borrow(list) };
        Ok(list.is_ok_and(Authorities::has_next))
    })
}

/// Returns the distinguished name of the next certificate authority, in DER as received from the
/// server.
///
/// @param list The list
/// @param name Set to the name, which is owned by the list
/// @param length Set to the length of the name in bytes
/// @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if a pointer is NULL, or at the end of the
/// list, where `name` is set to NULL and `length` to 0
///
/// # Safety
///
/// `list` is NULL or live; the others are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_certificate_authority_list_next(
    list: *mut s2n_certificate_authority_list,
    name: *mut *mut u8,
    length: *mut u16,
) -> c_int {
    status(|| {
        // SAFETY: `list` is null or live for the whole call.
        let list = unsafe { s2n_certificate_authority_list::borrow(list) }
            .map_err(|_| Code::InvalidArgument)?;
        if name.is_null() || length.is_null() {
            return Err(Code::InvalidArgument)?;
        }
        let next = list.next();
        let (start, len) = match next {
            Some(next) => (next.as_ptr().cast_mut(), next.len()),
            None => (std::ptr::null_mut(), 0),
        };
        // SAFETY: `name` is null or writable for the whole call.
        unsafe { output::slot(name) }?.set(start);
        // SAFETY: `length` is null or writable for the whole call.
        unsafe { output::slot(length) }?.set(u16::try_from(len).map_err(|_| Code::BadMessage)?);
        Ok(next.map(drop).ok_or(Code::InvalidArgument)?)
    })
}

/// Resets the iteration to the first certificate authority of the list.
///
/// @param list The list
/// @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if `list` is NULL
///
/// # Safety
///
/// `list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_certificate_authority_list_reread(
    list: *mut s2n_certificate_authority_list,
) -> c_int {
    status(|| {
        // SAFETY: `list` is null or live for the whole call.
        let list = unsafe { s2n_certificate_authority_list::borrow(list) }
            .map_err(|_| Code::InvalidArgument)?;
        list.reread();
        Ok(())
    })
}

/// Sets a callback that selects the certificate of a client when a server requests one. It is
/// called only if the config has a certificate, and must set a certificate: otherwise the handshake
/// fails with `S2N_ERR_NO_CERT_FOUND`, or with `S2N_ERR_CANCELLED` if the callback returns a value
/// other than 0.
///
/// @param config The config
/// @param cert_req_callback The callback; NULL removes it
/// @param ctx Context passed to the callback; never dereferenced, ownership remains with the caller
/// @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if `config` is NULL
///
/// # Safety
///
/// `config` is NULL or live; the callback can be called with `ctx`, in any thread that uses the
/// config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_cert_request_callback(
    config: *mut s2n_config,
    cert_req_callback: s2n_cert_request_callback,
    ctx: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }.map_err(|_| Code::InvalidArgument)?;
        let callback = cert_req_callback.map(|function| -> Arc<dyn CertRequestCallback> {
            let context = Context(ctx);
            Arc::new(
                CCertRequestCallback::<s2n_connection, s2n_certificate_request> {
                    function,
                    context,
                },
            )
        });
        config.core.set_cert_request(callback);
        Ok(())
    })
}
