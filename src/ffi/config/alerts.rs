//! Warning alerts, and the limit of the blinding delay.

use std::ffi::c_int;

use crate::ffi::abi::arguments::{parse, s2n_alert_behavior_arg};
use crate::ffi::abi::boundary::status;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::s2n_config;
use rs2n_core::error::Code;

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
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        let ignores = parse(alert_behavior.0, &[false, true], Code::InvalidArgument)?;
        config.core.set_ignores_warnings(ignores);
        Ok(())
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
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_max_blinding_delay(seconds);
        Ok(())
    })
}
