//! Initialization and cleanup of the library.

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, Ordering};

use rs2n_core::config::callbacks::set_probe;
use rs2n_core::error::{Code, Result, trace};
use rs2n_core::{cleanup, initialize};

use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::extensions::{policy, version};
use crate::sys::{fork, memory, probes};

static INITIALIZED: AtomicBool = AtomicBool::new(false);

/// Fails after [`s2n_init`]: some settings can be changed only before.
pub(crate) fn check_not_done() -> Result<()> {
    match INITIALIZED.load(Ordering::Acquire) {
        true => Err(Code::Initialized)?,
        false => Ok(()),
    }
}

/// Fails before [`s2n_init`]: objects can be created only after it.
pub(crate) fn check() -> Result<()> {
    match INITIALIZED.load(Ordering::Acquire) {
        true => Ok(()),
        false => Err(Code::NotInitialized)?,
    }
}

fn begin() -> Result<()> {
    version::keep_ident();
    set_probe(probes::fire);
    if std::env::var_os("S2N_PRINT_STACKTRACE").is_some() {
        trace::enable(true);
    }
    if !fork::prepare() {
        return Err(Code::Alloc)?;
    }
    // Memory for the life of the process is not allocated by the application's callbacks.
    initialize()?;
    policy::load()?;
    match memory::begin() {
        true => Ok(()),
        false => Err(Code::Cancelled)?,
    }
}

/// Initializes the library. It must be called once, before any other function that creates an
/// object.
///
/// @returns 0, or -1 with `S2N_ERR_INITIALIZED` if it was called before without a later
/// `s2n_cleanup_final()`, `S2N_ERR_RANDOM` if the system provides no entropy, `S2N_ERR_ALLOC` if it
/// provides no memory, `S2N_ERR_CANCELLED` if a callback of `s2n_mem_set_callbacks()` fails, or
/// `RS2N_ERR_POLICY_TEXT` if the file that the environment variable `RS2N_SECURITY_POLICIES` names
/// cannot be read or is not valid: `s2n_strerror_debug()` shows the line and the word
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

/// Frees the resources of the calling thread. It has no effect: a thread holds no resources of the
/// library.
///
/// @returns 0
#[unsafe(no_mangle)]
pub extern "C" fn s2n_cleanup() -> c_int {
    0
}

/// Ends the use of the library, and frees its process-wide data, such as the operating system's
/// root certificates. Existing objects remain valid; `s2n_init()` may be called again.
///
/// @returns 0, or -1 with `S2N_ERR_NOT_INITIALIZED` if the library was not initialized, or with
/// `S2N_ERR_ATEXIT` if a callback of `s2n_mem_set_callbacks()` fails
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

/// Disables the exit handler of `s2n_init()`. No exit handler is ever installed; the function only
/// validates that it is called before `s2n_init()`.
///
/// @returns 0, or -1 with `S2N_ERR_INITIALIZED` after `s2n_init()`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_disable_atexit() -> c_int {
    status(check_not_done)
}

/// Disables the initialization of the cryptographic library in `s2n_init()`. AWS-LC requires none;
/// the function only validates that it is called before `s2n_init()`.
///
/// @returns 0, or -1 with `S2N_ERR_INITIALIZED` after `s2n_init()`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_crypto_disable_init() -> c_int {
    status(check_not_done)
}
