//! Critical certificate extensions that the application evaluates.

use std::ffi::c_int;

use crate::ffi::abi::boundary::status_with_memory;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::input;
use crate::ffi::abi::types::s2n_config;
use rs2n_core::error::Code;

/// Accepts a critical extension in the certificates of peers. Evaluating it is up to the application, in
/// the callback of `s2n_config_set_cert_validation_cb()`; RFC 5280, 4.2, has a certificate with a critical
/// extension that is not evaluated rejected.
///
/// @param config A config
/// @param extension_oid The extension's object identifier, in numbers and dots, without a NUL at its end.
/// It is copied
/// @param extension_oid_len Its length in bytes
/// @returns 0; -1 with `S2N_ERR_INVALID_ARGUMENT` if a pointer is NULL, `S2N_ERR_NULL` if the text is no
/// object identifier
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
        // SAFETY: `extension_oid` is null or readable for `extension_oid_len` bytes for the whole call.
        let oid = unsafe { input::required_bytes(extension_oid, extension_oid_len as usize) }
            .map_err(|_| Code::InvalidArgument)?;
        config.core.add_known_extension(oid)
    })
}
