//! Results of functions that are not implemented yet: they reject missing arguments, dereference no
//! pointer, and fail.

use std::ffi::{c_char, c_int};

use rs2n_core::error::{Code, Error, Result};

use crate::ffi::abi::arguments::s2n_serialization_version_arg;
use crate::ffi::abi::boundary::status;

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
never_missing!(s2n_serialization_version_arg);

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
