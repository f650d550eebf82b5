//! Creation, freeing and application context of configs.

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rs2n_core::config::Config;
use rs2n_core::error::Result;

use crate::ffi::abi::boundary::{status, with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::output;
use crate::ffi::abi::types::s2n_config;
use crate::ffi::cert::chain::CertChainHandle;
use crate::ffi::library::init;

/// The value behind a `struct s2n_config *`.
pub(crate) struct ConfigHandle {
    pub(crate) core: Arc<Config>,
    /// The chain that the config owns: connections give its pointer to the application.
    own_chain: Mutex<Option<Arc<CertChainHandle>>>,
    context: AtomicPtr<c_void>,
}

impl ConfigHandle {
    /// Replaces the chain that the config owns.
    pub(crate) fn set_own_chain(&self, chain: Option<Arc<CertChainHandle>>) {
        *self
            .own_chain
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = chain;
    }
}

impl Handle for s2n_config {
    type Inner = ConfigHandle;
}

/// Creates a config with the security policy "default" and the operating system's root certificates
/// in its trust store. A config may be shared by any number of connections, also in different
/// threads.
///
/// @returns a config, owned by the caller and to be freed with `s2n_config_free()`; or NULL with
/// `S2N_ERR_NOT_INITIALIZED`, or with `S2N_ERR_X509_TRUST_STORE` if the limit of descriptors is
/// reached, with EMFILE or ENFILE in `errno`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_new() -> *mut s2n_config {
    with_memory(|| {
        init::check()?;
        give(Config::new()?)
    })
}

/// Creates a config with the security policy "default" and an empty trust store.
///
/// @returns a config, owned by the caller and to be freed with `s2n_config_free()`; or NULL with
/// `S2N_ERR_NOT_INITIALIZED`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_new_minimal() -> *mut s2n_config {
    with_memory(|| {
        init::check()?;
        give(Config::new_minimal())
    })
}

fn give(config: Config) -> Result<*mut s2n_config> {
    s2n_config::give(Arc::new(ConfigHandle {
        core: Arc::new(config),
        own_chain: Mutex::default(),
        context: AtomicPtr::default(),
    }))
}

/// Frees a config. Connections that use it keep it alive, and continue to use it.
///
/// @param config A config; the pointer is invalid after the call
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_free(config: *mut s2n_config) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live, and not used again.
        drop(unsafe { s2n_config::take(config) }?);
        Ok(())
    })
}

/// Sets the application's context pointer of a config.
///
/// @param config A config
/// @param ctx Any pointer, NULL included; owned by the caller, and never dereferenced
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_ctx(config: *mut s2n_config, ctx: *mut c_void) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.context.store(ctx, Ordering::Release);
        Ok(())
    })
}

/// Returns the application's context pointer of a config.
///
/// @param config A config
/// @param ctx Set to the pointer of `s2n_config_set_ctx()`, or to NULL if none was set
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; `ctx` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_get_ctx(
    config: *mut s2n_config,
    ctx: *mut *mut c_void,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        // SAFETY: `ctx` is null or writable for the whole call.
        let slot = unsafe { output::slot(ctx) }?;
        slot.set(config.context.load(Ordering::Acquire));
        Ok(())
    })
}
