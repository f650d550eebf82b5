//! Extensions of X.509 certificates.

use std::ffi::c_int;

use rs2n_core::error::{Code, Result};
use rs2n_core::x509::extension;

use crate::ffi::abi::boundary::status_with_memory;
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::s2n_cert;
use crate::ffi::abi::{input, output};

/// Returns the length of the value of a certificate extension (RFC 5280, 4.2).
///
/// @param cert The certificate
/// @param oid The object identifier of the extension, a NUL-terminated string such as "2.5.29.17"
/// @param ext_value_len Set to the length in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`, also if the string is not an object identifier,
/// `S2N_ERR_X509_EXTENSION_VALUE_NOT_FOUND`, or `S2N_ERR_SAFETY` if the certificate has no
/// extensions
///
/// # Safety
///
/// `cert` is NULL or of a live chain; `oid` is NULL or a string; `ext_value_len` is NULL or
/// writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_cert_get_x509_extension_value_length(
    cert: *mut s2n_cert,
    oid: *const u8,
    ext_value_len: *mut u32,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `cert` is null or of a live chain; `oid` is null or a string, for the whole call.
        let extension = unsafe { find(cert, oid, ext_value_len.is_null()) }?;
        // SAFETY: `ext_value_len` is null or writable for the whole call.
        let slot = unsafe { output::slot(ext_value_len) }?;
        slot.set(u32::try_from(extension.value.len()).map_err(|_| Code::IntegerOverflow)?);
        Ok(())
    })
}

/// Copies the value of a certificate extension (RFC 5280, 4.2), in DER.
///
/// @param cert The certificate
/// @param oid The object identifier of the extension, a NUL-terminated string such as "2.5.29.17"
/// @param ext_value Filled with the value
/// @param ext_value_len Size of the buffer in bytes; set to the number of bytes copied
/// @param critical Set to whether the extension is critical
/// @returns 0, or -1 with `S2N_ERR_NULL`, also if the string is not an object identifier,
/// `S2N_ERR_X509_EXTENSION_VALUE_NOT_FOUND`, `S2N_ERR_INSUFFICIENT_MEM_SIZE`, or `S2N_ERR_SAFETY`
/// if the certificate has no extensions
///
/// # Safety
///
/// `cert` is NULL or of a live chain; `oid` is NULL or a string; `ext_value_len` is NULL or points
/// to the room at `ext_value`; the others are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_cert_get_x509_extension_value(
    cert: *mut s2n_cert,
    oid: *const u8,
    ext_value: *mut u8,
    ext_value_len: *mut u32,
    critical: *mut bool,
) -> c_int {
    status_with_memory(|| {
        let misses_one = ext_value.is_null() || ext_value_len.is_null() || critical.is_null();
        // SAFETY: `cert` is null or of a live chain; `oid` is null or a string, for the whole call.
        let extension = unsafe { find(cert, oid, misses_one) }?;
        // SAFETY: `ext_value_len` is null or points to the number of bytes that are writable at
        // `ext_value`, for the whole call.
        unsafe { copy(&extension.value, ext_value, ext_value_len) }?;
        // SAFETY: `critical` is null or writable for the whole call.
        unsafe { output::slot(critical) }?.set(extension.critical);
        Ok(())
    })
}

/// Returns the length of the text in an extension value that is a UTF8String.
///
/// @param extension_data The extension value, in DER
/// @param extension_len Length of the value in bytes
/// @param utf8_str_len Set to the length of the text in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_SAFETY` if `extension_len` is 0, or
/// `S2N_ERR_INVALID_X509_EXTENSION_TYPE`
///
/// # Safety
///
/// `extension_data` is NULL or readable for `extension_len` bytes; `utf8_str_len` is NULL or
/// writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_cert_get_utf8_string_from_extension_data_length(
    extension_data: *const u8,
    extension_len: u32,
    utf8_str_len: *mut u32,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `extension_data` is null or readable for `extension_len` bytes for the whole
        // call.
        let data = unsafe { input::required_bytes(extension_data, extension_len as usize) }?;
        if data.is_empty() {
            return Err(Code::Safety)?;
        }
        // SAFETY: `utf8_str_len` is null or writable for the whole call.
        let slot = unsafe { output::slot(utf8_str_len) }?;
        let text = extension::utf8(data)?;
        slot.set(u32::try_from(text.len()).map_err(|_| Code::IntegerOverflow)?);
        Ok(())
    })
}

/// Copies the text of an extension value that is a UTF8String, without NUL terminator.
///
/// @param extension_data The extension value, in DER
/// @param extension_len Length of the value in bytes
/// @param out_data Filled with the text
/// @param out_len Size of the buffer in bytes; set to the length of the text
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_SAFETY` if `extension_len` is 0,
/// `S2N_ERR_INVALID_X509_EXTENSION_TYPE`, or `S2N_ERR_INSUFFICIENT_MEM_SIZE`
///
/// # Safety
///
/// `extension_data` is NULL or readable for `extension_len` bytes; `out_len` is NULL or points to
/// the room at `out_data`, which is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_cert_get_utf8_string_from_extension_data(
    extension_data: *const u8,
    extension_len: u32,
    out_data: *mut u8,
    out_len: *mut u32,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `extension_data` is null or readable for `extension_len` bytes for the whole
        // call.
        let data = unsafe { input::required_bytes(extension_data, extension_len as usize) }?;
        if data.is_empty() {
            return Err(Code::Safety)?;
        }
        if out_data.is_null() || out_len.is_null() {
            return Err(Code::Null)?;
        }
        let text = extension::utf8(data)?;
        // SAFETY: `out_len` is null or points to the number of bytes that are writable at
        // `out_data`, which may be null, for the whole call.
        unsafe { copy(text, out_data, out_len) }
    })
}

/// Looks up an extension, after checking that no pointer is null.
///
/// # Safety
///
/// `cert` is null or of a live chain; `oid` is null or a string.
unsafe fn find(
    cert: *const s2n_cert,
    oid: *const u8,
    misses_one: bool,
) -> Result<extension::Extension> {
    // SAFETY: `cert` is null or of a live chain for the whole call.
    let der = unsafe { s2n_cert::borrow(cert) }?;
    // SAFETY: `oid` is null or a string for the whole call.
    let oid = unsafe { input::str(oid.cast()) }?;
    if misses_one {
        return Err(Code::Null)?;
    }
    extension::find(der, &oid.to_string_lossy())
}

/// Copies bytes into a buffer of the C caller.
///
/// # Safety
///
/// `len` is null or points to the number of bytes that can be written at `out`.
unsafe fn copy(bytes: &[u8], out: *mut u8, len: *mut u32) -> Result<()> {
    // SAFETY: `len` is null or points to the number of bytes that can be written at `out` for the
    // whole call.
    let len = unsafe { output::inout(len) }?;
    // SAFETY: `out` is null or writable for `*len` bytes.
    let room = unsafe { input::required_slice_mut(out, *len as usize) }?;
    let copied = output::copy_all(bytes, room, Code::InsufficientMemSize)?;
    *len = u32::try_from(copied).map_err(|_| Code::IntegerOverflow)?;
    Ok(())
}
