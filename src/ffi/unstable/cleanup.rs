//! Cleanup of a thread.

use std::ffi::c_int;

/// Does nothing, as in s2n-tls: a thread holds no resources of the library.
///
/// @returns 0
#[unsafe(no_mangle)]
pub extern "C" fn s2n_cleanup_thread() -> c_int {
    0
}
