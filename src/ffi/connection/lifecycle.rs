//! Lifecycle of connections: creation, wiping and freeing; their config and application context.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rs2n_core::connection::Connection;

use crate::ffi::abi::arguments::s2n_mode_arg;
use crate::ffi::abi::boundary::{boundary_or, brief, status, status_with_memory, with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_config, s2n_connection, s2n_mode};
use crate::ffi::config::lifecycle::ConfigHandle;
use crate::ffi::connection::transport::IoCallbacks;
use crate::ffi::library::init;

/// The object behind a `struct s2n_connection *`.
pub(crate) struct ConnectionHandle {
    pub(crate) core: Connection,
    pub(crate) io_callbacks: Mutex<IoCallbacks>,
    config: Mutex<Option<Arc<ConfigHandle>>>,
    context: AtomicPtr<c_void>,
}

impl ConnectionHandle {
    /// Returns the config that the application attached.
    pub(crate) fn config(&self) -> Option<Arc<ConfigHandle>> {
        self.config
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn attach(&self, config: Arc<ConfigHandle>) {
        let mut attached = self.config.lock().unwrap_or_else(PoisonError::into_inner);
        let old = attached.replace(config);
        drop(attached);
        // Freeing the last reference to a config is slow, so it happens outside the lock.
        drop(old);
    }
}

impl Handle for s2n_connection {
    type Inner = ConnectionHandle;
}

/// Creates a TLS connection.
///
/// @param mode `S2N_SERVER` or `S2N_CLIENT`
/// @returns a new connection, owned by the caller, to be freed with `s2n_connection_free()`; or
/// NULL with `S2N_ERR_NOT_INITIALIZED`, or `S2N_ERR_INVALID_ARGUMENT` for any other mode
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_new(mode: s2n_mode_arg) -> *mut s2n_connection {
    with_memory(|| {
        init::check()?;
        let conn = Arc::new(ConnectionHandle {
            core: Connection::new(mode.try_into()?),
            io_callbacks: Mutex::default(),
            config: Mutex::default(),
            context: AtomicPtr::default(),
        });
        // Callbacks receive the connection as this pointer.
        conn.core.set_name(Arc::as_ptr(&conn).expose_provenance());
        s2n_connection::give(conn)
    })
}

/// Frees a connection. File descriptors are not closed, and no alert is sent: for a clean close
/// call `s2n_shutdown()` first.
///
/// @param conn The connection, which must not be used afterwards. If it is freed from a callback,
/// its memory is released when the library call that invoked the callback returns.
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live, and in use by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_free(conn: *mut s2n_connection) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live, and in use by no other thread for the whole call.
        drop(unsafe { s2n_connection::take(conn) }?);
        Ok(())
    })
}

/// Resets a connection for reuse with another peer. The mode and the config are retained; all other
/// state is reset to that of `s2n_connection_new()`, so the transport, the server name and the
/// other settings must be set again.
///
/// @param conn The connection
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_REENTRANCY` while another call uses the
/// connection
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_wipe(conn: *mut s2n_connection) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.core.wipe()?;
        conn.reset_io_callbacks();
        conn.context.store(ptr::null_mut(), Ordering::Release);
        Ok(())
    })
}

/// Sets the config of a connection. Later changes of the config apply to connections whose
/// handshake has not begun.
///
/// @param conn The connection
/// @param config The config; ownership remains with the caller, who may free it while connections
/// use it
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_TOO_MANY_CERTIFICATES` if a client's config has
/// certificates with keys of several types, `S2N_ERR_NO_PRIVATE_KEY` if a certificate has no
/// private key, or `S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT` if a certificate violates the rules
/// of the security policy set on the connection
///
/// # Safety
///
/// `conn` and `config` are NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_config(
    conn: *mut s2n_connection,
    config: *mut s2n_config,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: `config` is null or live when the call begins.
        let config = unsafe { s2n_config::share(config) }?;
        conn.core.set_config(config.core.clone())?;
        conn.attach(config);
        Ok(())
    })
}

/// Sets the application context of a connection.
///
/// @param conn The connection
/// @param ctx An arbitrary pointer, stored without being dereferenced; ownership remains with the
/// caller
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_ctx(
    conn: *mut s2n_connection,
    ctx: *mut c_void,
) -> c_int {
    status(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.context.store(ctx, Ordering::Release);
        Ok(())
    })
}

/// Returns the application context that was set with `s2n_connection_set_ctx()`.
///
/// @param conn The connection
/// @returns the pointer, or NULL if none was set; NULL with `S2N_ERR_NULL` if `conn` is NULL
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_ctx(conn: *mut s2n_connection) -> *mut c_void {
    brief(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        Ok(conn.context.load(Ordering::Acquire))
    })
}

/// Returns the mode of a connection: client or server.
///
/// @param conn The connection
/// @returns `S2N_CLIENT` or `S2N_SERVER`; `S2N_SERVER` also if `conn` is NULL
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_mode(conn: *mut s2n_connection) -> s2n_mode {
    boundary_or(s2n_mode::S2N_SERVER, || {
        // SAFETY: `conn` is null or live for the whole call.
        Ok(match unsafe { s2n_connection::borrow(conn) } {
            Ok(conn) => conn.core.mode().into(),
            Err(_) => s2n_mode::S2N_SERVER,
        })
    })
}
