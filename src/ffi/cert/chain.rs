//! Certificate chains with their private keys.

use std::ffi::{c_char, c_int, c_void};
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex};

use rs2n_core::credentials::CertChain;
use rs2n_core::error::Code;
use rs2n_core::x509::DerChain;

use crate::ffi::abi::boundary::{boundary, status, status_with_memory, with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::input;
use crate::ffi::abi::types::s2n_cert_chain_and_key;
use crate::ffi::library::init;

/// The object behind a `struct s2n_cert_chain_and_key *`.
pub(crate) struct CertChainHandle {
    pub(crate) core: Arc<CertChain>,
    /// Certificates that the application has pointers to, kept at their addresses.
    pub(crate) given: Mutex<Vec<DerChain>>,
    context: AtomicPtr<c_void>,
}

impl CertChainHandle {
    pub(crate) fn new() -> Arc<Self> {
        let chain = Arc::new(Self {
            core: Arc::default(),
            given: Mutex::default(),
            context: AtomicPtr::default(),
        });
        // Connections return this pointer to the application.
        chain.core.set_name(Arc::as_ptr(&chain).expose_provenance());
        chain
    }
}

impl Drop for CertChainHandle {
    fn drop(&mut self) {
        // The pointer is invalid from here on, and connections that use the chain must not return
        // it.
        self.core.set_name(0);
    }
}

impl Handle for s2n_cert_chain_and_key {
    type Inner = CertChainHandle;
}

/// Creates an empty certificate chain, to be loaded.
///
/// @returns a new chain, owned by the caller, to be freed with `s2n_cert_chain_and_key_free()`; or
/// NULL with `S2N_ERR_NOT_INITIALIZED`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_cert_chain_and_key_new() -> *mut s2n_cert_chain_and_key {
    with_memory(|| {
        init::check()?;
        s2n_cert_chain_and_key::give(CertChainHandle::new())
    })
}

/// Frees a certificate chain. Configs to which the chain was added continue to use it.
///
/// @param cert_and_key The chain, which must not be used afterwards; NULL has no effect
/// @returns 0
///
/// # Safety
///
/// `cert_and_key` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_cert_chain_and_key_free(
    cert_and_key: *mut s2n_cert_chain_and_key,
) -> c_int {
    status(|| {
        // SAFETY: `cert_and_key` is null or live, and not used again.
        drop(unsafe { s2n_cert_chain_and_key::take(cert_and_key) });
        Ok(())
    })
}

/// Loads a certificate chain and its private key from PEM strings. Configs to which the chain was
/// added use the new contents in later handshakes, for the domain names of those that were added.
///
/// @param chain_and_key The chain
/// @param chain_pem Certificates in PEM, the leaf first, NUL-terminated; copied
/// @param private_key_pem The leaf's private key in PEM (PKCS #8, PKCS #1 or SEC 1, not encrypted),
/// NUL-terminated; copied
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_NO_CERTIFICATE_IN_PEM`, `S2N_ERR_INVALID_PEM`,
/// `S2N_ERR_DECODE_CERTIFICATE`, `S2N_ERR_DECODE_PRIVATE_KEY`, or `S2N_ERR_KEY_MISMATCH`
///
/// # Safety
///
/// `chain_and_key` is NULL or live; the others are NULL or strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_cert_chain_and_key_load_pem(
    chain_and_key: *mut s2n_cert_chain_and_key,
    chain_pem: *const c_char,
    private_key_pem: *const c_char,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `chain_and_key` is null or live for the whole call.
        let chain_and_key = unsafe { s2n_cert_chain_and_key::borrow(chain_and_key) }?;
        // SAFETY: `chain_pem` is null or a string for the whole call.
        let chain = unsafe { input::str(chain_pem) }?;
        // SAFETY: `private_key_pem` is null or a string for the whole call.
        let key = unsafe { input::str(private_key_pem) }?;
        chain_and_key.core.load(chain.to_bytes(), key.to_bytes())
    })
}

/// Loads a certificate chain and its private key from PEM buffers, which need not be
/// NUL-terminated. Otherwise as `s2n_cert_chain_and_key_load_pem()`.
///
/// @param chain_and_key The chain
/// @param chain_pem Certificates in PEM, the leaf first; copied
/// @param chain_pem_len Length of the certificates in bytes
/// @param private_key_pem The leaf's private key in PEM (PKCS #8, PKCS #1 or SEC 1, not encrypted);
/// copied
/// @param private_key_pem_len Length of the private key in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_NO_CERTIFICATE_IN_PEM`, `S2N_ERR_INVALID_PEM`,
/// `S2N_ERR_DECODE_CERTIFICATE`, `S2N_ERR_DECODE_PRIVATE_KEY`, or `S2N_ERR_KEY_MISMATCH`
///
/// # Safety
///
/// `chain_and_key` is NULL or live; the others are NULL or readable for their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_cert_chain_and_key_load_pem_bytes(
    chain_and_key: *mut s2n_cert_chain_and_key,
    chain_pem: *mut u8,
    chain_pem_len: u32,
    private_key_pem: *mut u8,
    private_key_pem_len: u32,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `chain_and_key` is null or live for the whole call.
        let chain_and_key = unsafe { s2n_cert_chain_and_key::borrow(chain_and_key) }?;
        // SAFETY: `chain_pem` is null or readable for `chain_pem_len` bytes for the whole call.
        let chain = unsafe { input::required_bytes(chain_pem, chain_pem_len as usize) }?;
        // SAFETY: `private_key_pem` is null or readable for `private_key_pem_len` bytes for the
        // whole call.
        let key = unsafe { input::required_bytes(private_key_pem, private_key_pem_len as usize) }?;
        chain_and_key.core.load(chain, key)
    })
}

