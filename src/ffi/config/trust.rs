//! The trust store of a config.

use std::ffi::{CStr, OsStr, c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::input;
use crate::ffi::abi::types::s2n_config;

/// Adds the certificates of a PEM file, and those of all files of a directory, to the trust store.
/// Clients request OCSP responses after this call: see `s2n_config_set_status_request_type()`.
///
/// @param config A config
/// @param ca_pem_filename Path of the file, as a NUL-terminated string, or NULL
/// @param ca_dir Path of the directory, as a NUL-terminated string, or NULL; files in it without a
/// certificate are skipped, and so is a directory that cannot be read
/// @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_X509_TRUST_STORE` if the file cannot be
/// read, if both paths are NULL, or if the limit of descriptors is reached, with EMFILE or ENFILE in
/// `errno`; the trust store is unchanged on failure
///
/// # Safety
///
/// `config` is NULL or live; the others are NULL or strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_verification_ca_location(
    config: *mut s2n_config,
    ca_pem_filename: *const c_char,
    ca_dir: *const c_char,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        // SAFETY: `ca_pem_filename` is null or a string for the whole call.
        let file = unsafe { input::optional_str(ca_pem_filename) };
        // SAFETY: `ca_dir` is null or a string for the whole call.
        let dir = unsafe { input::optional_str(ca_dir) };
        config.core.trust_location(file.map(path), dir.map(path))
    })
}

/// Adds the certificates of a PEM text to the trust store. A trusted certificate may be a root, an
/// intermediate, or the peer's own certificate.
///
/// @param config A config
/// @param pem Certificates in PEM, as a NUL-terminated string; copied
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_PEM` or `S2N_ERR_DECODE_CERTIFICATE`;
/// the trust store is unchanged on failure
///
/// # Safety
///
/// `config` is NULL or live; `pem` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_add_pem_to_trust_store(
    config: *mut s2n_config,
    pem: *const c_char,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        // SAFETY: `pem` is null or a string for the whole call.
        config
            .core
            .trust_pem(unsafe { input::str(pem) }?.to_bytes())
    })
}

/// Removes all certificates from the trust store, those of the operating system included, and the keys
/// of `rs2n_config_add_trusted_public_key()`.
///
/// @param config A config
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_wipe_trust_store(config: *mut s2n_config) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.wipe_trust();
        Ok(())
    })
}

/// Adds the operating system's root certificates to the trust store, as `s2n_config_new()` does.
///
/// @param config A config
/// @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_X509_TRUST_STORE` if they were added
/// before, or if the limit of descriptors is reached, with EMFILE or ENFILE in `errno`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_load_system_certs(config: *mut s2n_config) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.load_system_certs()
    })
}

fn path(path: &CStr) -> &Path {
    Path::new(OsStr::from_bytes(path.to_bytes()))
}
