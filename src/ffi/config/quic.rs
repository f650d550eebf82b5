//! TLS for QUIC (RFC 9001): the config part of `s2n/quic.h`.

use std::ffi::c_int;

use crate::ffi::abi::boundary::status;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::s2n_config;

/// Enables QUIC for the connections of a config, as `s2n_connection_enable_quic()` does for one.
///
/// @param config A config. A connection that has used it remains a QUIC connection with another
/// config
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_enable_quic(config: *mut s2n_config) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.enable_quic();
        Ok(())
    })
}
