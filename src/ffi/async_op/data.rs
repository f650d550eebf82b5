//! Type, input and output of an asynchronous private-key operation.

use std::ffi::c_int;

use crate::ffi::abi::boundary::status;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_async_pkey_op, s2n_async_pkey_op_type};
use crate::ffi::abi::{input, output};
use rs2n_core::error::Code;

/// Gives the type of an operation.
///
/// @param op An operation
/// @param type Set to `S2N_ASYNC_SIGN`; nothing is decrypted in what we support
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

/// Gives the size of what is to be signed.
///
/// @param op An operation
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

/// Gives what is to be signed: a hash, for RSA with PKCS #1 padding or PSS and for ECDSA. Its size says
/// which hash it is, and the salt of PSS is as long.
///
/// @param op An operation
/// @param data Where the hash goes
/// @param data_len The room there in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_SAFETY` if there is not room enough, or
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

/// Sets the signature, which was made elsewhere. It may be set again until it is applied.
///
/// @param op An operation
/// @param data The signature, as it goes into the handshake message: ECDSA's in DER; copied
/// @param data_len Its length in bytes
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
