//! Next Protocol Negotiation: not supported.

use std::ffi::c_int;

use crate::ffi::abi::pending::off_is_fine;
use crate::ffi::abi::types::s2n_config;

/// Would turn the extension next_protocol_negotiation on, which ALPN (RFC 7301) replaced. It is off, and
/// stays so: the handshake message that goes with it cannot be sent here.
///
/// @param config A config
/// @param enable Whether to use it
/// @returns 0 for false; otherwise -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_npn(config: *mut s2n_config, enable: bool) -> c_int {
    off_is_fine(&config, enable)
}
