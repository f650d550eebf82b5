//! The functions of the C files for Miri, which interprets Rust only. Calls are made as by the C functions, except
//! that no thread is cancelled.

use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::os::fd::RawFd;

use super::cancellation::Inner;
use super::io::{RecvFn, SendFn};

thread_local! {
    static ERRNO: UnsafeCell<c_int> = const { UnsafeCell::new(0) };
}

#[unsafe(no_mangle)]
extern "C" fn rs2n_errno_slot() -> *mut c_int {
    ERRNO.with(UnsafeCell::get)
}

const NO_CANCELLATION: Inner = Inner {
    state: 0,
    outer: 0,
    place: 0,
};

#[unsafe(no_mangle)]
extern "C" fn rs2n_hold_cancellation() -> Inner {
    NO_CANCELLATION
}

#[unsafe(no_mangle)]
extern "C" fn rs2n_permit_cancellation() -> Inner {
    NO_CANCELLATION
}

#[unsafe(no_mangle)]
extern "C" fn rs2n_restore_cancellation(_: Inner) {}

#[unsafe(no_mangle)]
extern "C" fn rs2n_is_cancelled() -> c_int {
    0
}

#[unsafe(no_mangle)]
extern "C-unwind" fn rs2n_cancellation_point() {}

#[unsafe(no_mangle)]
unsafe extern "C" fn rs2n_read(fd: RawFd, room: *mut c_void, len: usize) -> isize {
    // SAFETY: `room` is writable for `len` bytes.
    unsafe { libc::read(fd, room, len) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rs2n_write(fd: RawFd, data: *const c_void, len: usize) -> isize {
    // SAFETY: `data` is readable for `len` bytes.
    unsafe { libc::write(fd, data, len) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rs2n_call_recv(
    function: RecvFn,
    context: *mut c_void,
    room: *mut u8,
    len: u32,
) -> c_int {
    // SAFETY: the application paired `context` with `function`, and `room` is writable for `len` bytes.
    unsafe { function(context, room, len) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rs2n_call_send(
    function: SendFn,
    context: *mut c_void,
    data: *const u8,
    len: u32,
) -> c_int {
    // SAFETY: the application paired `context` with `function`, and `data` is readable for `len` bytes.
    unsafe { function(context, data, len) }
}
