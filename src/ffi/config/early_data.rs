//! Early data of a config (RFC 8446, 2.3): not implemented yet.

use std::ffi::c_int;

use crate::ffi::abi::callbacks::s2n_early_data_cb;
use crate::ffi::abi::pending::{only_disabled, unimplemented};
use crate::ffi::abi::types::s2n_config;

/// Sets the maximum size of the early data that a server accepts (RFC 8446, 4.2.10). The maximum is
/// 0; other values are not implemented yet.
///
/// @param config A config
/// @param max_early_data_size The maximum size in bytes
/// @returns 0 for the size 0; otherwise -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_server_max_early_data_size(
    config: *mut s2n_config,
    max_early_data_size: u32,
) -> c_int {
    only_disabled(&config, max_early_data_size != 0)
}

/// Sets the callback with which a server accepts or rejects early data. Not implemented yet.
///
/// @param config A config
/// @param cb The callback
/// @returns -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_early_data_cb(
    config: *mut s2n_config,
    cb: s2n_early_data_cb,
) -> c_int {
    unimplemented(&[&config, &cb])
}
