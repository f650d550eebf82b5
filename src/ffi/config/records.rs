//! Record sizes and buffers of a config.

use std::ffi::c_int;

use rs2n_core::error::{Code, Result};

use crate::ffi::abi::arguments::s2n_max_frag_len_arg;
use crate::ffi::abi::boundary::status;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::s2n_config;

/// Sets whether one `s2n_recv()` returns the data of several records.
///
/// @param config A config
/// @param enabled Whether a call continues with further records until its buffer is full or the
/// transport has no more data
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

/// Enables a send buffer, which collects the records of one `s2n_send()` so that they are written
/// to the transport together. The setting applies to connections to which the config is assigned
/// later.
///
/// @param config A config
/// @param size Size of the buffer in bytes, at least 1034. A size below that of the largest record
/// makes records smaller.
/// @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_INVALID_ARGUMENT` if the size is too
/// small
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

/// Sets the maximum size of sent records, like `s2n_connection_prefer_low_latency()` and
/// `s2n_connection_prefer_throughput()`, for any size. The setting applies to connections to which
/// the config is assigned later; those functions of the connection replace it. Records that are
/// received are not limited.
///
/// @param config A config
/// @param max_fragment_length Number of bytes of plaintext in a record, 1 to 16384. Even if this is
/// less, records of the handshake may have up to 27 bytes, a KeyUpdate has 5 and an alert has 2.
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_FRAGMENT_LENGTH_TOO_SMALL` for 0, or
/// `S2N_ERR_FRAGMENT_LENGTH_TOO_LARGE`
///
/// # Safety
///
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_config_set_max_fragment_length(
    config: *mut s2n_config,
    max_fragment_length: u16,
) -> c_int {
    status(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        config.core.set_max_fragment_length(max_fragment_length)
    })
}

/// Sets the maximum fragment length that a client requests from the server (RFC 6066, 4). The
/// extension is not supported; `s2n_config_set_max_fragment_length()` limits the size of the records
/// that are sent.
///
/// @param config A config
/// @param mfl_code A value of `s2n_max_frag_len`; 0 requests no maximum
/// @returns 0 for 0; otherwise -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_MAX_FRAG_LEN` for an
/// unknown code, or `S2N_ERR_UNIMPLEMENTED` for a known code
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

/// Enables the negotiation of a maximum fragment length on a server (RFC 6066, 4). The extension is
/// not supported: requests of clients are ignored, as in s2n-tls by default.
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
