//! Transport of a connection: file descriptors or I/O callbacks.

use std::ffi::{c_int, c_void};
use std::mem;
use std::os::fd::RawFd;
use std::sync::{Arc, MutexGuard, PoisonError};

use rs2n_core::error::Code;
use rs2n_core::stream::{Reader, Writer};

use crate::ffi::abi::boundary::{brief, check_memory, status, status_with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::output;
use crate::ffi::abi::types::s2n_connection;
use crate::ffi::connection::lifecycle::ConnectionHandle;
use crate::sys::fd::{ReadFd, WriteFd};
use crate::sys::io::{Callbacks, RecvFn, SendFn};

/// The I/O callbacks of a connection, and what each side of its transport is.
#[derive(Default)]
pub(crate) struct IoCallbacks {
    /// `None` until one is set.
    callbacks: Option<Arc<Callbacks>>,
    reader: Side,
    writer: Side,
}

/// What a side of the transport is.
#[derive(Clone, Copy, Default, PartialEq)]
enum Side {
    #[default]
    Missing,
    Descriptor,
    Callback,
}

/// A change of a callback.
enum Change<F> {
    Function(Option<F>),
    Context(*mut c_void),
}

impl IoCallbacks {
    /// Returns the callbacks, which are `new` if there are none.
    fn callbacks_or(&mut self, new: &mut Option<Arc<Callbacks>>) -> Option<&Callbacks> {
        if self.callbacks.is_none() {
            self.callbacks = new.take();
        }
        self.callbacks.as_deref()
    }
}

impl Side {
    /// Changes with a callback: to set its context removes a descriptor. Returns what the transport
    /// is to be set to, if it changes: the callback, or nothing.
    fn follow<F>(
        &mut self,
        change: &Change<F>,
        callbacks: Option<&Arc<Callbacks>>,
    ) -> Option<Option<Arc<Callbacks>>> {
        let new = match change {
            Change::Function(Some(_)) => Self::Callback,
            Change::Context(_) if *self == Self::Callback => Self::Callback,
            Change::Function(None) | Change::Context(_) => Self::Missing,
        };
        let old = mem::replace(self, new);
        (new != old).then(|| callbacks.filter(|_| new == Self::Callback).cloned())
    }
}

impl ConnectionHandle {
    fn io_callbacks(&self) -> MutexGuard<'_, IoCallbacks> {
        let callbacks = self.io_callbacks.lock();
        callbacks.unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the callbacks, or replaces them, under their lock. Returns what the change replaces.
    ///
    /// Nothing is allocated or freed under the lock, which a memory callback of the application
    /// would wait for forever if it set a transport of the connection. So the change fails without
    /// effect if it needs new callbacks, and is repeated with them.
    fn change_io_callbacks<R>(
        &self,
        mut change: impl FnMut(&mut IoCallbacks, &mut Option<Arc<Callbacks>>) -> Option<R>,
    ) -> R {
        let mut new = None;
        loop {
            let replaced = change(&mut self.io_callbacks(), &mut new);
            match replaced {
                Some(replaced) => return replaced,
                None => new = Some(Arc::default()),
            }
        }
    }

    /// Clears the callbacks when the connection is wiped.
    pub(crate) fn reset_io_callbacks(&self) {
        let old = mem::take(&mut *self.io_callbacks());
        drop(old);
    }

    /// Replaces a receive callback, which calls that run continue to use, by a descriptor.
    fn set_read_fd(&self, fd: RawFd) {
        let reader: Arc<dyn Reader> = Arc::new(ReadFd::new(fd));
        let replaced = self.change_io_callbacks(|io, new| {
            let callbacks = match &io.callbacks {
                Some(old) if io.writer != Side::Descriptor => Some(old.send_in(new.take()?)),
                _ => None,
            };
            io.reader = Side::Descriptor;
            let writer = (io.writer == Side::Callback).then(|| {
                let callbacks = callbacks.clone().map(|callbacks| callbacks as _);
                self.core.set_writer(callbacks, false)
            });
            let callbacks = mem::replace(&mut io.callbacks, callbacks);
            Some((
                callbacks,
                writer,
                self.core.set_reader(Some(reader.clone())),
            ))
        });
        drop(replaced);
    }

    /// Replaces a send callback, which calls that run continue to use, by a descriptor.
    fn set_write_fd(&self, fd: RawFd) {
        let writer: Arc<dyn Writer> = Arc::new(WriteFd::new(fd));
        let replaced = self.change_io_callbacks(|io, new| {
            let callbacks = match &io.callbacks {
                Some(old) if io.reader != Side::Descriptor => Some(old.recv_in(new.take()?)),
                _ => None,
            };
            io.writer = Side::Descriptor;
            let reader = (io.reader == Side::Callback).then(|| {
                let callbacks = callbacks.clone().map(|callbacks| callbacks as _);
                self.core.set_reader(callbacks)
            });
            let callbacks = mem::replace(&mut io.callbacks, callbacks);
            let writer = self.core.set_writer(Some(writer.clone()), true);
            Some((callbacks, reader, writer))
        });
        drop(replaced);
    }

    /// Calls that run continue with the function that they have.
    fn change_recv(&self, change: &Change<RecvFn>) {
        let replaced = self.change_io_callbacks(|io, new| {
            let callbacks = io.callbacks_or(new)?;
            match *change {
                Change::Function(Some(function)) => callbacks.set_recv(function),
                Change::Function(None) => {}
                Change::Context(context) => callbacks.set_recv_context(context),
            }
            let reader = io.reader.follow(change, io.callbacks.as_ref());
            Some(reader.map(|reader| self.core.set_reader(reader.map(|reader| reader as _))))
        });
        drop(replaced);
    }

    /// Calls that run continue with the function that they have.
    fn change_send(&self, change: &Change<SendFn>) {
        let replaced = self.change_io_callbacks(|io, new| {
            let callbacks = io.callbacks_or(new)?;
            match *change {
                Change::Function(Some(function)) => callbacks.set_send(function),
                Change::Function(None) => {}
                Change::Context(context) => callbacks.set_send_context(context),
            }
            let writer = io.writer.follow(change, io.callbacks.as_ref());
            Some(writer.map(|writer| {
                let writer = writer.map(|writer| writer as _);
                self.core.set_writer(writer, false)
            }))
        });
        drop(replaced);
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
    brief(|| {
        check_memory()?;
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.change_recv(&Change::Context(ctx));
        Ok(0)
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
    brief(|| {
        check_memory()?;
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.change_send(&Change::Context(ctx));
        Ok(0)
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
    brief(|| {
        check_memory()?;
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.change_recv(&Change::Function(recv));
        Ok(0)
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
    brief(|| {
        check_memory()?;
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.change_send(&Change::Function(send));
        Ok(0)
    })
}
