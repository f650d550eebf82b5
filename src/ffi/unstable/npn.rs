//! Next Protocol Negotiation (NPN): not supported.

use std::ffi::c_int;

use rs2n_core::error::Code;

use crate::ffi::abi::boundary::status;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::s2n_config;

/// Enables or disables Next Protocol Negotiation (NPN), which ALPN (RFC 7301) replaced. NPN is
/// always disabled: its handshake message is not supported.
///
/// @param config The config
/// @param enable Whether to enable NPN
/// @returns 0 for false; otherwise -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_npn(config: *mut s2n_config, enable: bool) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        unsafe { s2n_config::borrow(config) }?;
        match enable {
            false => Ok(()),
            true => Err(Code::Unimplemented)?,
        }
    })
}
