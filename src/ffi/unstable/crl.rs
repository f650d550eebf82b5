//! Certificate revocation lists (CRL; RFC 5280, 5) and their lookup: a part of
//! `s2n/unstable/crl.h`.

// The names are those of the C API.
#![allow(non_camel_case_types)]

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use rs2n_core::config::CrlLookupCallback;
use rs2n_core::verify::crl::{Crl, CrlLookup};

use crate::ffi::abi::boundary::{status, status_with_memory, with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_config, s2n_crl, s2n_crl_lookup};
use crate::ffi::abi::{input, output};
use crate::sys::callbacks::CCrlLookupCallback;
use crate::sys::io::Context;

impl Handle for s2n_crl {
    type Inner = Crl;
}

impl Handle for s2n_crl_lookup {
    type Inner = CrlLookup;
}

/// Looks up the certificate revocation list for a certificate; returns 0 on success.
pub type s2n_crl_lookup_callback =
    Option<unsafe extern "C" fn(lookup: *mut s2n_crl_lookup, context: *mut c_void) -> c_int>;

/// Sets a callback that looks up certificate revocation lists (CRL; RFC 5280, 5). It enables
/// revocation checking: every certificate in the peer's chain except the trust anchor must be
/// covered by a CRL that does not revoke it.
///
/// The callback is called for each certificate that the peer sent. It calls `s2n_crl_lookup_set()`
/// or `s2n_crl_lookup_ignore()`, immediately or later from any thread; until then `s2n_negotiate()`
/// fails with `S2N_ERR_ASYNC_BLOCKED`. If it returns a value other than 0, the handshake fails with
/// `S2N_ERR_CANCELLED`.
///
/// The library does not check whether a CRL has expired; this is the responsibility of the
/// callback.
///
/// @param config The config
/// @param callback The callback; NULL removes it
/// @param context Context passed to the callback; never dereferenced, ownership remains with the
/// caller
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; `callback` can be called with `context`, in any thread that uses the
/// config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_crl_lookup_cb(
    config: *mut s2n_config,
    callback: s2n_crl_lookup_callback,
    context: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        let callback = callback.map(|function| -> Arc<dyn CrlLookupCallback> {
            let context = Context(context);
            Arc::new(CCrlLookupCallback::<s2n_crl_lookup> { function, context })
        });
        config.core.set_crl_lookup_callback(callback);
        Ok(())
    })
}

/// Creates an empty certificate revocation list, to be loaded.
///
/// @returns a new CRL, owned by the caller, to be freed with `s2n_crl_free()`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_crl_new() -> *mut s2n_crl {
    with_memory(|| s2n_crl::give(Arc::default()))
}

/// Loads a certificate revocation list from PEM.
///
/// @param crl An empty CRL
/// @param pem The CRL in PEM; copied
/// @param len Length of the PEM data in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_PEM`, or `S2N_ERR_INVALID_ARGUMENT` if a
/// list is already loaded
///
/// # Safety
///
/// `crl` is NULL or live; `pem` is NULL or readable for `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_crl_load_pem(crl: *mut s2n_crl, pem: *mut u8, len: usize) -> c_int {
    status_with_memory(|| {
        // SAFETY: `crl` is null or live for the whole call.
        let crl = unsafe { s2n_crl::borrow(crl) }?;
        // SAFETY: `pem` is null or readable for `len` bytes for the whole call.
        crl.load(unsafe { input::required_bytes(pem, len) }?)
    })
}

/// Frees a certificate revocation list. Handshakes that use it continue to use it.
///
/// @param crl Address of the pointer to the CRL; the pointer is set to NULL. NULL, or the address
/// of a NULL pointer, has no effect.
/// @returns 0
///
/// # Safety
///
/// `crl` is NULL or writable, and holds NULL or a live list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_crl_free(crl: *mut *mut s2n_crl) -> c_int {
    status(|| {
        // SAFETY: `crl` is null or writable, and holds null or a live list for the whole call.
        if let Ok(place) = unsafe { output::inout(crl) } {
            // SAFETY: `*crl` is null or a live list from `s2n_crl_new()`, which is not used again.
            drop(unsafe { s2n_crl::take(*place) });
            *place = std::ptr::null_mut();
        }
        Ok(())
    })
}

