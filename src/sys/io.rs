//! The application's send and receive callbacks for records. Return values are validated.

use std::ffi::{c_int, c_void};
use std::sync::Arc;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::{io, mem};

use nix::errno::Errno;
use rs2n_core::stream::{Reader, Writer};

use super::cancellation;

/// A context pointer of the application, which is only passed back to its callbacks.
#[derive(Clone, Copy, Debug)]
pub struct Context(pub *mut c_void);

// SAFETY: the pointer is never followed by this library. An application that uses one connection
// from several threads promises that its context may be used from them.
unsafe impl Send for Context {}

// SAFETY: the pointer is never followed by this library, and the application promises that its
// context may be used from the threads that use the connection.
unsafe impl Sync for Context {}

pub type RecvFn = unsafe extern "C" fn(*mut c_void, *mut u8, u32) -> c_int;
pub type SendFn = unsafe extern "C" fn(*mut c_void, *const u8, u32) -> c_int;

/// The callbacks of both directions, in one allocation.
///
/// An application can set a function and its context for each call that transfers data, in calls
/// of their own. So they are atomics: a change needs no allocation, and a call that runs in another
/// thread has the old or the new value.
#[derive(Default)]
pub struct Callbacks {
    recv: Callback,
    send: Callback,
}

/// The callback of one direction.
#[derive(Default)]
struct Callback {
    /// A pointer to a function of the type of the direction, or null.
    function: AtomicPtr<c_void>,
    context: AtomicPtr<c_void>,
}

impl Callback {
    fn context(&self) -> *mut c_void {
        self.context.load(Acquire)
    }

    fn copy(&self, other: &Self) {
        let function = other.function.load(Acquire);
        self.function.store(function, Release);
        self.context.store(other.context(), Release);
    }
}

impl Callbacks {
    pub fn set_recv(&self, function: RecvFn) {
        self.recv.function.store(function as *mut c_void, Release);
    }

    pub fn set_recv_context(&self, context: *mut c_void) {
        self.recv.context.store(context, Release);
    }

    pub fn set_send(&self, function: SendFn) {
        self.send.function.store(function as *mut c_void, Release);
    }

    pub fn set_send_context(&self, context: *mut c_void) {
        self.send.context.store(context, Release);
    }

    /// Copies the receive callback into new callbacks, without the send callback.
    pub fn recv_in(&self, new: Arc<Self>) -> Arc<Self> {
        new.recv.copy(&self.recv);
        new
    }

    /// Copies the send callback into new callbacks, without the receive callback.
    pub fn send_in(&self, new: Arc<Self>) -> Arc<Self> {
        new.send.copy(&self.send);
        new
    }
}

impl Reader for Callbacks {
    fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        let function = self.recv.function.load(Acquire);
        // SAFETY: the pointer is null, which is `None`, or is that of a function that `set_recv`
        // has stored.
        let function = unsafe { mem::transmute::<*mut c_void, Option<RecvFn>>(function) };
        let function = function.ok_or(io::ErrorKind::NotConnected)?;
        let context = self.recv.context();
        let len = u32::try_from(buf.len()).unwrap_or(u32::MAX);
        Errno::clear();
        // SAFETY: `buf` is writable for `len` bytes for the whole call, and the application paired
        // `context` with `function`.
        let stored = unsafe { cancellation::call_recv(function, context, buf.as_mut_ptr(), len) };
        validate(stored, len)
    }
}

impl Writer for Callbacks {
    fn write(&self, buf: &[u8]) -> io::Result<usize> {
        let function = self.send.function.load(Acquire);
        // SAFETY: the pointer is null, which is `None`, or is that of a function that `set_send`
        // has stored.
        let function = unsafe { mem::transmute::<*mut c_void, Option<SendFn>>(function) };
        let function = function.ok_or(io::ErrorKind::NotConnected)?;
        let context = self.send.context();
        let len = u32::try_from(buf.len()).unwrap_or(u32::MAX);
        Errno::clear();
        // SAFETY: `buf` is readable for `len` bytes for the whole call, and the application paired
        // `context` with `function`.
        let taken = unsafe { cancellation::call_send(function, context, buf.as_ptr(), len) };
        validate(taken, len)
    }
}

/// Validates the result of a callback. A count above the requested length is an error, and is not
/// used.
fn validate(result: c_int, requested: u32) -> io::Result<usize> {
    match u32::try_from(result) {
        Ok(count) if count <= requested => Ok(count as usize),
        Ok(_) => Err(io::ErrorKind::InvalidData.into()),
        Err(_) => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" fn accepts_everything(_: *mut c_void, _: *const u8, len: u32) -> c_int {
        len as c_int
    }

    unsafe extern "C" fn accepts_too_much(_: *mut c_void, _: *const u8, len: u32) -> c_int {
        len as c_int + 1
    }

    unsafe extern "C" fn would_block(_: *mut c_void, _: *const u8, _: u32) -> c_int {
        Errno::set_raw(libc::EAGAIN);
        -1
    }

    unsafe extern "C" fn fails_without_errno(_: *mut c_void, _: *const u8, _: u32) -> c_int {
        -1
    }

    fn written(function: SendFn) -> io::Result<usize> {
        let callbacks = Callbacks::default();
        callbacks.set_send(function);
        callbacks.write(b"record")
    }

    #[test]
    fn a_count_above_the_requested_length_is_rejected() {
        assert_eq!(
            written(accepts_everything).expect("all bytes are accepted"),
            6
        );
        let error = written(accepts_too_much).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_failure_has_the_errno_that_the_callback_set() {
        Errno::set_raw(libc::EBADF);
        let code = |function| written(function).unwrap_err().raw_os_error();
        assert_eq!(code(would_block), Some(libc::EAGAIN));
        assert_eq!(code(fails_without_errno), Some(0));
    }
}
