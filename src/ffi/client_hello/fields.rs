//! Fields of a ClientHello: message, cipher suites, extensions, session ID, compression methods,
//! versions and random.

use std::ffi::c_int;

use libc::ssize_t;
use rs2n_core::error::Code;
use rs2n_core::messages::Field;

use crate::ffi::abi::boundary::{boundary, status};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::s2n_client_hello;
use crate::ffi::abi::{input, output};

/// Returns the length of the ClientHello message.
///
/// @param ch The ClientHello
/// @returns a number of bytes, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `ch` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_get_raw_message_length(
    ch: *mut s2n_client_hello,
) -> ssize_t {
    // SAFETY: `ch` is null or live for the whole call.
    unsafe { length(ch, Field::Message) }
}

/// Copies the ClientHello message, without its handshake header and with the random replaced by
/// zeros.
///
/// @param ch The ClientHello
/// @param out Filled with the message
/// @param max_length Size of the buffer in bytes; a longer message is truncated
/// @returns the number of bytes copied, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `ch` is NULL or live; `out` is NULL or writable for `max_length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_get_raw_message(
    ch: *mut s2n_client_hello,
    out: *mut u8,
    max_length: u32,
) -> ssize_t {
    // SAFETY: `ch` is null or live; `out` is null or writable for `max_length` bytes, for the whole
    // call.
    unsafe { copy(ch, Field::Message, out, max_length) }
}

/// Returns the length of the list of cipher suites.
///
/// @param ch The ClientHello
/// @returns a number of bytes, two for each cipher suite; or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `ch` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_get_cipher_suites_length(
    ch: *mut s2n_client_hello,
) -> ssize_t {
    // SAFETY: `ch` is null or live for the whole call.
    unsafe { length(ch, Field::CipherSuites) }
}

/// Copies the list of cipher suites: the IANA values, two bytes each in network byte order.
///
/// @param ch The ClientHello
/// @param out Filled with the list
/// @param max_length Size of the buffer in bytes; a longer list is truncated
/// @returns the number of bytes copied, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `ch` is NULL or live; `out` is NULL or writable for `max_length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_get_cipher_suites(
    ch: *mut s2n_client_hello,
    out: *mut u8,
    max_length: u32,
) -> ssize_t {
    // SAFETY: `ch` is null or live; `out` is null or writable for `max_length` bytes, for the whole
    // call.
    unsafe { copy(ch, Field::CipherSuites, out, max_length) }
}

/// Returns the length of the list of extensions.
///
/// @param ch The ClientHello
/// @returns a number of bytes, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `ch` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_get_extensions_length(
    ch: *mut s2n_client_hello,
) -> ssize_t {
    // SAFETY: `ch` is null or live for the whole call.
    unsafe { length(ch, Field::Extensions) }
}

/// Copies the list of extensions as received (RFC 8446, 4.2).
///
/// @param ch The ClientHello
/// @param out Filled with the list
/// @param max_length Size of the buffer in bytes; a longer list is truncated
/// @returns the number of bytes copied, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `ch` is NULL or live; `out` is NULL or writable for `max_length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_get_extensions(
    ch: *mut s2n_client_hello,
    out: *mut u8,
    max_length: u32,
) -> ssize_t {
    // SAFETY: `ch` is null or live; `out` is null or writable for `max_length` bytes, for the whole
    // call.
    unsafe { copy(ch, Field::Extensions, out, max_length) }
}

/// Returns the length of the session ID.
///
/// @param ch The ClientHello
/// @param out_length Set to a number of bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `ch` is NULL or live; `out_length` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_get_session_id_length(
    ch: *mut s2n_client_hello,
    out_length: *mut u32,
) -> c_int {
    // SAFETY: `ch` is null or live; `out_length` is null or writable, for the whole call.
    unsafe { store_length(ch, Field::SessionId, out_length) }
}

/// Copies the session ID.
///
/// @param ch The ClientHello
/// @param out Filled with the session ID
/// @param out_length Set to the number of bytes copied
/// @param max_length Size of the buffer in bytes; a longer session ID is truncated
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `ch` is NULL or live; `out` is NULL or writable for `max_length` bytes; `out_length` is NULL or
/// writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_get_session_id(
    ch: *mut s2n_client_hello,
    out: *mut u8,
    out_length: *mut u32,
    max_length: u32,
) -> c_int {
    status(|| {
        // SAFETY: `ch` is null or live for the whole call.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        // SAFETY: `out` is null or writable for `max_length` bytes for the whole call.
        let out = unsafe { input::required_slice_mut(out, max_length as usize) }?;
        // SAFETY: `out_length` is null or writable for the whole call.
        let out_length = unsafe { output::slot(out_length) }?;
        let copied = hello.with_field(Field::SessionId, |id| output::copy_front(id, out))?;
        out_length.set(copied as u32);
        Ok(())
    })
}

