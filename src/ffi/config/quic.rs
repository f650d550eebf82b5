//! TLS for QUIC (RFC 9001): the config part of `s2n/quic.h`.

use std::ffi::c_int;

use crate::ffi::abi::pending::not_yet;
use crate::ffi::abi::types::s2n_config;

/// Makes connections speak TLS without its record layer, as QUIC needs it.
///
/// @param config A config
/// @returns -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED`: this is not there yet
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_enable_quic(config: *mut s2n_config) -> c_int {
    not_yet(&[&config])
}
