//! Version and FIPS mode of the cryptographic library.

use std::ffi::{c_int, c_ulong};

use crate::ffi::abi::boundary::status;
use crate::ffi::abi::output;
use crate::ffi::abi::types::s2n_fips_mode;
use crate::ffi::library::init;

/// Returns the version of the OpenSSL API that the cryptographic library implements.
///
/// @returns the `OPENSSL_VERSION_NUMBER` of AWS-LC, which is that of OpenSSL 1.1.1
#[unsafe(no_mangle)]
pub extern "C" fn s2n_get_openssl_version() -> c_ulong {
    AWS_LC
}

/// `OPENSSL_VERSION_NUMBER` of AWS-LC.
const AWS_LC: c_ulong = 0x1010_107f;

/// Returns whether the cryptographic library is a FIPS 140 module. It is not.
///
/// @param fips_mode Set to `S2N_FIPS_MODE_DISABLED`
/// @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_NOT_INITIALIZED` before `s2n_init()`
///
/// # Safety
///
/// `fips_mode` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_get_fips_mode(fips_mode: *mut s2n_fips_mode) -> c_int {
    status(|| {
        // SAFETY: `fips_mode` is null or writable for the whole call.
        unsafe { output::slot(fips_mode) }?.set(s2n_fips_mode::S2N_FIPS_MODE_DISABLED);
        init::check()
    })
}