/// Returns the length of the list of compression methods.
///
/// @param ch The ClientHello
/// @param out_length Set to a number of bytes, one for each compression method
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `ch` is NULL or live; `out_length` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_get_compression_methods_length(
    ch: *mut s2n_client_hello,
    out_length: *mut u32,
) -> c_int {
    // SAFETY: `ch` is null or live; `out_length` is null or writable, for the whole call.
    unsafe { store_length(ch, Field::CompressionMethods, out_length) }
}

/// Copies the list of compression methods.
///
/// @param ch The ClientHello
/// @param list Filled with the list
/// @param list_length Size of the buffer in bytes
/// @param out_length Set to the number of bytes copied
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INSUFFICIENT_MEM_SIZE` if the buffer is too
/// small
///
/// # Safety
///
/// `ch` is NULL or live; `list` is NULL or writable for `list_length` bytes; `out_length` is NULL
/// or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_get_compression_methods(
    ch: *mut s2n_client_hello,
    list: *mut u8,
    list_length: u32,
    out_length: *mut u32,
) -> c_int {
    status(|| {
        // SAFETY: `ch` is null or live for the whole call.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        // SAFETY: `list` is null or writable for `list_length` bytes for the whole call.
        let list = unsafe { input::required_slice_mut(list, list_length as usize) }?;
        // SAFETY: `out_length` is null or writable for the whole call.
        let out_length = unsafe { output::slot(out_length) }?;
        let copied = hello.with_field(Field::CompressionMethods, |methods| {
            output::copy_all(methods, list, Code::InsufficientMemSize)
        })??;
        out_length.set(copied as u32);
        Ok(())
    })
}

/// Returns the protocol version field of the ClientHello (legacy_version): `S2N_TLS12` also for
/// later versions.
///
/// @param ch The ClientHello
/// @param out Set to the version. An unassigned version is encoded in the same way: 10 times its
/// first byte plus its second byte.
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `ch` is NULL or live; `out` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_get_legacy_protocol_version(
    ch: *mut s2n_client_hello,
    out: *mut u8,
) -> c_int {
    status(|| {
        // SAFETY: `ch` is null or live for the whole call.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        // SAFETY: `out` is null or writable for the whole call.
        unsafe { output::slot(out) }?.set(hello.legacy_version());
        Ok(())
    })
}

/// Returns the protocol version in the header of the record that contained the ClientHello.
///
/// @param ch The ClientHello
/// @param out Set to the version
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_ARGUMENT` if the ClientHello was not
/// received in a record
///
/// # Safety
///
/// `ch` is NULL or live; `out` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_get_legacy_record_version(
    ch: *mut s2n_client_hello,
    out: *mut u8,
) -> c_int {
    status(|| {
        // SAFETY: `ch` is null or live for the whole call.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        // SAFETY: `out` is null or writable for the whole call.
        let out = unsafe { output::slot(out) }?;
        out.set(hello.record_version()?);
        Ok(())
    })
}

/// Copies the random of the ClientHello.
///
/// @param ch The ClientHello
/// @param out Filled with the random of 32 bytes
/// @param max_length Size of the buffer in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INSUFFICIENT_MEM_SIZE` if the buffer is
/// smaller than 32 bytes
///
/// # Safety
///
/// `ch` is NULL or live; `out` is NULL or writable for `max_length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_get_random(
    ch: *mut s2n_client_hello,
    out: *mut u8,
    max_length: u32,
) -> c_int {
    status(|| {
        // SAFETY: `ch` is null or live for the whole call.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        // SAFETY: `out` is null or writable for `max_length` bytes for the whole call.
        let out = unsafe { input::required_slice_mut(out, max_length as usize) }?;
        output::copy_all(&hello.random(), out, Code::InsufficientMemSize)?;
        Ok(())
    })
}

/// # Safety
///
/// `ch` is null or live.
unsafe fn length(ch: *mut s2n_client_hello, field: Field) -> ssize_t {
    boundary(|| {
        // SAFETY: `ch` is null or live for the whole call.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        Ok(hello.len(field) as ssize_t)
    })
}

/// # Safety
///
/// `ch` is null or live; `out_length` is null or writable.
unsafe fn store_length(ch: *mut s2n_client_hello, field: Field, out_length: *mut u32) -> c_int {
    status(|| {
        // SAFETY: `ch` is null or live for the whole call.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        // SAFETY: `out_length` is null or writable for the whole call.
        unsafe { output::slot(out_length) }?.set(hello.len(field) as u32);
        Ok(())
    })
}

/// # Safety
///
/// `ch` is null or live; `out` is null or writable for `max_length` bytes.
unsafe fn copy(ch: *mut s2n_client_hello, field: Field, out: *mut u8, max_length: u32) -> ssize_t {
    boundary(|| {
        // SAFETY: `ch` is null or live for the whole call.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        // SAFETY: `out` is null or writable for `max_length` bytes for the whole call.
        let out = unsafe { input::required_slice_mut(out, max_length as usize) }?;
        Ok(hello.with_field(field, |bytes| output::copy_front(bytes, out))? as ssize_t)
    })
}
