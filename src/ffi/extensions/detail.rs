//! The particulars of the last failed call, of a connection or of a thread, and its alert.

use std::ffi::{c_char, c_int};

use crate::ffi::abi::boundary::{boundary, status};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::s2n_connection;
use crate::ffi::abi::{errno, input, output};

/// Returns the particulars of the last failed call on a connection, as one sentence in English:
/// which certificate is rejected, by subject and serial number, and which check it has failed; which
/// name was expected, and which names there are; which alert the peer has sent; which parameters of
/// both sides have nothing in common; which record or length is not allowed; or what the operating
/// system has reported.
///
/// The calls are those that negotiate, send, receive, update keys or close, and the result is
/// that of the last one that failed with another type of error than `S2N_ERR_T_BLOCKED`. A call
/// that succeeds or blocks does not change it, and neither does a call that fails because an earlier
/// error has closed the connection, has a NULL argument, or begins while memory is short.
/// `s2n_connection_wipe()` removes it.
///
/// The sentence has printable ASCII characters only, without a line break. Names and other data of
/// the peer are shortened, and their control characters are escaped, so that it can be written to a
/// terminal or log. It has no secrets. Its wording is not part of the API, and may change: a program
/// decides by `s2n_errno`.
///
/// @param conn The connection
/// @param buffer Buffer for the sentence, which is shortened to fit, and ends with a NUL; may be
/// NULL if `size` is 0
/// @param size Size of the buffer in bytes
/// @returns the length of the whole sentence in bytes, without the NUL, as snprintf() does: it is
/// shortened if this is not less than `size`. 0 if no call has failed. -1 with `S2N_ERR_NULL` if
/// `conn` is NULL, or if `buffer` is NULL and `size` is not 0
///
/// `s2n_errno` is not changed by success. It may be called in any thread, at the same time as other
/// calls on the connection, and in a callback.
///
/// # Safety
///
/// `conn` is NULL or live; `buffer` is NULL or writable for `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rs2n_connection_error_detail(
    conn: *mut s2n_connection,
    buffer: *mut c_char,
    size: usize,
) -> c_int {
    boundary(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `buffer` is null or writable for `size` bytes for the whole call.
        let buffer = unsafe { input::bytes_mut(buffer.cast(), size) }?;
        Ok(write(
            conn.core.error_detail().as_deref().unwrap_or_default(),
            buffer,
        ))
    })
}

/// Returns the description of the alert that tells the peer of the last failed call on a connection
/// (RFC 8446, 6.2). It is for QUIC, whose implementation sends 0x100 plus this number in a
/// CONNECTION_CLOSE frame (RFC 9001, 4.8). `s2n_error_get_alert()` has one alert for each value of
/// `s2n_errno`; this one also depends on the cause, as the RFCs require. Without QUIC,
/// `s2n_shutdown()` sends the alert.
///
/// The failed call is that of `rs2n_connection_error_detail()`.
///
/// @param conn The connection
/// @param alert Set to the alert description; unchanged on failure
/// @returns 0, or -1 with `S2N_ERR_NULL`, or with `S2N_ERR_NO_ALERT` if no call has failed, or if the
/// peer is not told of the error, as after an alert of its own
///
/// It may be called in any thread, at the same time as other calls on the connection, and in a
/// callback.
///
/// # Safety
///
/// `conn` is NULL or live; `alert` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rs2n_connection_get_error_alert(
    conn: *mut s2n_connection,
    alert: *mut u8,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `alert` is null or writable for the whole call.
        let slot = unsafe { output::slot(alert) }?;
        slot.set(conn.core.error_alert()?);
        Ok(())
    })
}

/// Returns the particulars of the last failed call of the calling thread, as one sentence in
/// English: which line and word of the text of a policy, or which property of a key is wrong. It is
/// for calls that have no connection, such as those on configs and certificates:
/// `rs2n_connection_error_detail()` has more about the others.
///
/// The sentence has printable ASCII characters only, without a line break, and no secrets. Its
/// wording is not part of the API, and may change: a program decides by `s2n_errno`.
///
/// @param buffer Buffer for the sentence, which is shortened to fit, and ends with a NUL; may be
/// NULL if `size` is 0
/// @param size Size of the buffer in bytes
/// @returns the length of the whole sentence in bytes, without the NUL, as snprintf() does, at most
/// 511: it is shortened if this is not less than `size`. 0 if no call has failed, or if nothing is
/// known but its number. -1 with `S2N_ERR_NULL` if `buffer` is NULL and `size` is not 0
///
/// `s2n_errno` is not changed by success. It may be called at any time, in any thread, and in a
/// callback, whose failed calls replace the sentence.
///
/// # Safety
///
/// `buffer` is NULL or writable for `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rs2n_error_detail(buffer: *mut c_char, size: usize) -> c_int {
    boundary(|| {
        // SAFETY: `buffer` is null or writable for `size` bytes for the whole call.
        let buffer = unsafe { input::bytes_mut(buffer.cast(), size) }?;
        Ok(errno::detail(|text| write(text, buffer)))
    })
}

/// Writes a text with a NUL, shortened to fit, and returns its whole length.
fn write(text: &str, buffer: &mut [u8]) -> c_int {
    if let Some((end, room)) = buffer.split_last_mut() {
        let len = text.len().min(room.len());
        room[..len].copy_from_slice(&text.as_bytes()[..len]);
        match room.get_mut(len) {
            Some(behind) => *behind = 0,
            None => *end = 0,
        }
    }
    c_int::try_from(text.len()).unwrap_or(c_int::MAX)
}
