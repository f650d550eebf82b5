//! What stands in a ClientHello.

use std::ffi::c_int;

use libc::ssize_t;

use crate::ffi::abi::boundary::{boundary, boundary_or, status};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_client_hello, s2n_tls_extension_type_arg};
use crate::ffi::abi::{input, output};
use crate::tls::client_hello::Field;
use crate::tls::error::{Code, Result};

/// Gives the length of the message.
///
/// @param ch A ClientHello
/// @returns a number of bytes, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `ch` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_get_raw_message_length(
    ch: *mut s2n_client_hello,
) -> ssize_t {
    // SAFETY: the C caller's promise about `ch`.
    unsafe { length(ch, Field::Message) }
}

/// Copies the message, without its handshake header and with zeros for the random bytes.
///
/// @param ch A ClientHello
/// @param out Where the bytes go
/// @param max_length Room in bytes; of a longer message the front is copied
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
    // SAFETY: the C caller's promises.
    unsafe { copy(ch, Field::Message, out, max_length) }
}

/// Gives the length of the list of cipher suites.
///
/// @param ch A ClientHello
/// @returns a number of bytes, two for each; or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `ch` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_get_cipher_suites_length(
    ch: *mut s2n_client_hello,
) -> ssize_t {
    // SAFETY: the C caller's promise about `ch`.
    unsafe { length(ch, Field::CipherSuites) }
}

/// Copies the list of cipher suites: two bytes for each, the higher first.
///
/// @param ch A ClientHello
/// @param out Where the bytes go
/// @param max_length Room in bytes; of a longer list the front is copied
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
    // SAFETY: the C caller's promises.
    unsafe { copy(ch, Field::CipherSuites, out, max_length) }
}

/// Gives the length of the list of extensions.
///
/// @param ch A ClientHello
/// @returns a number of bytes, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `ch` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_get_extensions_length(
    ch: *mut s2n_client_hello,
) -> ssize_t {
    // SAFETY: the C caller's promise about `ch`.
    unsafe { length(ch, Field::Extensions) }
}

/// Copies the list of extensions, as it came (RFC 8446, 4.2).
///
/// @param ch A ClientHello
/// @param out Where the bytes go
/// @param max_length Room in bytes; of a longer list the front is copied
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
    // SAFETY: the C caller's promises.
    unsafe { copy(ch, Field::Extensions, out, max_length) }
}

/// Gives the length of an extension's data.
///
/// @param ch A ClientHello
/// @param extension_type The extension
/// @returns a number of bytes; 0 with `S2N_ERR_EXTENSION_NOT_RECEIVED`, or
/// `S2N_ERR_UNRECOGNIZED_EXTENSION` for one that s2n-tls does not know; -1 with `S2N_ERR_NULL`
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
        // SAFETY: the C caller's promise about `ch`.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        let data = || hello.with_extension(extension_type.0 as u16, <[u8]>::len);
        Ok(boundary_or(0, data) as ssize_t)
    })
}

/// Copies an extension's data.
///
/// @param ch A ClientHello
/// @param extension_type The extension
/// @param out Where the bytes go
/// @param max_length Room in bytes; of longer data the front is copied
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
        // SAFETY: the C caller's promise about `ch`.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        // SAFETY: the C caller's promise about `out`.
        let out = unsafe { input::required_slice_mut(out, max_length as usize) }?;
        let data = || hello.with_extension(extension_type.0 as u16, |data| copy_front(data, out));
        Ok(boundary_or(0, data) as ssize_t)
    })
}

/// Says whether there is an extension, also one that s2n-tls does not know.
///
/// @param ch A ClientHello
/// @param extension_iana The extension's number
/// @param exists Set to the answer
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
        // SAFETY: the C caller's promise about `ch`.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        // SAFETY: the C caller's promise about `exists`.
        let exists = unsafe { output::slot(exists) }?;
        exists.set(hello.has_extension(extension_iana));
        Ok(())
    })
}

/// Gives the length of the session ID.
///
/// @param ch A ClientHello
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
    // SAFETY: the C caller's promises.
    unsafe { store_length(ch, Field::SessionId, out_length) }
}

