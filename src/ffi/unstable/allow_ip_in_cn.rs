//! IP addresses in the common name of certificates.

use std::ffi::c_int;

use rs2n_core::error::Code;

use crate::ffi::abi::boundary::status;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::s2n_config;

/// Allows IP addresses in the common name of certificates, contrary to RFC 6125, 6.4.4. By the
/// standard they belong in the subjectAltName extension.
///
/// @param config The config
/// @returns 0, or -1 with `S2N_ERR_INVALID_ARGUMENT` if `config` is NULL
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_allow_ip_in_cn(config: *mut s2n_config) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }.map_err(|_| Code::InvalidArgument)?;
        config.core.allow_addresses_in_common_names();
        Ok(())
    })
}
