//! Critical certificate extensions that the application evaluates.

use std::ffi::c_int;

use rs2n_core::error::Code;

use crate::ffi::abi::boundary::status_with_memory;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::input;
use crate::ffi::abi::types::s2n_config;

/// Adds a critical X.509 extension that is accepted in the certificates of peers. The application
/// must evaluate it, in the callback of `s2n_config_set_cert_validation_cb()`: RFC 5280, 4.2,
/// requires that a certificate with a critical extension that is not processed be rejected.
///
/// @param config The config
/// @param extension_oid The object identifier of the extension in dotted decimal notation, without
/// NUL terminator; copied
/// @param extension_oid_len Length of the object identifier in bytes
/// @returns 0; -1 with `S2N_ERR_INVALID_ARGUMENT` if a pointer is NULL, or `S2N_ERR_NULL` if the
/// text is not an object identifier
///
/// # Safety
///
/// `config` is NULL or live; `extension_oid` is NULL or readable for `extension_oid_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_add_custom_x509_extension(
    config: *mut s2n_config,
    extension_oid: *mut u8,
    extension_oid_len: u32,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) };
        let config = config.map_err(|_| Code::InvalidArgument)?;
        // SAFETY: `extension_oid` is null or readable for `extension_oid_len` bytes for the whole
        // call.
        let oid = unsafe { input::required_bytes(extension_oid, extension_oid_len as usize) }
            .map_err(|_| Code::InvalidArgument)?;
        config.core.add_known_extension(oid)
    })
}
