//! Thread cancellation: `pthread_cancel()` unwinds the stack, which must not happen to Rust frames.
//!
//! An exported function [disables](Cancelability::held) cancellation. The exceptions are the calls
//! below, which may block: for a thread that is cancelled in one of them, the transport reports
//! that it would block, and the exported function returns as for any other block. Its end is a
//! cancellation [`point`].

use std::ffi::{c_int, c_void};
use std::io;
use std::os::fd::RawFd;

use super::io::{RecvFn, SendFn};

/// Guard that sets the cancelability of a call, and restores it when dropped.
pub struct Cancelability(Inner);

#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Inner {
    pub(super) state: c_int,
    pub(super) outer: c_int,
    pub(super) place: c_int,
}

unsafe extern "C" {
    safe fn rs2n_hold_cancellation() -> Inner;
    safe fn rs2n_permit_cancellation() -> Inner;
    safe fn rs2n_restore_cancellation(now: Inner);
    safe fn rs2n_is_cancelled() -> c_int;
    fn rs2n_read(fd: RawFd, room: *mut c_void, len: usize) -> isize;
    fn rs2n_write(fd: RawFd, data: *const c_void, len: usize) -> isize;
    fn rs2n_send(fd: RawFd, data: *const c_void, len: usize, flags: c_int) -> isize;
    #[cfg(target_os = "linux")]
    fn rs2n_sendmsg(fd: RawFd, message: *const libc::msghdr, flags: c_int) -> isize;
    #[cfg(target_os = "linux")]
    fn rs2n_recvmsg(fd: RawFd, message: *mut libc::msghdr, flags: c_int) -> isize;
    #[cfg(target_os = "linux")]
    fn rs2n_sendfile(fd: RawFd, file: RawFd, offset: i64, len: usize) -> isize;
    fn rs2n_call_recv(function: RecvFn, context: *mut c_void, room: *mut u8, len: u32) -> c_int;
    fn rs2n_call_send(function: SendFn, context: *mut c_void, data: *const u8, len: u32) -> c_int;
}

unsafe extern "C-unwind" {
    safe fn rs2n_cancellation_point();
}

impl Cancelability {
    /// Disables cancellation, except in the calls below.
    pub fn held() -> Self {
        Self(rs2n_hold_cancellation())
    }

    /// The same for a call without other cancellation points, at a lower cost: the caller's state
    /// is left unchanged.
    pub fn permitted() -> Self {
        Self(rs2n_permit_cancellation())
    }
}

impl Drop for Cancelability {
    fn drop(&mut self) {
        rs2n_restore_cancellation(self.0);
    }
}

/// Terminates the thread if it was cancelled since the call began. The caller is `extern
/// "C-unwind"`, and has no values left to drop.
#[inline]
pub fn point() {
    rs2n_cancellation_point();
}

/// Returns whether this thread was cancelled in a call below, and is terminated at the end of the
/// exported function.
pub fn is_cancelled() -> bool {
    rs2n_is_cancelled() != 0
}

/// Calls `read()`.
pub fn read(fd: RawFd, room: &mut [u8]) -> io::Result<usize> {
    // SAFETY: `room` is writable for its whole length for the whole call. A descriptor that is not
    // open makes the call fail.
    count(unsafe { rs2n_read(fd, room.as_mut_ptr().cast(), room.len()) })
}

/// Calls `write()`.
pub fn write(fd: RawFd, data: &[u8]) -> io::Result<usize> {
    // SAFETY: `data` is readable for its whole length for the whole call. A descriptor that is not
    // open makes the call fail.
    count(unsafe { rs2n_write(fd, data.as_ptr().cast(), data.len()) })
}

/// Calls `send()`.
pub fn send(fd: RawFd, data: &[u8], flags: c_int) -> io::Result<usize> {
    // SAFETY: `data` is readable for its whole length for the whole call. A descriptor that is not
    // open makes the call fail.
    count(unsafe { rs2n_send(fd, data.as_ptr().cast(), data.len(), flags) })
}

/// Calls `sendmsg()`.
///
/// # Safety
///
/// The buffers and the control message of `message` are readable for their lengths.
#[cfg(target_os = "linux")]
pub unsafe fn sendmsg(fd: RawFd, message: &libc::msghdr, flags: c_int) -> io::Result<usize> {
    // SAFETY: the buffers and the control message of `message` are readable for their lengths for
    // the whole call. A descriptor that is not open makes the call fail.
    count(unsafe { rs2n_sendmsg(fd, message, flags) })
}

/// Calls `recvmsg()`.
///
/// # Safety
///
/// The buffers and the control message of `message` are writable for their lengths.
#[cfg(target_os = "linux")]
pub unsafe fn recvmsg(fd: RawFd, message: &mut libc::msghdr) -> io::Result<usize> {
    // SAFETY: the buffers and the control message of `message` are writable for their lengths for
    // the whole call. A descriptor that is not open makes the call fail.
    count(unsafe { rs2n_recvmsg(fd, message, 0) })
}

/// Calls `sendfile()`, without a SIGPIPE if the socket is closed. The exported function holds
/// cancellation.
#[cfg(target_os = "linux")]
pub fn sendfile(fd: RawFd, file: RawFd, offset: i64, len: usize) -> io::Result<usize> {
    // SAFETY: the call has no pointers. A descriptor that is not open makes it fail.
    count(unsafe { rs2n_sendfile(fd, file, offset, len) })
}

fn count(outcome: isize) -> io::Result<usize> {
    usize::try_from(outcome).map_err(|_| io::Error::last_os_error())
}

/// Calls the application's receive callback.
///
/// # Safety
///
/// The application paired `context` with `function`; `room` is writable for `len` bytes.
pub unsafe fn call_recv(function: RecvFn, context: *mut c_void, room: *mut u8, len: u32) -> c_int {
    // SAFETY: the application paired `context` with `function`, and `room` is writable for `len`
    // bytes for the whole call.
    unsafe { rs2n_call_recv(function, context, room, len) }
}

/// Calls the application's send callback.
///
/// # Safety
///
/// The application paired `context` with `function`; `data` is readable for `len` bytes.
pub unsafe fn call_send(
    function: SendFn,
    context: *mut c_void,
    data: *const u8,
    len: u32,
) -> c_int {
    // SAFETY: the application paired `context` with `function`, and `data` is readable for `len`
    // bytes for the whole call.
    unsafe { rs2n_call_send(function, context, data, len) }
}
