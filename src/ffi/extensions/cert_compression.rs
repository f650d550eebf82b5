//! Certificate compression of a config (RFC 8879).

use std::ffi::c_int;

use rs2n_core::base::memory;
use rs2n_core::config::CertCompression;
use rs2n_core::error::{Code, Error, Result};

use crate::ffi::abi::boundary::status_with_memory;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::s2n_config;
use crate::ffi::abi::{errno, input};

/// Sets the algorithms of certificate compression (RFC 8879), with which TLS 1.3 shortens the
/// messages that have certificates. It is off by default.
///
/// Both roles use it in both directions: a client offers to receive the server's certificates
/// compressed, and compresses its own for a server that requests this; a server likewise. With a peer
/// that does not support an algorithm of the list, and in TLS 1.2, nothing changes. A message is
/// compressed once: the library keeps the last 64 compressed messages of the process.
///
/// A compressed message of the peer is rejected like an invalid certificate, with
/// `S2N_ERR_DECODE_CERTIFICATE`, if its content does not have the length that it announces, or
/// more than 65536 bytes, which is the maximum of a message without compression as well. No more than
/// this is ever decompressed.
///
/// @param config A config
/// @param algorithms Numbers of algorithms, most preferred first; copied. 1, for zlib, is supported.
/// NULL if `count` is 0
/// @param count Number of algorithms; 0 turns compression off
/// @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_INVALID_ARGUMENT` if an algorithm is not
/// supported or occurs twice: `rs2n_error_detail()` names it. The config is unchanged then
///
/// Connections use the setting if their handshake has not begun. Any thread may call it at any time,
/// except while another one frees the config.
///
/// # Safety
///
/// `config` is NULL or live; `algorithms` is NULL or holds `count` numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rs2n_config_set_cert_compression(
    config: *mut s2n_config,
    algorithms: *const u16,
    count: usize,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `config` is null or live for the whole call.
        let config = unsafe { s2n_config::borrow(config) }?;
        // SAFETY: `algorithms` is null or holds `count` numbers for the whole call.
        let numbers = unsafe { input::slice(algorithms, count) }?;
        config.core.set_cert_compression(parse(numbers)?);
        Ok(())
    })
}

fn parse(numbers: &[u16]) -> Result<Vec<CertCompression>> {
    let mut algorithms = Vec::new();
    for &number in numbers {
        let Some(algorithm) = CertCompression::from_number(number) else {
            let sentence = format_args!(
                "certificate compression algorithm {number} is not supported: 1 (zlib) is"
            );
            return Err(errno::explained(
                Error::from(Code::InvalidArgument),
                sentence,
            ));
        };
        if algorithms.contains(&algorithm) {
            let sentence = format_args!("certificate compression algorithm {number} occurs twice");
            return Err(errno::explained(
                Error::from(Code::InvalidArgument),
                sentence,
            ));
        }
        memory::push(&mut algorithms, algorithm)?;
    }
    Ok(algorithms)
}
