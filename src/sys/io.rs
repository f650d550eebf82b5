//! The application's send and receive callbacks for records. Return values are validated.

use std::ffi::{c_int, c_void};
use std::{io, ptr};

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

/// A callback of one direction, as far as the application has set it.
#[derive(Clone, Copy)]
pub struct Callback<F> {
    pub function: Option<F>,
    pub context: Context,
}

impl<F> Default for Callback<F> {
    fn default() -> Self {
        Self {
            function: None,
            context: Context(ptr::null_mut()),
        }
    }
}

impl<F> Callback<F> {
    /// Returns whether the application has set nothing.
    pub fn is_empty(&self) -> bool {
        self.function.is_none() && self.context.0.is_null()
    }
}

/// The callbacks of both directions, in one allocation.
#[derive(Clone, Copy, Default)]
pub struct Callbacks {
    pub recv: Callback<RecvFn>,
    pub send: Callback<SendFn>,
}

impl Reader for Callbacks {
    fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        let function = self.recv.function.ok_or(io::ErrorKind::NotConnected)?;
        let context = self.recv.context.0;
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
        let function = self.send.function.ok_or(io::ErrorKind::NotConnected)?;
        let context = self.send.context.0;
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
        let mut callbacks = Callbacks::default();
        callbacks.send.function = Some(function);
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
