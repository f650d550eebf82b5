//! Critical extensions of certificates that the application would check.

use std::ffi::c_int;

use super::boundary::status;
use super::handle::Handle;
use super::types::s2n_config;
use crate::tls::error::Code;

/// Would accept certificates with a critical extension that the application checks itself. webpki refuses
/// such certificates in any case.
///
/// @param config A config
/// @param extension_oid The extension's object identifier, in numbers and dots
/// @param extension_oid_len Its length in bytes
/// @returns -1 with `S2N_ERR_INVALID_ARGUMENT` if a pointer is NULL, otherwise
/// `S2N_ERR_API_UNSUPPORTED_BY_LIBCRYPTO`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_add_custom_x509_extension(
    config: *mut s2n_config,
    extension_oid: *mut u8,
    _extension_oid_len: u32,
) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `config`.
        unsafe { s2n_config::borrow(config) }.map_err(|_| Code::InvalidArgument)?;
        match extension_oid.is_null() {
            true => Err(Code::InvalidArgument)?,
            false => Err(Code::ApiUnsupportedByLibcrypto)?,
        }
    })
}
