//! Whom a config trusts, and who has to show a certificate.

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::*;
use crate::ffi::abi::{input, output};
use crate::sys::callbacks::VerifyHostCallback;
use crate::sys::io::Context;
use crate::tls::config::{ClientAuth, VerifyHost};
use crate::tls::error::Code;

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
        // SAFETY: the C caller's promise about `config`.
        let config = unsafe { s2n_config::borrow(config) }?;
        // SAFETY: the C caller's promise about `ca_pem_filename`.
        let file = unsafe { input::optional_str(ca_pem_filename) };
        // SAFETY: the C caller's promise about `ca_dir`.
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
        // SAFETY: the C caller's promise about `config`.
        let config = unsafe { s2n_config::borrow(config) }?;
        // SAFETY: the C caller's promise about `pem`.
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
        // SAFETY: the C caller's promise about `config`.
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
        // SAFETY: the C caller's promise about `config`.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.load_system_certs()
    })
}

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
        // SAFETY: the C caller's promise about `config`.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.disable_verification();
        Ok(())
    })
}

/// Sets whether certificates of clients are asked for.
///
/// @param config A config
/// @param client_auth_type A member of `s2n_cert_auth_type`
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_ARGUMENT`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_client_auth_type(
    config: *mut s2n_config,
    client_auth_type: s2n_cert_auth_type_arg,
) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `config`.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_client_auth(client_auth_type.try_into()?);
        Ok(())
    })
}

/// Says whether certificates of clients are asked for.
///
/// @param config A config
/// @param client_auth_type Set to what was set, or to `S2N_CERT_AUTH_NONE`
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; `client_auth_type` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_get_client_auth_type(
    config: *mut s2n_config,
    client_auth_type: *mut s2n_cert_auth_type,
) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `config`.
        let config = unsafe { s2n_config::borrow(config) }?;
        // SAFETY: the C caller's promise about `client_auth_type`.
        let slot = unsafe { output::slot(client_auth_type) }?;
        slot.set(config.core.client_auth().unwrap_or(ClientAuth::None).into());
        Ok(())
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
        // SAFETY: the C caller's promise about `config`.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_verify_host(verify_host(host_fn, data));
        Ok(())
    })
}

/// A callback and its data, as the core asks them.
pub(crate) fn verify_host(
    function: s2n_verify_host_fn,
    data: *mut c_void,
) -> Option<Arc<dyn VerifyHost>> {
    let function = function?;
    let context = Context(data);
    Some(Arc::new(VerifyHostCallback { function, context }))
}

fn path(path: &CStr) -> &Path {
    Path::new(OsStr::from_bytes(path.to_bytes()))
}

impl TryFrom<s2n_cert_auth_type_arg> for ClientAuth {
    type Error = Code;

    fn try_from(client_auth: s2n_cert_auth_type_arg) -> Result<Self, Code> {
        match client_auth.0 {
            0 => Ok(Self::None),
            1 => Ok(Self::Required),
            2 => Ok(Self::Optional),
            _ => Err(Code::InvalidArgument),
        }
    }
}

impl From<ClientAuth> for s2n_cert_auth_type {
    fn from(client_auth: ClientAuth) -> Self {
        match client_auth {
            ClientAuth::None => Self::S2N_CERT_AUTH_NONE,
            ClientAuth::Required => Self::S2N_CERT_AUTH_REQUIRED,
            ClientAuth::Optional => Self::S2N_CERT_AUTH_OPTIONAL,
        }
    }
}
