//! Type, input and output of asynchronous private-key operations.

use std::ffi::c_int;

use rs2n_core::error::Code;

use crate::ffi::abi::boundary::status;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_async_pkey_op, s2n_async_pkey_op_type};
use crate::ffi::abi::{input, output};

/// Returns the type of a private-key operation.
///
/// @param op The operation
/// @param type Set to `S2N_ASYNC_SIGN`: none of the supported cipher suites requires decryption
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `op` is NULL or live; `type` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_async_pkey_op_get_op_type(
    op: *mut s2n_async_pkey_op,
    r#type: *mut s2n_async_pkey_op_type,
) -> c_int {
    status(|| {
        // SAFETY: `op` is null or live for the whole call.
        unsafe { s2n_async_pkey_op::borrow(op) }?;
        // SAFETY: `r#type` is null or writable for the whole call.
        let slot = unsafe { output::slot(r#type) }?;
        slot.set(s2n_async_pkey_op_type::S2N_ASYNC_SIGN);
        Ok(())
    })
}

/// Returns the size of the input to be signed.
///
/// @param op The operation
/// @param data_len Set to the size in bytes: that of a SHA-256, SHA-384 or SHA-512 hash
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_UNIMPLEMENTED` for ML-DSA
///
/// # Safety
///
/// `op` is NULL or live; `data_len` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_async_pkey_op_get_input_size(
    op: *mut s2n_async_pkey_op,
    data_len: *mut u32,
) -> c_int {
    status(|| {
        // SAFETY: `op` is null or live for the whole call.
        let op = unsafe { s2n_async_pkey_op::borrow(op) }?;
        // SAFETY: `data_len` is null or writable for the whole call.
        let slot = unsafe { output::slot(data_len) }?;
        slot.set(op.input_len()? as u32);
        Ok(())
    })
}

/// Copies the input to be signed: a hash, to be signed with RSA (PKCS #1 v1.5 padding or PSS) or
/// ECDSA. The size of the input identifies the hash algorithm; the PSS salt has the same length.
///
/// @param op The operation
/// @param data Filled with the hash
/// @param data_len Size of the buffer in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_SAFETY` if the buffer is too small, or
/// `S2N_ERR_UNIMPLEMENTED` for ML-DSA
///
/// # Safety
///
/// `op` is NULL or live; `data` is NULL or writable for `data_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_async_pkey_op_get_input(
    op: *mut s2n_async_pkey_op,
    data: *mut u8,
    data_len: u32,
) -> c_int {
    status(|| {
        // SAFETY: `op` is null or live for the whole call.
        let op = unsafe { s2n_async_pkey_op::borrow(op) }?;
        // SAFETY: `data` is null or writable for `data_len` bytes for the whole call.
        let room = unsafe { input::required_slice_mut(data, data_len as usize) }?;
        let hash = op.input()?;
        let room = room.get_mut(..hash.len()).ok_or(Code::Safety)?;
        room.copy_from_slice(&hash);
        Ok(())
    })
}

/// Sets the signature of a private-key operation that the application performed externally. It may
/// be set again until it is applied.
///
/// @param op The operation
/// @param data The signature as encoded in the handshake message (for ECDSA in DER); copied
/// @param data_len Length of the signature in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `op` is NULL or live; `data` is NULL or readable for `data_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_async_pkey_op_set_output(
    op: *mut s2n_async_pkey_op,
    data: *const u8,
    data_len: u32,
) -> c_int {
    status(|| {
        // SAFETY: `op` is null or live for the whole call.
        let op = unsafe { s2n_async_pkey_op::borrow(op) }?;
        // SAFETY: `data` is null or readable for `data_len` bytes for the whole call.
        let signature = unsafe { input::required_bytes(data, data_len as usize) }?;
        op.set_output(signature)
    })
}
