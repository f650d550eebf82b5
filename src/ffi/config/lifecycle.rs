//! Configs: settings that connections share.

use std::ffi::{c_char, c_int, c_void};
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex};

use crate::ffi::abi::boundary::{status, status_with_memory, with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::*;
use crate::ffi::abi::{input, output};
use crate::ffi::cert::chain::CertChainHandle;
use crate::ffi::library::init;
use crate::sys::callbacks::ClockCallback;
use crate::sys::io::Context;
use crate::tls::config::{Clock, Config, alpn};
use crate::tls::error::{Code, Result};
use crate::tls::policy::Policy;

/// What a `struct s2n_config *` points at.
pub(crate) struct ConfigHandle {
    pub(crate) core: Arc<Config>,
    /// The chain that the config owns: connections give its pointer to the application.
    pub(crate) own_chain: Mutex<Option<Arc<CertChainHandle>>>,
    context: AtomicPtr<c_void>,
}

impl Handle for s2n_config {
    type Inner = ConfigHandle;
}

/// Makes a config with the "default" security policy that trusts the operating system's roots.
///
/// @returns a config, to be freed with `s2n_config_free()`; or NULL with
/// `S2N_ERR_NOT_INITIALIZED`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_new() -> *mut s2n_config {
    with_memory(|| {
        init::check()?;
        give(Config::new()?)
    })
}

/// Makes a config with the "default" security policy that trusts nobody.
///
/// @returns a config, to be freed with `s2n_config_free()`; or NULL with
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

/// Frees a config. Connections that use it go on using it.
///
/// @param config A config; not to be used again
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_free(config: *mut s2n_config) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `config`.
        drop(unsafe { s2n_config::take(config) }?);
        Ok(())
    })
}

/// Keeps a pointer for the application.
///
/// @param config A config
/// @param ctx Any pointer; never followed
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_ctx(config: *mut s2n_config, ctx: *mut c_void) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `config`.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.context.store(ctx, Ordering::Release);
        Ok(())
    })
}

/// Gives the pointer that `s2n_config_set_ctx()` kept.
///
/// @param config A config
/// @param ctx Set to the pointer, NULL if none was kept
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
        // SAFETY: the C caller's promise about `config`.
        let config = unsafe { s2n_config::borrow(config) }?;
        // SAFETY: the C caller's promise about `ctx`.
        let slot = unsafe { output::slot(ctx) }?;
        slot.set(config.context.load(Ordering::Acquire));
        Ok(())
    })
}

/// Chooses the security policy: versions, cipher suites, groups and signature schemes, in order.
///
/// @param config A config
/// @param version The name of a policy, such as "default_tls13"
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_SECURITY_POLICY`,
/// `S2N_ERR_DEPRECATED_SECURITY_POLICY`, `S2N_ERR_CIPHER_NOT_SUPPORTED` if nothing of the policy is
/// supported, or `S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT` if the policy has rules that a certificate
/// of the config breaks; the old policy stays then
///
/// # Safety
///
/// `config` is NULL or live; `version` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_cipher_preferences(
    config: *mut s2n_config,
    version: *const c_char,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: the C caller's promise about `config`.
        let config = unsafe { s2n_config::borrow(config) }?;
        // SAFETY: the C caller's promise about `version`.
        let version = unsafe { input::str(version) }?;
        config.core.set_policy(Policy::find(version.to_bytes())?)
    })
}

/// Adds a protocol to the end of the list that is offered or accepted by ALPN (RFC 7301).
///
/// @param config A config
/// @param protocol The name; copied
/// @param protocol_len Its length in bytes, not 0
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_APPLICATION_PROTOCOL`
///
/// # Safety
///
/// `config` is NULL or live; `protocol` is NULL or readable for `protocol_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_append_protocol_preference(
    config: *mut s2n_config,
    protocol: *const u8,
    protocol_len: u8,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: the C caller's promise about `config`.
        let config = unsafe { s2n_config::borrow(config) }?;
        // SAFETY: the C caller's promise about `protocol`.
        let protocol = unsafe { input::required_bytes(protocol, protocol_len.into()) }?;
        config.core.append_alpn(protocol)
    })
}

