//! Transport of a connection: file descriptors or I/O callbacks.

use std::ffi::{c_int, c_void};
use std::os::fd::RawFd;
use std::sync::{Arc, MutexGuard, PoisonError};

use rs2n_core::error::Code;

use crate::ffi::abi::boundary::{status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::output;
use crate::ffi::abi::types::s2n_connection;
use crate::ffi::connection::lifecycle::ConnectionHandle;
use crate::sys::fd::{ReadFd, WriteFd};
use crate::sys::io::{Callback, Callbacks, Context, RecvFn, SendFn};

/// The I/O callbacks of both directions; `None` for none. A descriptor replaces a callback, and is
/// kept in the connection's transport alone.
pub(crate) type IoCallbacks = Option<Arc<Callbacks>>;

impl ConnectionHandle {
    fn io_callbacks(&self) -> MutexGuard<'_, IoCallbacks> {
        let callbacks = self.io_callbacks.lock();
        callbacks.unwrap_or_else(PoisonError::into_inner)
    }

    /// Clears the callbacks when the connection is wiped.
    pub(crate) fn reset_io_callbacks(&self) {
        *self.io_callbacks() = None;
    }

    fn set_read_fd(&self, fd: RawFd) {
        let mut callbacks = self.io_callbacks();
        self.share(&mut callbacks, |callbacks| {
            callbacks.recv = Callback::default()
        });
        self.core.set_reader(Some(Arc::new(ReadFd::new(fd))));
    }

    fn set_write_fd(&self, fd: RawFd) {
        let mut callbacks = self.io_callbacks();
        self.share(&mut callbacks, |callbacks| {
            callbacks.send = Callback::default()
        });
        self.core.set_writer(Some(Arc::new(WriteFd::new(fd))), true);
    }

    fn change_recv(&self, change: impl FnOnce(&mut Callback<RecvFn>)) {
        let mut callbacks = self.io_callbacks();
        self.share(&mut callbacks, |callbacks| change(&mut callbacks.recv));
        let reader = callbacks.clone().filter(|it| it.recv.function.is_some());
        self.core.set_reader(reader.map(|reader| reader as _));
    }

    fn change_send(&self, change: impl FnOnce(&mut Callback<SendFn>)) {
        let mut callbacks = self.io_callbacks();
        self.share(&mut callbacks, |callbacks| change(&mut callbacks.send));
        let writer = callbacks.clone().filter(|it| it.send.function.is_some());
        self.core
            .set_writer(writer.map(|writer| writer as _), false);
    }

    /// Changes the callbacks, and shares them with the directions that use one. Calls that run
    /// continue with the earlier ones.
    fn share(&self, shared: &mut IoCallbacks, change: impl FnOnce(&mut Callbacks)) {
        let mut callbacks = shared.as_deref().copied().unwrap_or_default();
        change(&mut callbacks);
        let is_empty = callbacks.recv.is_empty() && callbacks.send.is_empty();
        let callbacks = (!is_empty).then(|| Arc::new(callbacks));
        if let Some(reader) = callbacks.clone().filter(|it| it.recv.function.is_some()) {
            self.core.set_reader(Some(reader));
        }
        if let Some(writer) = callbacks.clone().filter(|it| it.send.function.is_some()) {
            self.core.set_writer(Some(writer), false);
        }
        *shared = callbacks;
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
        conn.set_read_fd(fd);
        conn.set_write_fd(fd);
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
        conn.set_read_fd(readfd);
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
        conn.set_write_fd(writefd);
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
        slot.set(conn.core.read_descriptor().ok_or(Code::InvalidState)?);
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
        slot.set(conn.core.write_descriptor().ok_or(Code::InvalidState)?);
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
        if conn.core.write_descriptor().is_none() {
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
        conn.change_recv(|callback| callback.context = Context(ctx));
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
        conn.change_send(|callback| callback.context = Context(ctx));
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
        conn.change_recv(|callback| callback.function = recv);
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
        conn.change_send(|callback| callback.function = send);
        Ok(())
    })
}
