//! Warning alerts and the maximum blinding delay of a config.

use std::ffi::c_int;

use rs2n_core::error::Code;

use crate::ffi::abi::arguments::{parse, s2n_alert_behavior_arg};
use crate::ffi::abi::boundary::status;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::s2n_config;

/// Sets the handling of alerts of warning level in versions before TLS 1.3. In TLS 1.3 all alerts
/// but two are fatal.
///
/// @param config A config
/// @param alert_behavior `S2N_ALERT_FAIL_ON_WARNINGS` or `S2N_ALERT_IGNORE_WARNINGS`
/// @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_INVALID_ARGUMENT` for another value
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

/// Sets the maximum blinding delay after an error that the peer caused. The delay is between a
/// third of the maximum and the maximum.
///
/// @param config A config
/// @param seconds The maximum delay in seconds; 0 disables the delay. The default is 30.
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
