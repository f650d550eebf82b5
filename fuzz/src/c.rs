//! The C functions, as the tables in `tests/abi` declare them.
//!
//! Each is a wrapper that notes whether the library runs: an allocator that fails is to refuse the
//! requests of the library only, but Rust code of the target has the same allocator.

// The names are those of the API.
#![allow(non_camel_case_types)]

use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_ulong, c_void};

// Links the library that defines the functions.
use s2n as _;

include!(concat!(env!("OUT_DIR"), "/declarations.rs"));

pub type rs2n_log_callback =
    Option<unsafe extern "C" fn(c_int, *mut s2n_connection, *const c_char, *mut c_void)>;
pub type rs2n_passphrase_callback =
    Option<unsafe extern "C" fn(*mut c_void, *mut u8, u32, *mut u32) -> c_int>;

thread_local! {
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
    static WAS_REFUSED: Cell<bool> = const { Cell::new(false) };
}

/// Records that the allocator has refused a request.
pub fn record_refusal() {
    WAS_REFUSED.set(true);
}

/// Whether the allocator has refused a request since the last call.
pub fn take_refusal() -> bool {
    WAS_REFUSED.replace(false)
}

/// Whether the library runs, and not a callback.
pub fn is_inside() -> bool {
    IS_INSIDE.get()
}

/// Marks a call of the library.
pub struct Inside(bool);

impl Inside {
    pub fn new() -> Self {
        Self(IS_INSIDE.replace(true))
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        IS_INSIDE.set(self.0);
    }
}

/// Marks a callback.
pub struct Outside(bool);

impl Outside {
    pub fn new() -> Self {
        Self(IS_INSIDE.replace(false))
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        IS_INSIDE.set(self.0);
    }
}

/// Returns the name of the last error, after a check of its texts.
pub fn error_name() -> &'static CStr {
    // SAFETY: the slot is thread-local; the texts are strings that are valid until the next
    // failure.
    unsafe {
        let error = *s2n_errno_location();
        assert_ne!(error, 0, "a failure without an error");
        for text in [
            s2n_strerror_name(error),
            s2n_strerror(error, c"EN".as_ptr()),
            s2n_strerror_debug(error, std::ptr::null()),
            s2n_strerror_source(error),
        ] {
            let text = CStr::from_ptr(text).to_bytes();
            assert!(!text.is_empty() && text != b"Internal s2n error");
        }
        assert!((1..=7).contains(&s2n_error_get_type(error)));
        CStr::from_ptr(s2n_strerror_name(error))
    }
}
