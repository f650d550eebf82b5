//! Certificates of a chain, in DER.

use std::ffi::c_int;
use std::sync::PoisonError;

use rs2n_core::error::{Code, Result};

use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::output;
use crate::ffi::abi::types::{s2n_cert, s2n_cert_chain_and_key};
use crate::ffi::cert::chain::CertChainHandle;

impl Handle for s2n_cert {
    type Inner = Box<[u8]>;
}

/// Returns the number of certificates in a chain.
///
/// @param chain_and_key The chain
/// @param cert_length Set to the number of certificates
/// @returns 0, or -1 with `S2N_ERR_NULL`, also if the chain is empty
///
/// # Safety
///
/// `chain_and_key` is NULL or live; `cert_length` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_cert_chain_get_length(
    chain_and_key: *const s2n_cert_chain_and_key,
    cert_length: *mut u32,
) -> c_int {
    status(|| {
        // SAFETY: `chain_and_key` is null or live for the whole call.
        let chain = unsafe { s2n_cert_chain_and_key::borrow(chain_and_key) }?;
        // SAFETY: `cert_length` is null or writable for the whole call.
        let slot = unsafe { output::slot(cert_length) }?;
        slot.set(u32::try_from(chain.core.len()?).map_err(|_| Code::IntegerOverflow)?);
        Ok(())
    })
}

/// Returns a certificate of a chain. It is owned by the chain, and valid until the chain is freed.
///
/// @param chain_and_key The chain
/// @param out_cert Set to the certificate
/// @param cert_idx Index of the certificate, 0 for the leaf
/// @returns 0, or -1 with `S2N_ERR_NULL`, also if the chain is empty, or `S2N_ERR_NO_CERT_FOUND` if
/// the index is out of range
///
/// # Safety
///
/// `chain_and_key` is NULL or live; `out_cert` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_cert_chain_get_cert(
    chain_and_key: *const s2n_cert_chain_and_key,
    out_cert: *mut *mut s2n_cert,
    cert_idx: u32,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `chain_and_key` is null or live for the whole call.
        let chain = unsafe { s2n_cert_chain_and_key::borrow(chain_and_key) }?;
        // SAFETY: `out_cert` is null or writable for the whole call.
        let slot = unsafe { output::slot(out_cert) }?;
        slot.set(address(chain, cert_idx as usize)?);
        Ok(())
    })
}

/// Returns the address of a certificate. The chain keeps it valid even if other certificates are
/// loaded later.
fn address(chain: &CertChainHandle, place: usize) -> Result<*mut s2n_cert> {
    let certificates = chain.core.certificates()?;
    let mut given = chain.given.lock().unwrap_or_else(PoisonError::into_inner);
    let known = given.iter().find(|known| **known == certificates);
    let certificates = match known {
        Some(known) => known,
        None => {
            given.push(certificates);
            &given[given.len() - 1]
        }
    };
    let certificate = certificates.get(place).ok_or(Code::NoCertFound)?;
    Ok((&raw const *certificate).cast_mut().cast())
}

/// Returns the DER encoding of a certificate, which is owned by its chain.
///
/// @param cert The certificate
/// @param out_cert_der Set to the encoding
/// @param cert_length Set to its length in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `cert` is NULL or of a live chain; the others are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_cert_get_der(
    cert: *const s2n_cert,
    out_cert_der: *mut *const u8,
    cert_length: *mut u32,
) -> c_int {
    status(|| {
        // SAFETY: `cert` is null or of a live chain for the whole call.
        let der = unsafe { s2n_cert::borrow(cert) }?;
        // SAFETY: `out_cert_der` is null or writable for the whole call.
        let out = unsafe { output::slot(out_cert_der) }?;
        // SAFETY: `cert_length` is null or writable for the whole call.
        let length = unsafe { output::slot(cert_length) }?;
        length.set(u32::try_from(der.len()).map_err(|_| Code::IntegerOverflow)?);
        out.set(der.as_ptr());
        Ok(())
    })
}
