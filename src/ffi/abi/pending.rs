//! Results of functions that are not implemented yet: they reject missing arguments, dereference no
//! pointer, and fail.

use std::ffi::{c_char, c_int};
use std::ptr;

use rs2n_core::error::{Code, Error, Result};

use crate::ffi::abi::arguments::{
    s2n_psk_hmac_arg, s2n_psk_mode_arg, s2n_serialization_version_arg,
};
use crate::ffi::abi::boundary::{boundary_or, status};

/// An argument that is checked without dereferencing it.
pub(crate) trait Argument {
    fn is_missing(&self) -> bool;
}

impl<T> Argument for *const T {
    fn is_missing(&self) -> bool {
        self.is_null()
    }
}

impl<T> Argument for *mut T {
    fn is_missing(&self) -> bool {
        self.is_null()
    }
}

/// A callback.
impl<F> Argument for Option<F> {
    fn is_missing(&self) -> bool {
        self.is_none()
    }
}

/// An argument that may be NULL.
pub(crate) struct Any<T>(pub(crate) T);

impl<T> Argument for Any<T> {
    fn is_missing(&self) -> bool {
        false
    }
}

macro_rules! never_missing {
    ($($kind:ty),*) => {
        $(impl Argument for $kind {
            fn is_missing(&self) -> bool {
                false
            }
        })*
    };
}

never_missing!(u8, u16, u32, u64, i32, i64, usize, isize, bool, c_char);
never_missing!(
    s2n_psk_hmac_arg,
    s2n_psk_mode_arg,
    s2n_serialization_version_arg
);

/// Fails if an argument is missing.
#[track_caller]
fn check(arguments: &[&dyn Argument]) -> Result<()> {
    match arguments.iter().any(|argument| argument.is_missing()) {
        true => Err(Code::Null)?,
        false => Ok(()),
    }
}

/// Fails: the function is not implemented yet.
#[track_caller]
pub(crate) fn unimplemented(arguments: &[&dyn Argument]) -> c_int {
    unsupported(arguments, Code::Unimplemented)
}

/// Fails with the error that s2n-tls returns for the missing feature.
#[track_caller]
pub(crate) fn unsupported(arguments: &[&dyn Argument], code: Code) -> c_int {
    let error = match check(arguments) {
        Ok(()) => Error::new(code),
        Err(missing) => missing,
    };
    status(|| Err(error))
}

/// Fails: the constructor is not implemented yet.
#[track_caller]
pub(crate) fn unimplemented_constructor<T>() -> *mut T {
    let error = Error::new(Code::Unimplemented);
    boundary_or(ptr::null_mut(), || Err(error))
}

/// Succeeds with an empty result: the feature of this getter is not implemented yet.
#[track_caller]
pub(crate) fn empty_result(arguments: &[&dyn Argument]) -> c_int {
    let outcome = check(arguments);
    status(|| outcome)
}

/// Succeeds if a feature that is not implemented yet is disabled, and fails if it is enabled.
#[track_caller]
pub(crate) fn only_disabled(object: &dyn Argument, wanted: bool) -> c_int {
    match wanted {
        true => unimplemented(&[object]),
        false => empty_result(&[object]),
    }
}

/// Frees an object of a type that no function creates yet: succeeds for null only.
///
/// # Safety
///
/// `object` is NULL or readable.
pub(crate) unsafe fn free_null_only<T>(object: *mut *mut T) -> c_int {
    // SAFETY: `object` is null or readable for the whole call.
    let object = unsafe { object.as_ref() };
    match object.is_none_or(|object| object.is_null()) {
        true => 0,
        false => unimplemented(&[]),
    }
}
