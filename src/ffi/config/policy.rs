//! Security policy of a config, its groups, and Diffie-Hellman parameters.

use std::ffi::{CStr, c_char, c_int};

use rs2n_core::error::{Code, Escaped, Result};
use rs2n_core::policy::Policy;
use rs2n_core::x509::check_dh_params;

use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::s2n_config;
use crate::ffi::abi::{errno, input, output};

/// Sets the security policy of a config: protocol versions, cipher suites, groups and signature
/// schemes, in order of preference.
///
/// @param config A config
/// @param version The name of a policy, such as "default_tls13", as a NUL-terminated string; not
/// retained
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_SECURITY_POLICY`,
/// `S2N_ERR_DEPRECATED_SECURITY_POLICY`, `S2N_ERR_CIPHER_NOT_SUPPORTED` if no part of the policy is
/// supported, or `S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT` if the policy has rules that a
/// certificate of the config violates; the policy is unchanged on failure
///
/// # Safety
///
/// `config` is NULL or live; `version` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_cipher_preferences(
    config: *mut s2n_config,
    version: *const c_char,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        // SAFETY: `version` is null or a string for the whole call.
        let version = unsafe { input::str(version) }?;
        config.core.set_policy(find(version)?)
    })
}

/// Returns the identifiers of the groups that the config's security policy offers (RFC 8446,
/// 4.2.7), most preferred first.
///
/// @param config A config
/// @param groups Buffer for the identifiers
/// @param groups_count_max Size of the buffer, in identifiers
/// @param groups_count Set to the number of identifiers that were stored; 0 on failure
/// @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_INSUFFICIENT_MEM_SIZE` if the buffer is
/// too small
///
/// # Safety
///
/// `config` is NULL or live; `groups` is NULL or writable for `groups_count_max` numbers;
/// `groups_count` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_get_supported_groups(
    config: *mut s2n_config,
    groups: *mut u16,
    groups_count_max: u16,
    groups_count: *mut u16,
) -> c_int {
    status(|| {
        let supported = || {
            // SAFETY: `config` is null or live for the whole call.
            let config = unsafe { s2n_config::borrow(config) }?;
            Ok(config.core.policy().groups())
        };
        // SAFETY: for the whole call, `groups` is null or writable for `groups_count_max` numbers,
        // and `groups_count` is null or writable.
        unsafe { output::numbers(groups, groups_count_max, groups_count, supported) }
    })
}

/// Validates parameters of finite-field Diffie-Hellman for a server. The parameters have no effect:
/// only DHE cipher suites would use them, and no policy offers them here, even where it lists them.
///
/// @param config A config
/// @param dhparams_pem Parameters in PEM (`DH PARAMETERS`), as a NUL-terminated string; not
/// retained
/// @returns 0; or -1 with `S2N_ERR_NULL`, also for a content that is not DH parameters,
/// `S2N_ERR_INVALID_PEM`, `S2N_ERR_DH_PARAMS_CREATE` if the prime is shorter than 256 bytes,
/// `S2N_ERR_INVALID_PKCS3` if data follows the parameters, or `S2N_ERR_DH_PARAMETER_CHECK` if the
/// prime is not a safe prime
///
/// # Safety
///
/// `config` is NULL or live; `dhparams_pem` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_add_dhparams(
    config: *mut s2n_config,
    dhparams_pem: *const c_char,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        unsafe { s2n_config::borrow(config) }?;
        // SAFETY: `dhparams_pem` is null or a string for the whole call.
        let pem = unsafe { input::str(dhparams_pem) }?;
        check_dh_params(pem.to_bytes())
    })
}

/// Frees the parameters of `s2n_config_add_dhparams()`. It has no effect, as that function only
/// validates them.
///
/// @param config A config
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_free_dhparams(config: *mut s2n_config) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        unsafe { s2n_config::borrow(config) }?;
        Ok(())
    })
}

/// Returns the policy with a name.
pub(crate) fn find(name: &CStr) -> Result<&'static Policy> {
    Policy::find(name.to_bytes()).map_err(|error| {
        let shown = Escaped(name.to_bytes());
        match error.code() {
            Code::InvalidSecurityPolicy => {
                let sentence = format_args!("there is no security policy \"{shown}\"");
                errno::explained(error, sentence)
            }
            Code::CipherNotSupported => {
                let sentence = format_args!(
                    "no version, suite and group of the policy \"{shown}\" is supported"
                );
                errno::explained(error, sentence)
            }
            _ => error,
        }
    })
}
