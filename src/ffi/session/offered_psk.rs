//! Pre-shared keys that a client offers, and their selection by a server.

use std::ffi::c_int;
use std::sync::Arc;

use rs2n_core::config::callbacks::{OfferedPsk, OfferedPsks};
use rs2n_core::error::Code;

use super::psk::free;
use crate::ffi::abi::boundary::{boundary_or, status, with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::output;
use crate::ffi::abi::types::{s2n_connection, s2n_offered_psk, s2n_offered_psk_list};

impl Handle for s2n_offered_psk {
    type Inner = OfferedPsk;
}

impl Handle for s2n_offered_psk_list {
    type Inner = OfferedPsks;
}

/// Creates an object that `s2n_offered_psk_list_next()` sets to a pre-shared key that the client
/// offers.
///
/// @returns an object that is freed with `s2n_offered_psk_free()`; NULL with `S2N_ERR_ALLOC`
#[unsafe(no_mangle)]
pub extern "C" fn s2n_offered_psk_new() -> *mut s2n_offered_psk {
    with_memory(|| s2n_offered_psk::give(Arc::default()))
}

/// Frees an object that was created by `s2n_offered_psk_new()`, and sets the pointer to NULL.
///
/// @param psk Address of the pointer to the object; NULL, or the address of a NULL pointer, has no
/// effect
/// @returns 0
///
/// # Safety
///
/// `psk` is NULL, or points to NULL or to a live object, and is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_offered_psk_free(psk: *mut *mut s2n_offered_psk) -> c_int {
    // SAFETY: `psk` is null, or readable and writable, with an object that is not used again.
    unsafe { free(psk) }
}

/// Returns the identity of an offered pre-shared key.
///
/// @param psk The offered key
/// @param identity Set to the identity, which is valid during the selection callback
/// @param size Set to the length of the identity in bytes
/// @returns 0, or -1 with `S2N_ERR_NULL`, also if no key of the list is set
///
/// # Safety
///
/// `psk` is NULL or live; `identity` and `size` are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_offered_psk_get_identity(
    psk: *mut s2n_offered_psk,
    identity: *mut *mut u8,
    size: *mut u16,
) -> c_int {
    status(|| {
        // SAFETY: `psk` is null or live for the whole call.
        let psk = unsafe { s2n_offered_psk::borrow(psk) }?;
        let found = psk.with_identity(|bytes| (bytes.as_ptr().cast_mut(), bytes.len() as u16));
        let (address, len) = found.ok_or(Code::Null)?;
        // SAFETY: `identity` is null or writable for the whole call.
        let identity = unsafe { output::slot(identity) }?;
        // SAFETY: `size` is null or writable for the whole call.
        unsafe { output::slot(size) }?.set(len);
        identity.set(address);
        Ok(())
    })
}

/// Reports whether the list contains another pre-shared key.
///
/// @param psk_list The list that was passed to the PSK selection callback
/// @returns whether `s2n_offered_psk_list_next()` returns a key; false for NULL
///
/// # Safety
///
/// `psk_list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_offered_psk_list_has_next(
    psk_list: *mut s2n_offered_psk_list,
) -> bool {
    boundary_or(false, || {
        // SAFETY: `psk_list` is null or live for the whole call.
        let list = unsafe { s2n_offered_psk_list::borrow(psk_list) };
        Ok(list.is_ok_and(OfferedPsks::has_next))
    })
}

/// Returns the next pre-shared key of the list.
///
/// @param psk_list The list that was passed to the PSK selection callback
/// @param psk Set to the next key
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_STUFFER_OUT_OF_DATA` if there is no other key, or
/// `S2N_ERR_BAD_MESSAGE` if it is malformed
///
/// # Safety
///
/// `psk_list` and `psk` are NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_offered_psk_list_next(
    psk_list: *mut s2n_offered_psk_list,
    psk: *mut s2n_offered_psk,
) -> c_int {
    status(|| {
        // SAFETY: `psk_list` is null or live for the whole call.
        let list = unsafe { s2n_offered_psk_list::borrow(psk_list) }?;
        // SAFETY: `psk` is null or live for the whole call.
        list.next(unsafe { s2n_offered_psk::borrow(psk) }?)
    })
}

/// Resets the iteration to the first pre-shared key of the list.
///
/// @param psk_list The list that was passed to the PSK selection callback
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `psk_list` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_offered_psk_list_reread(psk_list: *mut s2n_offered_psk_list) -> c_int {
    status(|| {
        // SAFETY: `psk_list` is null or live for the whole call.
        unsafe { s2n_offered_psk_list::borrow(psk_list) }?.reread();
        Ok(())
    })
}

/// Chooses one of the pre-shared keys that the client offers: an external key of the connection with
/// the same identity, or in `S2N_PSK_MODE_RESUMPTION` the session of the ticket that is its
/// identity.
///
/// @param psk_list The list that was passed to the PSK selection callback
/// @param psk A key of the list; NULL to choose none
/// @returns 0, or -1 with `S2N_ERR_NULL`, also if the connection does not have the key,
/// `S2N_ERR_INVALID_ARGUMENT` if no key of the list is set, or the error of a ticket
///
/// # Safety
///
/// `psk_list` and `psk` are NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_offered_psk_list_choose_psk(
    psk_list: *mut s2n_offered_psk_list,
    psk: *mut s2n_offered_psk,
) -> c_int {
    status(|| {
        // SAFETY: `psk_list` is null or live for the whole call.
        let list = unsafe { s2n_offered_psk_list::borrow(psk_list) }?;
        let conn: *mut s2n_connection = std::ptr::with_exposed_provenance_mut(list.connection());
        // SAFETY: the list is live during the selection callback, in which the handshake has a
        // reference to the connection.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        match psk.is_null() {
            true => conn.core.choose_psk(list, None),
            false => {
                // SAFETY: `psk` is live for the whole call.
                let psk = unsafe { s2n_offered_psk::borrow(psk) }?;
                conn.core.choose_psk(list, Some(psk))
            }
        }
    })
}
