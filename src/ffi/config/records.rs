//! Record sizes and buffers of a config.

use std::ffi::c_int;

use crate::ffi::abi::arguments::s2n_max_frag_len_arg;
use crate::ffi::abi::boundary::status;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::s2n_config;
use rs2n_core::error::{Code, Result};

/// Lets one `s2n_recv()` return the data of several records.
///
/// @param config A config
/// @param enabled Whether a call goes on until its room is full or the transport has nothing more
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_recv_multi_record(
    config: *mut s2n_config,
    enabled: bool,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_recv_multi_record(enabled);
        Ok(())
    })
}

/// Collects the records of one `s2n_send()` in a buffer, and writes them together. Connections take the
/// setting over when they are given the config.
///
/// @param config A config
/// @param size The buffer's size in bytes, at least 1034. Less than the largest record makes records
/// smaller.
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_ARGUMENT`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_send_buffer_size(
    config: *mut s2n_config,
    size: u32,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_send_buffer_size(size)
    })
}

/// Clients: would ask the server for shorter records (RFC 6066, 4). That cannot be negotiated
/// here; `s2n_connection_prefer_low_latency()` shortens what we send.
///
/// @param config A config
/// @param mfl_code A member of `s2n_max_frag_len`; 0 asks for nothing
/// @returns 0 for 0; otherwise -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_MAX_FRAG_LEN` for an
/// unknown code, `S2N_ERR_UNIMPLEMENTED` for a known one
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_send_max_fragment_length(
    config: *mut s2n_config,
    mfl_code: s2n_max_frag_len_arg,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        unsafe { s2n_config::borrow(config) }?;
        check_code(mfl_code)
    })
}

/// Servers: would grant a client shorter records (RFC 6066, 4). That cannot be negotiated here;
/// such requests are ignored, as they are in s2n-tls by default.
///
/// @param config A config
/// @returns -1 with `S2N_ERR_NULL` or `S2N_ERR_UNIMPLEMENTED`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_accept_max_fragment_length(config: *mut s2n_config) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        unsafe { s2n_config::borrow(config) }?;
        Err(Code::Unimplemented)?
    })
}

fn check_code(code: s2n_max_frag_len_arg) -> Result<()> {
    Err(match code.0 {
        0 => return Ok(()),
        1..=4 => Code::Unimplemented,
        _ => Code::InvalidMaxFragLen,
    })?
}
