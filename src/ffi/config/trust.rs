//! The trust store of a config.

use std::ffi::{CStr, OsStr, c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::input;
use crate::ffi::abi::types::s2n_config;

/// Trusts the certificates of a PEM file, and those of all files of a directory.
///
/// @param config A config
/// @param ca_pem_filename A file's path, or NULL
/// @param ca_dir A directory's path, or NULL; files in it that hold no certificate are skipped, and
/// so is a directory that cannot be read
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_X509_TRUST_STORE` if the file cannot be read, or
/// both are NULL; nothing is trusted then that was not before
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

/// Trusts the certificates of a PEM text. A trusted certificate may be a root, an intermediate, or the
/// peer's own.
///
/// @param config A config
/// @param pem Certificates in PEM; copied
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_PEM`, `S2N_ERR_DECODE_CERTIFICATE`; nothing is
/// trusted then that was not before
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

/// Trusts nobody any more.
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

/// Trusts the operating system's roots, as `s2n_config_new()` does.
///
/// @param config A config
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_X509_TRUST_STORE` if they were loaded before
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
