//! Wall clock and monotonic clock callbacks.

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use rs2n_core::config::Clock;
use rs2n_core::error::{Code, Result};

use crate::ffi::abi::boundary::status_with_memory;
use crate::ffi::abi::callbacks::s2n_clock_time_nanoseconds;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::s2n_config;
use crate::sys::callbacks::CClockCallback;
use crate::sys::io::Context;

/// Sets the wall clock, which is used to check the validity period of certificates. It returns
/// nanoseconds since 1970-01-01 00:00:00 UTC.
///
/// @param config A config
/// @param clock_fn The callback, which is called in any thread that uses the config and returns 0
/// for success. If it fails, the call that needs the time fails with `S2N_ERR_CANCELLED`.
/// @param ctx Passed to the callback unchanged; owned by the caller
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; `clock_fn` can be called with `ctx`, in any thread that uses the
/// config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_wall_clock(
    config: *mut s2n_config,
    clock_fn: s2n_clock_time_nanoseconds,
    ctx: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_wall_clock(clock(clock_fn, ctx)?);
        Ok(())
    })
}

/// Sets the monotonic clock, which is used for delays and timeouts. It returns nanoseconds since an
/// arbitrary time in the past.
///
/// @param config A config
/// @param clock_fn The callback, which is called in any thread that uses the config and returns 0
/// for success. If it fails, the call that needs the time fails with `S2N_ERR_CANCELLED`.
/// @param ctx Passed to the callback unchanged; owned by the caller
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live; `clock_fn` can be called with `ctx`, in any thread that uses the
/// config.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_monotonic_clock(
    config: *mut s2n_config,
    clock_fn: s2n_clock_time_nanoseconds,
    ctx: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_monotonic_clock(clock(clock_fn, ctx)?);
        Ok(())
    })
}

fn clock(function: s2n_clock_time_nanoseconds, ctx: *mut c_void) -> Result<Arc<dyn Clock>> {
    let function = function.ok_or(Code::Null)?;
    let context = Context(ctx);
    Ok(Arc::new(CClockCallback { function, context }))
}
