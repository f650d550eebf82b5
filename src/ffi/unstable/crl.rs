//! Certificate revocation lists (RFC 5280, 5) and their lookup: a part of `s2n/unstable/crl.h`.

// Names are those of the API.
#![allow(non_camel_case_types)]

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use crate::ffi::abi::boundary::{status, status_with_memory, with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_config, s2n_crl, s2n_crl_lookup};
use crate::ffi::abi::{input, output};
use crate::sys::callbacks::CrlLookupCallback;
use crate::sys::io::Context;
use rs2n_core::config::LookUpCrl;
use rs2n_core::verify::crl::{Crl, CrlLookup};

impl Handle for s2n_crl {
    type Inner = Crl;
}

impl Handle for s2n_crl_lookup {
    type Inner = CrlLookup;
}

/// Looks for the certificate revocation list about one certificate; 0 for success.
pub type s2n_crl_lookup_callback =
    Option<unsafe extern "C" fn(lookup: *mut s2n_crl_lookup, context: *mut c_void) -> c_int>;

/// Sets a callback that finds certificate revocation lists (RFC 5280, 5). With it each certificate of a
/// peer must stand in a list as not revoked, but for the trusted one.
///
/// The callback is asked about each certificate that the peer sent. It answers with `s2n_crl_lookup_set()`
/// or `s2n_crl_lookup_ignore()`, at once or later from any thread; until then `s2n_negotiate()` fails with
/// `S2N_ERR_ASYNC_BLOCKED`. What it returns other than 0 ends the handshake with `S2N_ERR_CANCELLED`.
///
/// Whether a list is out of date is for the callback to find out.
///
/// @param config A config
/// @param callback The callback; NULL for none
/// @param context Handed to the callback as it is; stays the caller's
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; `callback` can be called with `context`, in any thread that uses the config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_crl_lookup_cb(
    config: *mut s2n_config,
    callback: s2n_crl_lookup_callback,
    context: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        let callback = callback.map(|function| -> Arc<dyn LookUpCrl> {
            let context = Context(context);
            Arc::new(CrlLookupCallback::<s2n_crl_lookup> { function, context })
        });
        config.core.set_look_up_crl(callback);
        Ok(())
    })
}

/// Makes an empty list, to be loaded.
///
/// @returns a list, to be freed with `s2n_crl_free()`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_crl_new() -> *mut s2n_crl {
    with_memory(|| s2n_crl::give(Arc::default()))
}

/// Loads a list.
///
/// @param crl An empty list
/// @param pem The list in PEM; copied
/// @param len Its length in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_PEM`, or `S2N_ERR_INVALID_ARGUMENT` if there is
/// one already
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

/// Frees a list. Handshakes that use it go on using it.
///
/// @param crl Where its address is; set to NULL. Both may be NULL.
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

/// Gives a hash of the name of who made the list: that by which OpenSSL names files.
///
/// @param crl A list that was loaded
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

/// Says whether the time for a list has come, by the system's clock.
///
/// @param crl A list that was loaded
/// @returns 0 if it has, or -1 with `S2N_ERR_NULL`, `S2N_ERR_CRL_NOT_YET_VALID`
///
/// # Safety
///
/// `crl` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_crl_validate_active(crl: *mut s2n_crl) -> c_int {
    // SAFETY: `crl` is null or live for the whole call.
    status(|| unsafe { s2n_crl::borrow(crl) }?.check_active())
}

/// Says whether a list is the latest, by the system's clock. One that does not name the time of the next
/// is.
///
/// @param crl A list that was loaded
/// @returns 0 if it is, or -1 with `S2N_ERR_NULL`, `S2N_ERR_CRL_EXPIRED`
///
/// # Safety
///
/// `crl` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_crl_validate_not_expired(crl: *mut s2n_crl) -> c_int {
    // SAFETY: `crl` is null or live for the whole call.
    status(|| unsafe { s2n_crl::borrow(crl) }?.check_not_expired())
}

/// Gives a hash of the name of a certificate's issuer, to be compared with that of a list.
///
/// @param lookup What the callback was asked; valid until the connection is wiped or freed
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

/// Answers with a list.
///
/// @param lookup What the callback was asked
/// @param crl The list; it stays the caller's, who may free it
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

/// Answers that there is no list. The handshake fails, if no other list has the certificate, with
/// `S2N_ERR_CRL_LOOKUP_FAILED`.
///
/// @param lookup What the callback was asked
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
