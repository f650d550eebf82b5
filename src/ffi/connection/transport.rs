//! Transport of a connection: file descriptors or I/O callbacks.

use std::ffi::{c_int, c_void};
use std::os::fd::RawFd;
use std::ptr;
use std::sync::{Arc, MutexGuard, PoisonError};

use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::output;
use crate::ffi::abi::types::s2n_connection;
use crate::ffi::connection::lifecycle::ConnectionHandle;
use crate::sys::fd::{ReadFd, WriteFd};
use crate::sys::io::{Context, RecvCallback, RecvFn, SendCallback, SendFn};
use rs2n_core::error::{Code, Result};
use rs2n_core::stream::{Reader, Writer};

/// The transport of one direction, as configured by the application.
pub(crate) struct End<F> {
    /// Setting a descriptor discards the callback and its context; setting either of those discards
    /// the descriptor.
    fd: Option<RawFd>,
    function: Option<F>,
    context: Context,
}

impl<F> Default for End<F> {
    fn default() -> Self {
        Self {
            fd: None,
            function: None,
            context: Context(ptr::null_mut()),
        }
    }
}

impl<F> End<F> {
    fn set_fd(&mut self, fd: RawFd) {
        *self = Self {
            fd: Some(fd),
            ..Self::default()
        };
    }

    fn set_function(&mut self, function: Option<F>) {
        self.leave_fd();
        self.function = function;
    }

    fn set_context(&mut self, context: *mut c_void) {
        self.leave_fd();
        self.context = Context(context);
    }

    fn leave_fd(&mut self) {
        if self.fd.is_some() {
            *self = Self::default();
        }
    }

    fn fd(&self) -> Result<RawFd> {
        Ok(self.fd.ok_or(Code::InvalidState)?)
    }
}

/// The transports of both directions.
#[derive(Default)]
pub(crate) struct Ends {
    recv: End<RecvFn>,
    send: End<SendFn>,
}

impl ConnectionHandle {
    fn ends(&self) -> MutexGuard<'_, Ends> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Clears both transports when the connection is wiped.
    pub(crate) fn reset_ends(&self) {
        *self.ends() = Ends::default();
    }

    fn change_recv(&self, change: impl FnOnce(&mut End<RecvFn>)) {
        let mut ends = self.ends();
        change(&mut ends.recv);
        let End {
            fd,
            function,
            context,
        } = ends.recv;
        self.core.set_reader(match (fd, function) {
            (Some(fd), _) => Some(Arc::new(ReadFd::new(fd)) as Arc<dyn Reader>),
            (None, Some(function)) => Some(Arc::new(RecvCallback { function, context })),
            (None, None) => None,
        });
    }

    fn change_send(&self, change: impl FnOnce(&mut End<SendFn>)) {
        let mut ends = self.ends();
        change(&mut ends.send);
        let End {
            fd,
            function,
            context,
        } = ends.send;
        let writer = match (fd, function) {
            (Some(fd), _) => Some(Arc::new(WriteFd::new(fd)) as Arc<dyn Writer>),
            (None, Some(function)) => Some(Arc::new(SendCallback { function, context }) as _),
            (None, None) => None,
        };
        self.core.set_writer(writer, fd.is_some());
    }
}

/// Sets the file descriptor for both reading and writing, usually a socket. The descriptor is
/// borrowed, never closed by the library, and may be blocking or non-blocking.
///
/// @param conn The connection
/// @param fd An open descriptor. It is not validated here: a closed descriptor causes I/O errors
/// when it is used.
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_fd(conn: *mut s2n_connection, fd: c_int) -> c_int {
    status_with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.change_recv(|end| end.set_fd(fd));
        conn.change_send(|end| end.set_fd(fd));
        Ok(())
    })
}

/// Sets the file descriptor for reading. The descriptor is borrowed, and never closed by the
/// library.
///
/// @param conn The connection
/// @param readfd An open descriptor
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_read_fd(
    conn: *mut s2n_connection,
    readfd: c_int,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.change_recv(|end| end.set_fd(readfd));
        Ok(())
    })
}

