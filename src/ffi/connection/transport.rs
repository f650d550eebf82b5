//! The transport of a connection: file descriptors or I/O callbacks.

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

/// One direction's transport, as far as the application has described it.
pub(crate) struct End<F> {
    /// Set by descriptor: what was said of callbacks is gone, and the other way round.
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

/// Both directions.
#[derive(Default)]
pub(crate) struct Ends {
    recv: End<RecvFn>,
    send: End<SendFn>,
}

impl ConnectionHandle {
    fn ends(&self) -> MutexGuard<'_, Ends> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets both transports, as a wiped connection does.
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

/// Reads and writes one descriptor: a socket, usually. It is borrowed, never closed, and may be
/// blocking or not.
///
/// @param conn A connection
/// @param fd An open descriptor; one that is not open fails when it is used
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

/// Reads a descriptor, which is borrowed and never closed.
///
/// @param conn A connection
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

/// Writes a descriptor, which is borrowed and never closed. A connection whose writes failed
/// because the peer was gone may be given another.
///
/// @param conn A connection
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

/// Gives the descriptor that the connection reads.
///
/// @param conn A connection
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

/// Gives the descriptor that the connection writes.
///
/// @param conn A connection
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

/// Corks the TCP socket during the handshake, so that a flight of messages leaves in full
/// segments. A socket that was corked before is left alone.
///
/// @param conn A connection that writes a descriptor
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

/// Sets what the receiving callback is called with.
///
/// @param conn A connection
/// @param ctx Handed to the callback as it is; stays the caller's
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

/// Sets what the sending callback is called with.
///
/// @param conn A connection
/// @param ctx Handed to the callback as it is; stays the caller's
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

/// Receives through a callback instead of a descriptor.
///
/// The callback stores at most `len` bytes and returns how many; 0 is the end of the stream; a
/// negative value is a failure that `errno` explains, where EAGAIN and EWOULDBLOCK mean "not yet".
/// A callback that claims more than `len` gets `S2N_ERR_SAFETY`.
///
/// @param conn A connection
/// @param recv The callback, or NULL for none
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live; `recv` writes no more than it was asked for.
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

/// Sends through a callback instead of a descriptor.
///
/// The callback takes at most `len` bytes and returns how many; a negative value is a failure that
/// `errno` explains, where EAGAIN and EWOULDBLOCK mean "not yet". A callback that keeps taking
/// nothing gets `S2N_ERR_IO_BLOCKED`; one that claims more than `len` `S2N_ERR_SAFETY`.
///
/// @param conn A connection
/// @param send The callback, or NULL for none
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live; `send` reads no more than it was given.
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
