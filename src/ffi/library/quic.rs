//! Alerts of errors, for QUIC (RFC 9001, 4.8): the functions of `s2n/quic.h` without a connection.

use std::ffi::c_int;

use rs2n_core::error::Code;

use crate::ffi::abi::boundary::status;
use crate::ffi::abi::output;

/// Returns the alert description that corresponds to an error (RFC 8446, 6.2).
///
/// @param error A value of `s2n_errno`
/// @param alert Set to the alert description
/// @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_NO_ALERT` if no alert corresponds to the
/// error
///
/// # Safety
///
/// `alert` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_error_get_alert(error: c_int, alert: *mut u8) -> c_int {
    status(|| {
        // SAFETY: `alert` is null or writable for the whole call.
        let slot = unsafe { output::slot(alert) }?;
        let code = Code::from_number(error).ok_or(Code::NoAlert)?;
        slot.set(code.alert().ok_or(Code::NoAlert)?);
        Ok(())
    })
}
