//! Certificate chains of a config: ownership, defaults and selection.

use std::ffi::{c_char, c_int};
use std::slice;
use std::sync::Arc;

use rs2n_core::config::CertTiebreak;
use rs2n_core::error::{Code, Result};

use crate::ffi::abi::arguments::s2n_tls_extension_type_arg;
use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::callbacks::s2n_cert_tiebreak_callback;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::input;
use crate::ffi::abi::types::{s2n_cert_chain_and_key, s2n_config, s2n_tls_extension_type};
use crate::ffi::cert::chain::CertChainHandle;
use crate::ffi::config::lifecycle::ConfigHandle;
use crate::sys::callbacks::CCertTiebreakCallback;

/// Loads the only certificate chain of a config, with its private key, from PEM. The config owns
/// the chain. Superseded by `s2n_config_add_cert_chain_and_key_to_store()`.
///
/// @param config A config
/// @param cert_chain_pem Certificates in PEM, the leaf first, as a NUL-terminated string; copied
/// @param private_key_pem The leaf's private key in PEM, as a NUL-terminated string: PKCS#8, PKCS#1
/// or SEC1, not encrypted; copied
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_NO_CERTIFICATE_IN_PEM`, `S2N_ERR_INVALID_PEM`,
/// `S2N_ERR_DECODE_CERTIFICATE`, `S2N_ERR_DECODE_PRIVATE_KEY`, `S2N_ERR_KEY_MISMATCH`,
/// `S2N_ERR_CERT_OWNERSHIP` if the config has a chain already, or
/// `S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT` if the chain violates rules of the security policy
///
/// # Safety
///
/// `config` is NULL or live; the others are NULL or strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_add_cert_chain_and_key(
    config: *mut s2n_config,
    cert_chain_pem: *const c_char,
    private_key_pem: *const c_char,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        // SAFETY: `cert_chain_pem` is null or a string for the whole call.
        let chain_pem = unsafe { input::str(cert_chain_pem) }?;
        // SAFETY: `private_key_pem` is null or a string for the whole call.
        let key_pem = unsafe { input::str(private_key_pem) }?;
        config.core.check_has_no_chain()?;
        let chain = CertChainHandle::new();
        chain.core.load(chain_pem.to_bytes(), key_pem.to_bytes())?;
        own(config, chain)
    })
}

/// Loads the only certificate chain of a config from PEM, without a private key. The config owns
/// the chain; signatures are made by the callback of `s2n_config_set_async_pkey_callback()`.
///
/// @param config A config
/// @param cert_chain_pem Certificates in PEM, the leaf first; copied
/// @param cert_chain_pem_size Length of the PEM text in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_NO_CERTIFICATE_IN_PEM`, `S2N_ERR_INVALID_PEM`,
/// `S2N_ERR_DECODE_CERTIFICATE`, `S2N_ERR_CERT_OWNERSHIP` if the config has a chain already, or
/// `S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT` if the chain violates rules of the security policy
///
/// # Safety
///
/// `config` is NULL or live; `cert_chain_pem` is NULL or readable for `cert_chain_pem_size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_add_cert_chain(
    config: *mut s2n_config,
    cert_chain_pem: *mut u8,
    cert_chain_pem_size: u32,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        // SAFETY: `cert_chain_pem` is null or readable for `cert_chain_pem_size` bytes for the
        // whole call.
        let pem = unsafe { input::required_bytes(cert_chain_pem, cert_chain_pem_size as usize) }?;
        config.core.check_has_no_chain()?;
        let chain = CertChainHandle::new();
        chain.core.load_public(pem)?;
        own(config, chain)
    })
}

fn own(config: &ConfigHandle, chain: Arc<CertChainHandle>) -> Result<()> {
    config.core.add_own_chain(&chain.core)?;
    config.set_own_chain(Some(chain));
    Ok(())
}

/// Frees the certificate chain that the config owns: the chain of
/// `s2n_config_add_cert_chain_and_key()`. Chains that the application created are not freed.
///
/// @param config A config
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_free_cert_chain_and_key(config: *mut s2n_config) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.free_own_chain();
        config.set_own_chain(None);
        Ok(())
    })
}

