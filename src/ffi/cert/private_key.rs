//! Private keys of certificate chains.

use std::sync::Arc;

use rs2n_core::credentials::CertChain;

use crate::ffi::abi::boundary::boundary;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_cert_chain_and_key, s2n_cert_private_key, s2n_pkey};

/// Never transferred to the application: a private key is owned by its chain.
impl Handle for s2n_pkey {
    type Inner = CertChain;
}

/// Returns the private key of a certificate chain, for `s2n_async_pkey_op_perform()`. It is owned
/// by the chain, and valid until the chain is freed.
///
/// @param cert_and_key The chain
/// @returns the key, also for a chain without a private key, in which case no operation can be
/// performed with it; NULL with `S2N_ERR_NULL`
///
/// # Safety
///
/// `cert_and_key` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_cert_chain_and_key_get_private_key(
    cert_and_key: *mut s2n_cert_chain_and_key,
) -> *mut s2n_cert_private_key {
    boundary(|| {
        // SAFETY: `cert_and_key` is null or live for the whole call.
        let chain = unsafe { s2n_cert_chain_and_key::borrow(cert_and_key) }?;
        Ok(Arc::as_ptr(&chain.core).cast_mut().cast())
    })
}
