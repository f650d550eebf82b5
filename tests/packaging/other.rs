//! A static library in Rust that a program links beside `libs2n.a`.

use std::panic::catch_unwind;
use std::{ptr, slice};

/// # Safety
///
/// `numbers` points to `count` numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rust_sum(numbers: *const u32, count: usize) -> u32 {
    assert!(!ptr::eq(numbers, ptr::null()));
    // SAFETY: the caller's promise.
    let numbers = unsafe { slice::from_raw_parts(numbers, count) };
    catch_unwind(|| numbers.iter().copied().reduce(|a, b| a + b).expect("numbers")).unwrap_or(0)
}
