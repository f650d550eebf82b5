//! Format version of serialized connections: not implemented yet.

use std::ffi::c_int;

use crate::ffi::abi::arguments::s2n_serialization_version_arg;
use crate::ffi::abi::pending::unimplemented;
use crate::ffi::abi::types::s2n_config;

/// Enables serialization of connections, and sets its format version. Not implemented yet.
///
/// @param config A config
/// @param version A value of `s2n_serialization_version`
/// @returns -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_config_set_serialization_version(
    config: *mut s2n_config,
    version: s2n_serialization_version_arg,
) -> c_int {
    unimplemented(&[&config, &version])
}
