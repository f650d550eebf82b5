//! Extensions of a ClientHello: single extensions, supported groups and server name.

use std::ffi::c_int;

use libc::ssize_t;
use rs2n_core::error::Code;

use crate::ffi::abi::arguments::s2n_tls_extension_type_arg;
use crate::ffi::abi::boundary::{boundary, boundary_or, status};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::s2n_client_hello;
use crate::ffi::abi::{input, output};

/// Returns the length of the data of a ClientHello extension.
///
/// @param ch The ClientHello
/// @param extension_type The extension
/// @returns a number of bytes; 0 with `S2N_ERR_EXTENSION_NOT_RECEIVED`, or with
/// `S2N_ERR_UNRECOGNIZED_EXTENSION` for an extension that s2n-tls does not recognize; -1 with
/// `S2N_ERR_NULL`
///
/// # Safety
///
/// `ch` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_get_extension_length(
    ch: *mut s2n_client_hello,
    extension_type: s2n_tls_extension_type_arg,
) -> ssize_t {
    boundary(|| {
        // SAFETY: `ch` is null or live for the whole call.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        let data = || hello.with_extension(extension_type.0 as u16, <[u8]>::len);
        Ok(boundary_or(0, data) as ssize_t)
    })
}

/// Copies the data of a ClientHello extension.
///
/// @param ch The ClientHello
/// @param extension_type The extension
/// @param out Filled with the data
/// @param max_length Size of the buffer in bytes; longer data is truncated
/// @returns the number of bytes copied; 0 and -1 as `s2n_client_hello_get_extension_length()`
///
/// # Safety
///
/// `ch` is NULL or live; `out` is NULL or writable for `max_length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_get_extension_by_id(
    ch: *mut s2n_client_hello,
    extension_type: s2n_tls_extension_type_arg,
    out: *mut u8,
    max_length: u32,
) -> ssize_t {
    boundary(|| {
        // SAFETY: `ch` is null or live for the whole call.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        // SAFETY: `out` is null or writable for `max_length` bytes for the whole call.
        let out = unsafe { input::required_slice_mut(out, max_length as usize) }?;
        let data = || {
            hello.with_extension(extension_type.0 as u16, |data| {
                output::copy_front(data, out)
            })
        };
        Ok(boundary_or(0, data) as ssize_t)
    })
}

/// Reports whether the ClientHello contains an extension, including extensions that s2n-tls does
/// not recognize.
///
/// @param ch The ClientHello
/// @param extension_iana The IANA value of the extension
/// @param exists Set to whether the ClientHello contains the extension
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `ch` is NULL or live; `exists` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_has_extension(
    ch: *mut s2n_client_hello,
    extension_iana: u16,
    exists: *mut bool,
) -> c_int {
    status(|| {
        // SAFETY: `ch` is null or live for the whole call.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        // SAFETY: `exists` is null or writable for the whole call.
        let exists = unsafe { output::slot(exists) }?;
        exists.set(hello.has_extension(extension_iana));
        Ok(())
    })
}

/// Returns the IANA values of the client's supported groups (RFC 8446, 4.2.7), most preferred
/// first.
///
/// @param ch The ClientHello
/// @param groups Filled with the values
/// @param groups_count_max Size of the buffer as a number of values
/// @param groups_count Set to the number of values stored; 0 on failure
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_EXTENSION_NOT_RECEIVED`,
/// `S2N_ERR_INVALID_PARSED_EXTENSIONS`, or `S2N_ERR_INSUFFICIENT_MEM_SIZE`
///
/// # Safety
///
/// `ch` is NULL or live; `groups` is NULL or writable for `groups_count_max` numbers;
/// `groups_count` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_get_supported_groups(
    ch: *mut s2n_client_hello,
    groups: *mut u16,
    groups_count_max: u16,
    groups_count: *mut u16,
) -> c_int {
    status(|| {
        let supported = || {
            // SAFETY: `ch` is null or live for the whole call.
            let hello = unsafe { s2n_client_hello::borrow(ch) }?;
            hello.supported_groups()
        };
        // SAFETY: for the whole call, `groups` is null or writable for `groups_count_max` numbers,
        // and `groups_count` is null or writable.
        unsafe { output::numbers(groups, groups_count_max, groups_count, supported) }
    })
}

/// Returns the length of the server name (SNI) that the client requests (RFC 6066, 3).
///
/// @param ch The ClientHello
/// @param length Set to a number of bytes; 0 on failure
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_EXTENSION_NOT_RECEIVED`, or `S2N_ERR_SAFETY` if
/// the extension contains no host name
///
/// # Safety
///
/// `ch` is NULL or live; `length` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_get_server_name_length(
    ch: *mut s2n_client_hello,
    length: *mut u16,
) -> c_int {
    status(|| {
        // SAFETY: `ch` is null or live for the whole call.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        // SAFETY: `length` is null or writable for the whole call.
        unsafe { output::slot(length) }?.set(0);
        let len = hello.with_server_name(<[u8]>::len)?;
        // SAFETY: `length` is writable for the whole call.
        unsafe { output::slot(length) }?.set(len as u16);
        Ok(())
    })
}

/// Copies the server name (SNI) that the client requests, without NUL terminator.
///
/// @param ch The ClientHello
/// @param server_name Filled with the name
/// @param length Size of the buffer in bytes
/// @param out_length Set to the number of bytes copied; 0 on failure
/// @returns 0, or -1 as `s2n_client_hello_get_server_name_length()`; `S2N_ERR_SAFETY` also if the
/// buffer is too small
///
/// # Safety
///
/// `ch` is NULL or live; `server_name` is NULL or writable for `length` bytes; `out_length` is NULL
/// or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_get_server_name(
    ch: *mut s2n_client_hello,
    server_name: *mut u8,
    length: u16,
    out_length: *mut u16,
) -> c_int {
    status(|| {
        // SAFETY: `ch` is null or live for the whole call.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        // SAFETY: `server_name` is null or writable for `length` bytes for the whole call.
        let room = unsafe { input::required_slice_mut(server_name, length.into()) }?;
        // SAFETY: `out_length` is null or writable for the whole call.
        unsafe { output::slot(out_length) }?.set(0);
        let copied =
            hello.with_server_name(|name| output::copy_all(name, room, Code::Safety))??;
        // SAFETY: `out_length` is writable for the whole call.
        unsafe { output::slot(out_length) }?.set(copied as u16);
        Ok(())
    })
}
