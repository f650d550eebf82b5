//! The format version of serialized connections.

use std::ffi::c_int;

use rs2n_core::config::SerializationVersion;
use rs2n_core::error::{Code, Error};

use crate::ffi::abi::arguments::s2n_serialization_version_arg;
use crate::ffi::abi::boundary::status;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::s2n_config;

/// Enables serialization of connections, and sets its format version. Connections can be serialized
/// if the config has a version when their handshake starts.
///
/// @param config A config
/// @param version `S2N_SERIALIZED_CONN_V1`
/// @returns 0, or -1 with `S2N_ERR_NULL`, with `S2N_ERR_INVALID_STATE` if the config has a callback
/// for renegotiation requests, or with `S2N_ERR_SAFETY` for another version
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_serialization_version(
    config: *mut s2n_config,
    version: s2n_serialization_version_arg,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        let version = SerializationVersion::try_from(version).map_err(Error::from);
        config.core.set_serialization_version(version)
    })
}

impl TryFrom<s2n_serialization_version_arg> for SerializationVersion {
    type Error = Code;

    fn try_from(version: s2n_serialization_version_arg) -> Result<Self, Code> {
        match version.0 {
            1 => Ok(Self::V1),
            _ => Err(Code::Safety),
        }
    }
}
