//! The start and the end of the library.

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, Ordering};

use super::boundary::status;
use crate::tls::error::{Code, Result};
use crate::tls::warm_up;

static INITIALIZED: AtomicBool = AtomicBool::new(false);

/// Fails unless [`s2n_init`] was called: objects cannot be made before.
pub(super) fn check() -> Result<()> {
    match INITIALIZED.load(Ordering::Acquire) {
        true => Ok(()),
        false => Err(Code::NotInitialized)?,
    }
}

/// Makes the library ready. Call it once, before any other function that makes an object.
///
/// @returns 0, or -1 with `S2N_ERR_INITIALIZED` if it was called before without
/// `s2n_cleanup_final()` since, or `S2N_ERR_RANDOM` if the system gives no entropy
#[unsafe(no_mangle)]
pub extern "C" fn s2n_init() -> c_int {
    status(|| {
        if INITIALIZED.swap(true, Ordering::AcqRel) {
            return Err(Code::Initialized)?;
        }
        warm_up()
    })
}

/// Does nothing: a thread holds no resources of the library.
///
/// @returns 0
#[unsafe(no_mangle)]
pub extern "C" fn s2n_cleanup() -> c_int {
    0
}

/// Ends the use of the library. Objects that still live stay valid; `s2n_init()` may be called
/// again.
///
/// @returns 0, or -1 with `S2N_ERR_NOT_INITIALIZED` if the library was not initialized
#[unsafe(no_mangle)]
pub extern "C" fn s2n_cleanup_final() -> c_int {
    status(|| {
        if !INITIALIZED.swap(false, Ordering::AcqRel) {
            return Err(Code::NotInitialized)?;
        }
        Ok(())
    })
}

/// Keeps `s2n_init()` from installing an exit handler. None is installed, so this only checks
/// that it is called in time.
///
/// @returns 0, or -1 with `S2N_ERR_INITIALIZED` after `s2n_init()`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_disable_atexit() -> c_int {
    status(|| match check() {
        Ok(()) => Err(Code::Initialized)?,
        Err(_) => Ok(()),
    })
}
