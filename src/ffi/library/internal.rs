//! Process-wide functions of `s2n/internal.h`.

use std::ffi::c_int;

use rs2n_core::policy;

/// Sets "default_tls13" as the security policy of configs that are created later, and of
/// connections without a config. TLS 1.3 does not require this call: use a policy with TLS 1.3
/// instead.
///
/// @returns 0
#[unsafe(no_mangle)]
pub extern "C" fn s2n_enable_tls13() -> c_int {
    policy::prefer_tls13();
    0
}