/// Adds a certificate chain with its private key to a config. A server selects one of the chains of
/// its config; a client sends its chain when the server requests a certificate.
///
/// A server searches the DNS names of all chains (the common names of chains without DNS names) for
/// the server name (SNI) of the ClientHello, then for the wildcard of that name. If no chain
/// matches, it uses the default chains. If chains with different types of keys match, the security
/// policy selects one: the first cipher suite or signature scheme of the policy that the client
/// supports and that one of the chains can be used with.
///
/// @param config A config
/// @param cert_key_pair A loaded chain; owned by the caller, who may free it while configs use it
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_CERT_TYPE_UNSUPPORTED` if no certificate was
/// loaded, `S2N_ERR_CERT_OWNERSHIP` after `s2n_config_add_cert_chain_and_key()`, or
/// `S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT` if the chain violates rules of the security policy
///
/// # Safety
///
/// `config` and `cert_key_pair` are NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_add_cert_chain_and_key_to_store(
    config: *mut s2n_config,
    cert_key_pair: *mut s2n_cert_chain_and_key,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live when the call begins.
        let config = unsafe { s2n_config::share(config) }?;
        // SAFETY: `cert_key_pair` is null or live when the call begins.
        let chain = unsafe { s2n_cert_chain_and_key::share(cert_key_pair) }?;
        config.core.add_chain(&chain.core)
    })
}

/// Sets the default certificate chains of a server, for clients that send no server name (SNI) or a
/// name that no chain matches. Unless set, the default for each type of key is the chain that was
/// added first.
///
/// @param config A config
/// @param cert_key_pairs Loaded chains, at most one for each type of key; owned by the caller
/// @param num_cert_key_pairs Number of chains
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_NUM_DEFAULT_CERTIFICATES` for no chains or too
/// many, `S2N_ERR_MULTIPLE_DEFAULT_CERTIFICATES_PER_AUTH_TYPE`, `S2N_ERR_CERT_TYPE_UNSUPPORTED` if
/// no certificate was loaded into one of the chains, or `S2N_ERR_CERT_OWNERSHIP` after
/// `s2n_config_add_cert_chain_and_key()`
///
/// # Safety
///
/// `config` is NULL or live; `cert_key_pairs` is NULL or holds `num_cert_key_pairs` pointers, each
/// NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_cert_chain_and_key_defaults(
    config: *mut s2n_config,
    cert_key_pairs: *mut *mut s2n_cert_chain_and_key,
    num_cert_key_pairs: u32,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        if cert_key_pairs.is_null() {
            return Err(Code::Null)?;
        }
        if !(1..=MAX_DEFAULTS).contains(&num_cert_key_pairs) {
            return Err(Code::NumDefaultCertificates)?;
        }
        // SAFETY: not null, so that it holds `num_cert_key_pairs` pointers for the whole call.
        let pairs = unsafe { slice::from_raw_parts(cert_key_pairs, num_cert_key_pairs as usize) };
        let chains: Result<Vec<_>> = pairs
            .iter()
            .map(|&pair| {
                // SAFETY: each of the pointers is null or a live chain for the whole call.
                let chain = unsafe { s2n_cert_chain_and_key::borrow(pair) }?;
                Ok(chain.core.clone())
            })
            .collect();
        config.core.set_default_chains(&chains?)
    })
}

/// The number of key types in s2n-tls.
const MAX_DEFAULTS: u32 = 4;

/// Sets the callback that selects between two certificate chains with the same name and type of
/// key. Without a callback the chain that was added first is kept.
///
/// @param config A config
/// @param cert_tiebreak_cb The callback, which is called when a chain is added; it returns one of
/// the two chains, or NULL to keep the first. NULL removes the callback.
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_cert_tiebreak_callback(
    config: *mut s2n_config,
    cert_tiebreak_cb: s2n_cert_tiebreak_callback,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        let tiebreak = cert_tiebreak_cb.map(|function| -> Arc<dyn CertTiebreak> {
            Arc::new(CCertTiebreakCallback::<s2n_cert_chain_and_key> { function })
        });
        config.core.set_cert_tiebreak(tiebreak);
        Ok(())
    })
}

/// Sets the OCSP response that a server sends with the chain of
/// `s2n_config_add_cert_chain_and_key()`. Superseded by `s2n_cert_chain_and_key_set_ocsp_data()`.
///
/// @param config A config
/// @param type `S2N_EXTENSION_OCSP_STAPLING`, for an OCSP response in DER; or
/// `S2N_EXTENSION_CERTIFICATE_TRANSPARENCY`, for timestamps, which cannot be sent
/// @param data The content of the extension; copied. NULL removes it.
/// @param length Length of the content in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_UPDATING_EXTENSION` if the config has no chain,
/// `S2N_ERR_CERT_OWNERSHIP` if the application owns the chain, `S2N_ERR_UNRECOGNIZED_EXTENSION` for
/// another type, or `S2N_ERR_UNIMPLEMENTED` for timestamps
///
/// # Safety
///
/// `config` is NULL or live; `data` is NULL or readable for `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_extension_data(
    config: *mut s2n_config,
    r#type: s2n_tls_extension_type_arg,
    data: *const u8,
    length: u32,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        let chain = config.core.own_chain()?;
        // SAFETY: `data` is null or readable for `length` bytes for the whole call.
        let data = unsafe { input::optional_bytes(data, length as usize) }?;
        const OCSP: u32 = s2n_tls_extension_type::S2N_EXTENSION_OCSP_STAPLING as u32;
        const SCT: u32 = s2n_tls_extension_type::S2N_EXTENSION_CERTIFICATE_TRANSPARENCY as u32;
        match r#type.0 {
            OCSP => chain.set_ocsp(data),
            SCT if data.is_empty() => Ok(()),
            SCT => Err(Code::Unimplemented)?,
            _ => Err(Code::UnrecognizedExtension)?,
        }
    })
}