/// Sets the file descriptor for writing. The descriptor is borrowed, and never closed by the
/// library. A connection whose writes failed because the peer had closed the stream may be given
/// another descriptor.
///
/// @param conn The connection
/// @param writefd An open descriptor
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_write_fd(
    conn: *mut s2n_connection,
    writefd: c_int,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.change_send(|end| end.set_fd(writefd));
        Ok(())
    })
}

/// Returns the file descriptor for reading.
///
/// @param conn The connection
/// @param readfd Set to the descriptor
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_STATE` if none was set
///
/// # Safety
///
/// `conn` is NULL or live; `readfd` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_read_fd(
    conn: *mut s2n_connection,
    readfd: *mut c_int,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `readfd` is null or writable for the whole call.
        let slot = unsafe { output::slot(readfd) }?;
        slot.set(conn.ends().recv.fd()?);
        Ok(())
    })
}

/// Returns the file descriptor for writing.
///
/// @param conn The connection
/// @param writefd Set to the descriptor
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_INVALID_STATE` if none was set
///
/// # Safety
///
/// `conn` is NULL or live; `writefd` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_write_fd(
    conn: *mut s2n_connection,
    writefd: *mut c_int,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `writefd` is null or writable for the whole call.
        let slot = unsafe { output::slot(writefd) }?;
        slot.set(conn.ends().send.fd()?);
        Ok(())
    })
}

/// Enables corking of the TCP socket (TCP_CORK) during the handshake, so that each flight of
/// handshake messages is sent in full segments. A socket that is corked already is left unchanged.
///
/// @param conn A connection with a file descriptor for writing
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_CORK_SET_ON_UNMANAGED` if no descriptor was
/// set
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_use_corked_io(conn: *mut s2n_connection) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        if conn.ends().send.fd.is_none() {
            return Err(Code::CorkSetOnUnmanaged)?;
        }
        conn.core.set_corked();
        Ok(())
    })
}

/// Sets the context of the receive callback.
///
/// @param conn The connection
/// @param ctx Passed to the callback as `io_context`; never dereferenced, ownership remains with
/// the caller
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live; `ctx` is what the callback expects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_recv_ctx(
    conn: *mut s2n_connection,
    ctx: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.change_recv(|end| end.set_context(ctx));
        Ok(())
    })
}

/// Sets the context of the send callback.
///
/// @param conn The connection
/// @param ctx Passed to the callback as `io_context`; never dereferenced, ownership remains with
/// the caller
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live; `ctx` is what the callback expects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_send_ctx(
    conn: *mut s2n_connection,
    ctx: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.change_send(|end| end.set_context(ctx));
        Ok(())
    })
}

/// Sets a receive callback, which is used instead of a file descriptor.
///
/// The callback stores at most `len` bytes in `buf` and returns their number; 0 signals the end of
/// the stream. A negative value signals an error in `errno`, where EAGAIN and EWOULDBLOCK mean that
/// no data is available yet. If the callback returns more than `len`, the call fails with
/// `S2N_ERR_SAFETY`.
///
/// @param conn The connection
/// @param recv The callback; NULL removes it
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live; `recv` writes at most `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_recv_cb(
    conn: *mut s2n_connection,
    recv: Option<unsafe extern "C" fn(io_context: *mut c_void, buf: *mut u8, len: u32) -> c_int>,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.change_recv(|end| end.set_function(recv));
        Ok(())
    })
}

/// Sets a send callback, which is used instead of a file descriptor.
///
/// The callback sends at most `len` bytes of `buf` and returns their number. A negative value
/// signals an error in `errno`, where EAGAIN and EWOULDBLOCK mean that no data can be sent yet. If
/// the callback repeatedly returns 0, the call fails with `S2N_ERR_IO_BLOCKED`; if it returns more
/// than `len`, with `S2N_ERR_SAFETY`.
///
/// @param conn The connection
/// @param send The callback; NULL removes it
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live; `send` reads at most `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_send_cb(
    conn: *mut s2n_connection,
    send: Option<unsafe extern "C" fn(io_context: *mut c_void, buf: *const u8, len: u32) -> c_int>,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.change_send(|end| end.set_function(send));
        Ok(())
    })
}