/// Copies the session ID.
///
/// @param ch A ClientHello
/// @param out Where the bytes go
/// @param out_length Set to the number of bytes copied
/// @param max_length Room in bytes; of a longer ID the front is copied
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
        // SAFETY: the C caller's promise about `ch`.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        // SAFETY: the C caller's promise about `out`.
        let out = unsafe { input::required_slice_mut(out, max_length as usize) }?;
        // SAFETY: the C caller's promise about `out_length`.
        let out_length = unsafe { output::slot(out_length) }?;
        let copied = hello.with(Field::SessionId, |id| copy_front(id, out))?;
        out_length.set(copied as u32);
        Ok(())
    })
}

/// Gives the length of the list of compression methods.
///
/// @param ch A ClientHello
/// @param out_length Set to a number of bytes, one for each
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
    // SAFETY: the C caller's promises.
    unsafe { store_length(ch, Field::CompressionMethods, out_length) }
}

/// Copies the list of compression methods.
///
/// @param ch A ClientHello
/// @param list Where the bytes go
/// @param list_length Room in bytes
/// @param out_length Set to the number of bytes copied
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INSUFFICIENT_MEM_SIZE` if there is less room than
/// needed
///
/// # Safety
///
/// `ch` is NULL or live; `list` is NULL or writable for `list_length` bytes; `out_length` is NULL or
/// writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_get_compression_methods(
    ch: *mut s2n_client_hello,
    list: *mut u8,
    list_length: u32,
    out_length: *mut u32,
) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `ch`.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        // SAFETY: the C caller's promise about `list`.
        let list = unsafe { input::required_slice_mut(list, list_length as usize) }?;
        // SAFETY: the C caller's promise about `out_length`.
        let out_length = unsafe { output::slot(out_length) }?;
        let copied = hello.with(Field::CompressionMethods, |methods| {
            copy_all(methods, list, Code::InsufficientMemSize)
        })??;
        out_length.set(copied as u32);
        Ok(())
    })
}

/// Gives the version that stands in the message: `S2N_TLS12` also for what is newer.
///
/// @param ch A ClientHello
/// @param out Set to the version; one that is none of TLS is numbered the same way, 10 times its first
/// byte and its second
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
        // SAFETY: the C caller's promise about `ch`.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        // SAFETY: the C caller's promise about `out`.
        unsafe { output::slot(out) }?.set(hello.legacy_version());
        Ok(())
    })
}

/// Gives the version in the header of the record that brought the ClientHello.
///
/// @param ch A ClientHello
/// @param out Set to the version
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_ARGUMENT` for one that no record brought
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
        // SAFETY: the C caller's promise about `ch`.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        // SAFETY: the C caller's promise about `out`.
        let out = unsafe { output::slot(out) }?;
        out.set(hello.record_version()?);
        Ok(())
    })
}

/// Copies the random bytes.
///
/// @param ch A ClientHello
/// @param out Where the 32 bytes go
/// @param max_length Room in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INSUFFICIENT_MEM_SIZE` for less room than 32
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
        // SAFETY: the C caller's promise about `ch`.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        // SAFETY: the C caller's promise about `out`.
        let out = unsafe { input::required_slice_mut(out, max_length as usize) }?;
        copy_all(&hello.random(), out, Code::InsufficientMemSize)?;
        Ok(())
    })
}

