//! Process-wide functions of `s2n/internal.h`.

use std::ffi::c_int;

use rs2n_core::policy;

/// Makes "default_tls13" the security policy of configs that are made from now on, and of connections
/// without a config. TLS 1.3 needs no such call: name the policy instead.
///
/// @returns 0
#[unsafe(no_mangle)]
pub extern "C" fn s2n_enable_tls13() -> c_int {
    policy::prefer_tls13();
    0
}
