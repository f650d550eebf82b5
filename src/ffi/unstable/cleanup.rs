//! Per-thread cleanup.

use std::ffi::c_int;

/// Performs per-thread cleanup. Has no effect, as in s2n-tls: the library holds no
/// resources per thread.
///
/// @returns 0
#[unsafe(no_mangle)]
pub extern "C" fn s2n_cleanup_thread() -> c_int {
    0
}