/// Stores the numbers of the groups that the client supports (RFC 8446, 4.2.7), its favourite first.
///
/// @param ch A ClientHello
/// @param groups Where the numbers go
/// @param groups_count_max Room, as a count of numbers
/// @param groups_count Set to how many were stored; 0 on failure
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_EXTENSION_NOT_RECEIVED`,
/// `S2N_ERR_INVALID_PARSED_EXTENSIONS`, `S2N_ERR_INSUFFICIENT_MEM_SIZE`
///
/// # Safety
///
/// `ch` is NULL or live; `groups` is NULL or writable for `groups_count_max` numbers; `groups_count`
/// is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_client_hello_get_supported_groups(
    ch: *mut s2n_client_hello,
    groups: *mut u16,
    groups_count_max: u16,
    groups_count: *mut u16,
) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `groups_count`.
        unsafe { output::slot(groups_count) }?.set(0);
        // SAFETY: the C caller's promise about `ch`.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        // SAFETY: the C caller's promise about `groups`.
        let room = unsafe { input::required_slice_mut(groups, groups_count_max.into()) }?;
        let stored = copy_all(&hello.supported_groups()?, room, Code::InsufficientMemSize)?;
        // SAFETY: as above.
        unsafe { output::slot(groups_count) }?.set(stored as u16);
        Ok(())
    })
}

/// Gives the length of the server name that the client asks for (RFC 6066, 3).
///
/// @param ch A ClientHello
/// @param length Set to a number of bytes; 0 on failure
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_EXTENSION_NOT_RECEIVED`, `S2N_ERR_SAFETY` if the
/// extension holds no host name
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
        // SAFETY: the C caller's promise about `ch`.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        // SAFETY: the C caller's promise about `length`.
        unsafe { output::slot(length) }?.set(0);
        let len = hello.with_server_name(<[u8]>::len)?;
        // SAFETY: as above.
        unsafe { output::slot(length) }?.set(len as u16);
        Ok(())
    })
}

/// Copies the server name that the client asks for. No NUL is put behind it.
///
/// @param ch A ClientHello
/// @param server_name Where the bytes go
/// @param length Room in bytes
/// @param out_length Set to the number of bytes copied; 0 on failure
/// @returns 0, or -1 as `s2n_client_hello_get_server_name_length()`; `S2N_ERR_SAFETY` also if there is
/// less room than needed
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
        // SAFETY: the C caller's promise about `ch`.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        // SAFETY: the C caller's promise about `server_name`.
        let room = unsafe { input::required_slice_mut(server_name, length.into()) }?;
        // SAFETY: the C caller's promise about `out_length`.
        unsafe { output::slot(out_length) }?.set(0);
        let copied = hello.with_server_name(|name| copy_all(name, room, Code::Safety))??;
        // SAFETY: as above.
        unsafe { output::slot(out_length) }?.set(copied as u16);
        Ok(())
    })
}

/// # Safety
///
/// `ch` is null or live.
unsafe fn length(ch: *mut s2n_client_hello, field: Field) -> ssize_t {
    boundary(|| {
        // SAFETY: the caller's promise about `ch`.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        Ok(hello.len(field) as ssize_t)
    })
}

/// # Safety
///
/// `ch` is null or live; `out_length` is null or writable.
unsafe fn store_length(ch: *mut s2n_client_hello, field: Field, out_length: *mut u32) -> c_int {
    status(|| {
        // SAFETY: the caller's promise about `ch`.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        // SAFETY: the caller's promise about `out_length`.
        unsafe { output::slot(out_length) }?.set(hello.len(field) as u32);
        Ok(())
    })
}

/// # Safety
///
/// `ch` is null or live; `out` is null or writable for `max_length` bytes.
unsafe fn copy(ch: *mut s2n_client_hello, field: Field, out: *mut u8, max_length: u32) -> ssize_t {
    boundary(|| {
        // SAFETY: the caller's promise about `ch`.
        let hello = unsafe { s2n_client_hello::borrow(ch) }?;
        // SAFETY: the caller's promise about `out`.
        let out = unsafe { input::required_slice_mut(out, max_length as usize) }?;
        Ok(hello.with(field, |bytes| copy_front(bytes, out))? as ssize_t)
    })
}

/// Copies as much as there is room for, and says how much.
fn copy_front(bytes: &[u8], out: &mut [u8]) -> usize {
    let len = bytes.len().min(out.len());
    out[..len].copy_from_slice(&bytes[..len]);
    len
}

/// Copies all, or says that there is too little room.
fn copy_all<T: Copy>(items: &[T], out: &mut [T], too_little: Code) -> Result<usize> {
    let room = out.get_mut(..items.len()).ok_or(too_little)?;
    room.copy_from_slice(items);
    Ok(items.len())
}
