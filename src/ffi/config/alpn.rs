//! ALPN protocols of a config (RFC 7301).

use std::ffi::{c_char, c_int};

use rs2n_core::config::alpn;

use crate::ffi::abi::boundary::status_with_memory;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::input;
use crate::ffi::abi::types::s2n_config;

/// Adds an application protocol to the end of the ALPN protocol list (RFC 7301). A client offers
/// the protocols of the list, a server accepts them.
///
/// @param config A config
/// @param protocol The protocol name, without a terminating NUL; copied
/// @param protocol_len Length of the name in bytes, not 0
/// @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_INVALID_APPLICATION_PROTOCOL`
///
/// # Safety
///
/// `config` is NULL or live; `protocol` is NULL or readable for `protocol_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_append_protocol_preference(
    config: *mut s2n_config,
    protocol: *const u8,
    protocol_len: u8,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        // SAFETY: `protocol` is null or readable for `protocol_len` bytes for the whole call.
        let protocol = unsafe { input::required_bytes(protocol, protocol_len.into()) }?;
        config.core.append_alpn(protocol)
    })
}

/// Sets the ALPN protocol list (RFC 7301), most preferred first. A client offers the protocols of
/// the list, a server accepts them.
///
/// @param config A config
/// @param protocols Protocol names, each a NUL-terminated string; copied. NULL clears the list.
/// @param protocol_count Number of names; 0 clears the list
/// @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_INVALID_APPLICATION_PROTOCOL`; the list
/// is unchanged on failure
///
/// # Safety
///
/// `config` is NULL or live; `protocols` is NULL or holds `protocol_count` strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_protocol_preferences(
    config: *mut s2n_config,
    protocols: *const *const c_char,
    protocol_count: c_int,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        // SAFETY: `protocols` is null or holds `protocol_count` strings for the whole call.
        let names = unsafe { input::strings(protocols, protocol_count) }?;
        let list = alpn::list(names.iter().map(|name| name.to_bytes()))?;
        config.core.set_alpn(list);
        Ok(())
    })
}
