//! TLS for QUIC (RFC 9001): the config part of `s2n/quic.h`.

use std::ffi::c_int;

use crate::ffi::abi::pending::unimplemented;
use crate::ffi::abi::types::s2n_config;

/// Enables QUIC for connections: TLS handshakes without the TLS record layer (RFC 9001). Not
/// implemented yet.
///
/// @param config A config
/// @returns -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_enable_quic(config: *mut s2n_config) -> c_int {
    unimplemented(&[&config])
}
