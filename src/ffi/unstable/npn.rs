//! Next Protocol Negotiation (NPN): not supported.

use std::ffi::c_int;

use crate::ffi::abi::pending::only_disabled;
use crate::ffi::abi::types::s2n_config;

/// Enables or disables Next Protocol Negotiation (NPN), which ALPN (RFC 7301) replaced. NPN is
/// always disabled: its handshake message is not supported.
///
/// @param config The config
/// @param enable Whether to enable NPN
/// @returns 0 for false; otherwise -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_npn(config: *mut s2n_config, enable: bool) -> c_int {
    only_disabled(&config, enable)
}