/// Returns a hash of the issuer name of a CRL, the same hash by which OpenSSL names CRL files.
///
/// @param crl A loaded CRL
/// @param hash Set to the hash
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `crl` is NULL or live; `hash` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_crl_get_issuer_hash(crl: *mut s2n_crl, hash: *mut u64) -> c_int {
    status(|| {
        // SAFETY: `crl` is null or live for the whole call.
        let crl = unsafe { s2n_crl::borrow(crl) }?;
        let issuer = crl.issuer_hash()?;
        // SAFETY: `hash` is null or writable for the whole call.
        unsafe { output::slot(hash) }?.set(issuer.into());
        Ok(())
    })
}

/// Checks that a CRL is already valid (thisUpdate), by the system's clock.
///
/// @param crl A loaded CRL
/// @returns 0 if it is, or -1 with `S2N_ERR_NULL`, `S2N_ERR_CRL_NOT_YET_VALID`
///
/// # Safety
///
/// `crl` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_crl_validate_active(crl: *mut s2n_crl) -> c_int {
    // SAFETY: `crl` is null or live for the whole call.
    status(|| unsafe { s2n_crl::borrow(crl) }?.check_active())
}

/// Checks that a CRL has not expired (nextUpdate), by the system's clock. A CRL without nextUpdate
/// does not expire.
///
/// @param crl A loaded CRL
/// @returns 0 if it has not expired, or -1 with `S2N_ERR_NULL`, `S2N_ERR_CRL_EXPIRED`
///
/// # Safety
///
/// `crl` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_crl_validate_not_expired(crl: *mut s2n_crl) -> c_int {
    // SAFETY: `crl` is null or live for the whole call.
    status(|| unsafe { s2n_crl::borrow(crl) }?.check_not_expired())
}

/// Returns a hash of the issuer name of the certificate, for comparison with that of a CRL.
///
/// @param lookup The lookup that was passed to the callback; valid until the connection is wiped or
/// freed
/// @param hash Set to the hash
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `lookup` is NULL or live; `hash` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_crl_lookup_get_cert_issuer_hash(
    lookup: *mut s2n_crl_lookup,
    hash: *mut u64,
) -> c_int {
    status(|| {
        // SAFETY: `lookup` is null or live for the whole call.
        let lookup = unsafe { s2n_crl_lookup::borrow(lookup) }?;
        // SAFETY: `hash` is null or writable for the whole call.
        unsafe { output::slot(hash) }?.set(lookup.issuer_hash().into());
        Ok(())
    })
}

/// Sets the CRL of a lookup.
///
/// @param lookup The lookup that was passed to the callback
/// @param crl The CRL; ownership remains with the caller, who may free it
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `lookup` and `crl` are NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_crl_lookup_set(
    lookup: *mut s2n_crl_lookup,
    crl: *mut s2n_crl,
) -> c_int {
    status(|| {
        // SAFETY: `lookup` is null or live for the whole call.
        let lookup = unsafe { s2n_crl_lookup::borrow(lookup) }?;
        // SAFETY: `crl` is null or live when the call begins.
        lookup.answer(Some(unsafe { s2n_crl::share(crl) }?));
        Ok(())
    })
}

/// Completes a lookup without a CRL. If no other CRL covers the certificate, the handshake fails
/// with `S2N_ERR_CRL_LOOKUP_FAILED`.
///
/// @param lookup The lookup that was passed to the callback
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `lookup` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_crl_lookup_ignore(lookup: *mut s2n_crl_lookup) -> c_int {
    status(|| {
        // SAFETY: `lookup` is null or live for the whole call.
        unsafe { s2n_crl_lookup::borrow(lookup) }?.answer(None);
        Ok(())
    })
}
