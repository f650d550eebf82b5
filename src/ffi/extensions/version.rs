//! The version of the library.

use std::ffi::{CStr, c_char};

/// The release of the crate s2n-tls-sys whose API the library has.
macro_rules! s2n_tls_api {
    () => {
        "0.3.47"
    };
}

/// The ident string of the library, which `strings` and `what` find in the file: these recognize the
/// first four characters.
static IDENT: &CStr = match CStr::from_bytes_with_nul(
    concat!(
        "@(#)rs2n ",
        env!("CARGO_PKG_VERSION"),
        " (API of s2n-tls-sys ",
        s2n_tls_api!(),
        ")\0"
    )
    .as_bytes(),
) {
    Ok(ident) => ident,
    Err(_) => panic!("a NUL within the version"),
};

/// The length of the mark before the name.
const MARK: usize = "@(#)".len();

/// Keeps the ident string in a program with the static library, whose linker drops what is not used.
#[inline]
pub(crate) fn keep_ident() {
    std::hint::black_box(IDENT.as_ptr());
}

/// Returns the version of the library that is loaded, such as "rs2n 1.7.0 (API of s2n-tls-sys
/// 0.3.47)". The macros `RS2N_VERSION` and `RS2N_S2N_TLS_API` are those of the header that a
/// program was compiled with, which may differ.
///
/// @returns a static string
///
/// It may be called at any time, in any thread, also before `s2n_init()`.
#[unsafe(no_mangle)]
pub extern "C" fn rs2n_version() -> *const c_char {
    IDENT[MARK..].as_ptr()
}