/// Loads a certificate chain without its private key, for use with asynchronous private-key
/// operations.
///
/// @param chain_and_key The chain
/// @param chain_pem Certificates in PEM, the leaf first; copied
/// @param chain_pem_len Length of the certificates in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_NO_CERTIFICATE_IN_PEM`, `S2N_ERR_INVALID_PEM`,
/// or `S2N_ERR_DECODE_CERTIFICATE`
///
/// # Safety
///
/// `chain_and_key` is NULL or live; `chain_pem` is NULL or readable for `chain_pem_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_cert_chain_and_key_load_public_pem_bytes(
    chain_and_key: *mut s2n_cert_chain_and_key,
    chain_pem: *mut u8,
    chain_pem_len: u32,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `chain_and_key` is null or live for the whole call.
        let chain_and_key = unsafe { s2n_cert_chain_and_key::borrow(chain_and_key) }?;
        // SAFETY: `chain_pem` is null or readable for `chain_pem_len` bytes for the whole call.
        let chain = unsafe { input::required_bytes(chain_pem, chain_pem_len as usize) }?;
        chain_and_key.core.load_public(chain)
    })
}

/// Sets the application context of a certificate chain.
///
/// @param cert_and_key The chain
/// @param ctx An arbitrary pointer, stored without being dereferenced; ownership remains with the
/// caller
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `cert_and_key` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_cert_chain_and_key_set_ctx(
    cert_and_key: *mut s2n_cert_chain_and_key,
    ctx: *mut c_void,
) -> c_int {
    status(|| {
        // SAFETY: `cert_and_key` is null or live for the whole call.
        let cert_and_key = unsafe { s2n_cert_chain_and_key::borrow(cert_and_key) }?;
        cert_and_key.context.store(ctx, Ordering::Release);
        Ok(())
    })
}

/// Returns the application context that was set with `s2n_cert_chain_and_key_set_ctx()`.
///
/// @param cert_and_key The chain
/// @returns the pointer, or NULL if none was set; NULL with `S2N_ERR_NULL` if `cert_and_key` is
/// NULL
///
/// # Safety
///
/// `cert_and_key` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_cert_chain_and_key_get_ctx(
    cert_and_key: *mut s2n_cert_chain_and_key,
) -> *mut c_void {
    boundary(|| {
        // SAFETY: `cert_and_key` is null or live for the whole call.
        let cert_and_key = unsafe { s2n_cert_chain_and_key::borrow(cert_and_key) }?;
        Ok(cert_and_key.context.load(Ordering::Acquire))
    })
}

/// Sets the OCSP response (RFC 6960) for the leaf certificate. A server staples it if the client
/// requests one (status_request; RFC 6066, 8).
///
/// @param chain_and_key The chain
/// @param data The response in DER; copied. NULL removes it.
/// @param length Length of the response in bytes; 0 removes it
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `chain_and_key` is NULL or live; `data` is NULL or readable for `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_cert_chain_and_key_set_ocsp_data(
    chain_and_key: *mut s2n_cert_chain_and_key,
    data: *const u8,
    length: u32,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `chain_and_key` is null or live for the whole call.
        let chain = unsafe { s2n_cert_chain_and_key::borrow(chain_and_key) }?;
        // SAFETY: `data` is null or readable for `length` bytes for the whole call.
        let response = unsafe { input::optional_bytes(data, length as usize) }?;
        chain.core.set_ocsp(response)
    })
}

/// Sets the signed certificate timestamps (SCT; RFC 6962) that a server sends. Not supported:
/// rustls cannot send them.
///
/// @param chain_and_key The chain
/// @param data The SCT list; NULL for none
/// @param length Length of the list in bytes; 0 for none
/// @returns 0 if the list is empty; otherwise -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
///
/// # Safety
///
/// `chain_and_key` is NULL or live; `data` is NULL or readable for `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_cert_chain_and_key_set_sct_list(
    chain_and_key: *mut s2n_cert_chain_and_key,
    data: *const u8,
    length: u32,
) -> c_int {
    status(|| {
        // SAFETY: `chain_and_key` is null or live for the whole call.
        unsafe { s2n_cert_chain_and_key::borrow(chain_and_key) }?;
        match data.is_null() || length == 0 {
            true => Ok(()),
            false => Err(Code::Unimplemented)?,
        }
    })
}