/// Sets the list of protocols that are offered or accepted by ALPN (RFC 7301), most preferred first.
///
/// @param config A config
/// @param protocols Names; copied. NULL clears the list.
/// @param protocol_count Number of names; 0 clears the list
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_APPLICATION_PROTOCOL`; the old list stays then
///
/// # Safety
///
/// `config` is NULL or live; `protocols` is NULL or holds `protocol_count` strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_protocol_preferences(
    config: *mut s2n_config,
    protocols: *const *const c_char,
    protocol_count: c_int,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: the C caller's promise about `config`.
        let config = unsafe { s2n_config::borrow(config) }?;
        // SAFETY: the C caller's promise about `protocols`.
        let names = unsafe { input::strings(protocols, protocol_count) }?;
        let list = alpn::list(names.iter().map(|name| name.to_bytes()))?;
        config.core.set_alpn(list);
        Ok(())
    })
}

/// Sets the wall clock, for the validity of certificates: nanoseconds since 1970.
///
/// @param config A config
/// @param clock_fn The callback; returns 0. If it fails, so does the call that needed the time, with
/// `S2N_ERR_CANCELLED`.
/// @param ctx Handed to the callback as it is; stays the caller's
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; `clock_fn` can be called with `ctx`, in any thread that uses the config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_wall_clock(
    config: *mut s2n_config,
    clock_fn: s2n_clock_time_nanoseconds,
    ctx: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: the C caller's promise about `config`.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_wall_clock(clock(clock_fn, ctx)?);
        Ok(())
    })
}

/// Sets the monotonic clock, for delays and timeouts: nanoseconds since some moment in the past.
///
/// @param config A config
/// @param clock_fn The callback; returns 0. If it fails, so does the call that needed the time, with
/// `S2N_ERR_CANCELLED`.
/// @param ctx Handed to the callback as it is; stays the caller's
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; `clock_fn` can be called with `ctx`, in any thread that uses the config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_monotonic_clock(
    config: *mut s2n_config,
    clock_fn: s2n_clock_time_nanoseconds,
    ctx: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: the C caller's promise about `config`.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_monotonic_clock(clock(clock_fn, ctx)?);
        Ok(())
    })
}

/// Lets one `s2n_recv()` return the data of several records.
///
/// @param config A config
/// @param enabled Whether a call goes on until its room is full or the transport has nothing more
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_recv_multi_record(
    config: *mut s2n_config,
    enabled: bool,
) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `config`.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_recv_multi_record(enabled);
        Ok(())
    })
}

/// Collects the records of one `s2n_send()` in a buffer, and writes them together. Connections take the
/// setting over when they are given the config.
///
/// @param config A config
/// @param size The buffer's size in bytes, at least 1034. Less than the largest record makes records
/// smaller.
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_ARGUMENT`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_send_buffer_size(
    config: *mut s2n_config,
    size: u32,
) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `config`.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_send_buffer_size(size)
    })
}

/// Sets how long an error that the peer caused is blinded at most; the delay is between a third of this
/// and this.
///
/// @param config A config
/// @param seconds The longest delay; 0 for none at all, 30 unless set
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_max_blinding_delay(
    config: *mut s2n_config,
    seconds: u32,
) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `config`.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_max_blinding_delay(seconds);
        Ok(())
    })
}

/// Sets what alerts of warning level do before TLS 1.3, where all but two are fatal.
///
/// @param config A config
/// @param alert_behavior A member of `s2n_alert_behavior`
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_ARGUMENT`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_alert_behavior(
    config: *mut s2n_config,
    alert_behavior: s2n_alert_behavior_arg,
) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `config`.
        let config = unsafe { s2n_config::borrow(config) }?;
        let ignores = match alert_behavior.0 {
            0 => false,
            1 => true,
            _ => return Err(Code::InvalidArgument)?,
        };
        config.core.set_ignores_warnings(ignores);
        Ok(())
    })
}

fn clock(function: s2n_clock_time_nanoseconds, ctx: *mut c_void) -> Result<Arc<dyn Clock>> {
    let function = function.ok_or(Code::Null)?;
    let context = Context(ctx);
    Ok(Arc::new(ClockCallback { function, context }))
}
