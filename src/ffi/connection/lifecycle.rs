//! Creation, wiping, freeing, config and application context of connections.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::ffi::abi::arguments::s2n_mode_arg;
use crate::ffi::abi::boundary::{boundary, boundary_or, status, status_with_memory, with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::{s2n_config, s2n_connection, s2n_mode};
use crate::ffi::config::lifecycle::ConfigHandle;
use crate::ffi::connection::transport::Ends;
use crate::ffi::library::init;
use rs2n_core::connection::Connection;

/// What a `struct s2n_connection *` points at.
pub(crate) struct ConnectionHandle {
    pub(crate) core: Connection,
    pub(crate) ends: Mutex<Ends>,
    config: Mutex<Option<Arc<ConfigHandle>>>,
    context: AtomicPtr<c_void>,
}

impl ConnectionHandle {
    /// The config that the application attached.
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
        // The last share of a config takes its time to go.
        drop(old);
    }
}

impl Handle for s2n_connection {
    type Inner = ConnectionHandle;
}

/// Makes a connection.
///
/// @param mode `S2N_SERVER` or `S2N_CLIENT`
/// @returns a connection, to be freed with `s2n_connection_free()`; or NULL with
/// `S2N_ERR_NOT_INITIALIZED`, or `S2N_ERR_INVALID_ARGUMENT` for another mode
#[unsafe(no_mangle)]
pub extern "C" fn s2n_connection_new(mode: s2n_mode_arg) -> *mut s2n_connection {
    with_memory(|| {
        init::check()?;
        let conn = Arc::new(ConnectionHandle {
            core: Connection::new(mode.try_into()?),
            ends: Mutex::default(),
            config: Mutex::default(),
            context: AtomicPtr::default(),
        });
        // Callbacks are told of the connection by its pointer.
        conn.core.set_name(Arc::as_ptr(&conn).expose_provenance());
        s2n_connection::give(conn)
    })
}

/// Frees a connection. Descriptors stay open, and nothing is sent: see `s2n_shutdown()`.
///
/// @param conn A connection; not to be used again. One that is in use by a call further up, whose
/// callback this is, lives until that call returns.
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

/// Makes a connection ready for another peer. It keeps its mode and its config; everything else is as
/// after `s2n_connection_new()`: set the transport, the server name and the rest again.
///
/// @param conn A connection
/// @returns 0, or -1 with `S2N_ERR_NULL`, or `S2N_ERR_REENTRANCY` while another call uses it
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
        conn.reset_ends();
        conn.context.store(ptr::null_mut(), Ordering::Release);
        Ok(())
    })
}

/// Attaches a config. A change of the config is seen by connections that have not begun their
/// handshake.
///
/// @param conn A connection
/// @param config A config; it stays the caller's, who may free it while connections use it
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_TOO_MANY_CERTIFICATES` if a client's config has
/// certificates of several key types, `S2N_ERR_NO_PRIVATE_KEY` if a certificate has no key,
/// `S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT` if one breaks rules of the connection's own policy
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

/// Keeps a pointer for the application.
///
/// @param conn A connection
/// @param ctx Any pointer; never followed
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

/// Gives the pointer that `s2n_connection_set_ctx()` kept.
///
/// @param conn A connection
/// @returns the pointer, NULL if none was set; NULL with `S2N_ERR_NULL` if `conn` is NULL
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_ctx(conn: *mut s2n_connection) -> *mut c_void {
    boundary(|| {
        // SAFETY: `conn` is null or live for the whole call.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        Ok(conn.context.load(Ordering::Acquire))
    })
}

/// Says which end of the connection this is.
///
/// @param conn A connection
/// @returns `S2N_CLIENT` or `S2N_SERVER`; the latter also if `conn` is NULL
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
