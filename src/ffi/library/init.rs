//! Initialization and cleanup of the library.

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::sys::{fork, memory};
use rs2n_core::error::{Code, Result, trace};
use rs2n_core::{cleanup, initialize};

static INITIALIZED: AtomicBool = AtomicBool::new(false);

/// Fails once [`s2n_init`] was called: some things are settled then.
pub(crate) fn check_not_done() -> Result<()> {
    match INITIALIZED.load(Ordering::Acquire) {
        true => Err(Code::Initialized)?,
        false => Ok(()),
    }
}

/// Fails unless [`s2n_init`] was called: objects cannot be made before.
pub(crate) fn check() -> Result<()> {
    match INITIALIZED.load(Ordering::Acquire) {
        true => Ok(()),
        false => Err(Code::NotInitialized)?,
    }
}

fn begin() -> Result<()> {
    if std::env::var_os("S2N_PRINT_STACKTRACE").is_some() {
        trace::enable(true);
    }
    if !fork::prepare() {
        return Err(Code::Alloc)?;
    }
    // What this makes stays for the life of the process, and is no business of callbacks.
    initialize()?;
    match memory::begin() {
        true => Ok(()),
        false => Err(Code::Cancelled)?,
    }
}

/// Makes the library ready. Call it once, before any other function that makes an object.
///
/// @returns 0, or -1 with `S2N_ERR_INITIALIZED` if it was called before without
/// `s2n_cleanup_final()` since, `S2N_ERR_RANDOM` if the system gives no entropy, `S2N_ERR_ALLOC` if it gives
/// no memory, or `S2N_ERR_CANCELLED` if a callback of `s2n_mem_set_callbacks()` refuses
#[unsafe(no_mangle)]
pub extern "C" fn s2n_init() -> c_int {
    status_with_memory(|| {
        if INITIALIZED.swap(true, Ordering::AcqRel) {
            return Err(Code::Initialized)?;
        }
        let ready = begin();
        if ready.is_err() {
            INITIALIZED.store(false, Ordering::Release);
        }
        ready
    })
}

/// Does nothing: a thread holds no resources of the library.
///
/// @returns 0
#[unsafe(no_mangle)]
pub extern "C" fn s2n_cleanup() -> c_int {
    0
}

/// Ends the use of the library, and gives up what it keeps, such as the system's certificates. Objects that
/// still live stay valid; `s2n_init()` may be called again.
///
/// @returns 0, or -1 with `S2N_ERR_NOT_INITIALIZED` if the library was not initialized, or
/// `S2N_ERR_ATEXIT` if a callback of `s2n_mem_set_callbacks()` refuses
#[unsafe(no_mangle)]
pub extern "C" fn s2n_cleanup_final() -> c_int {
    status(|| {
        check()?;
        cleanup();
        if !memory::end() {
            return Err(Code::Atexit)?;
        }
        INITIALIZED.store(false, Ordering::Release);
        Ok(())
    })
}

/// Keeps `s2n_init()` from installing an exit handler. None is installed, so this only checks
/// that it is called in time.
///
/// @returns 0, or -1 with `S2N_ERR_INITIALIZED` after `s2n_init()`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_disable_atexit() -> c_int {
    status(check_not_done)
}

/// Keeps `s2n_init()` from initializing the cryptography. It needs none, so this only checks that it is
/// called in time.
///
/// @returns 0, or -1 with `S2N_ERR_INITIALIZED` after `s2n_init()`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_crypto_disable_init() -> c_int {
    status(check_not_done)
}
