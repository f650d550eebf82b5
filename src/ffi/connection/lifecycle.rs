//! Connections: their life, and what the application sets up on them.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::ffi::abi::boundary::{boundary, boundary_or, status, status_with_memory, with_memory};
use crate::ffi::abi::handle::Handle;
use crate::ffi::abi::types::*;
use crate::ffi::abi::{input, output};
use crate::ffi::config::lifecycle::ConfigHandle;
use crate::ffi::config::trust::verify_host;
use crate::ffi::connection::transport::Ends;
use crate::ffi::library::init;
use crate::tls::config::alpn;
use crate::tls::connection::{BlindingMode, Connection, Mode};
use crate::tls::error::{Code, Result};
use crate::tls::policy::Policy;

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
        // SAFETY: the C caller's promise about `conn`.
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
        // SAFETY: the C caller's promise about `conn`.
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
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: the C caller's promise about `config`.
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
        // SAFETY: the C caller's promise about `conn`.
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
        // SAFETY: the C caller's promise about `conn`.
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
        // SAFETY: the C caller's promise about `conn`.
        Ok(match unsafe { s2n_connection::borrow(conn) } {
            Ok(conn) => conn.core.mode().into(),
            Err(_) => s2n_mode::S2N_SERVER,
        })
    })
}

/// Chooses the security policy of this connection, in place of its config's.
///
/// @param conn A connection
/// @param version The name of a policy, such as "default_tls13"
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_SECURITY_POLICY`,
/// `S2N_ERR_DEPRECATED_SECURITY_POLICY`, `S2N_ERR_CIPHER_NOT_SUPPORTED` if nothing of the policy is
/// supported, or `S2N_ERR_SECURITY_POLICY_INCOMPATIBLE_CERT` if the policy has rules that a certificate
/// of the config breaks; the old policy stays then
///
/// # Safety
///
/// `conn` is NULL or live; `version` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_cipher_preferences(
    conn: *mut s2n_connection,
    version: *const c_char,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: the C caller's promise about `version`.
        let version = unsafe { input::str(version) }?;
        conn.core.set_policy(Policy::find(version.to_bytes())?)
    })
}

/// Names the server that a client wants to talk to: for the server_name extension (RFC 6066, 3), and for
/// the verification of its certificate.
///
/// @param conn A client's connection
/// @param server_name At most 255 bytes; copied
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_CLIENT_MODE` on a server,
/// `S2N_ERR_SERVER_NAME_TOO_LONG`
///
/// # Safety
///
/// `conn` is NULL or live; `server_name` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_set_server_name(
    conn: *mut s2n_connection,
    server_name: *const c_char,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: the C caller's promise about `server_name`.
        conn.core
            .set_server_name(unsafe { input::str(server_name) }?)
    })
}

/// Gives the server name: the one that was set on a client, the one that was asked for on a server.
/// What a client asks for is no name if it has more than 255 bytes or a NUL among them;
/// `s2n_client_hello_get_server_name()` gives it all the same.
///
/// The string belongs to the connection: it is valid until another name is set, or the connection is
/// wiped or freed.
///
/// @param conn A connection
/// @returns the name; NULL if there is none, with `S2N_ERR_NULL` set if `conn` is NULL
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_get_server_name(conn: *mut s2n_connection) -> *const c_char {
    boundary(|| {
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        Ok(conn
            .core
            .with_server_name(|name| name.map_or(ptr::null(), |name| name.as_ptr())))
    })
}

/// Adds a protocol to the list that this connection offers or accepts by ALPN (RFC 7301), in place of
/// its config's list.
///
/// @param conn A connection
/// @param protocol The name; copied
/// @param protocol_len Its length in bytes, not 0
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_APPLICATION_PROTOCOL`
///
/// # Safety
///
/// `conn` is NULL or live; `protocol` is NULL or readable for `protocol_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_append_protocol_preference(
    conn: *mut s2n_connection,
    protocol: *const u8,
    protocol_len: u8,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: the C caller's promise about `protocol`.
        let protocol = unsafe { input::required_bytes(protocol, protocol_len.into()) }?;
        let mut list = conn.core.alpn();
        alpn::append(&mut list, protocol)?;
        conn.core.set_alpn(list);
        Ok(())
    })
}

/// Sets the list of protocols that this connection offers or accepts by ALPN (RFC 7301), most preferred
/// first, in place of its config's list.
///
/// @param conn A connection
/// @param protocols Names; copied. NULL clears the list.
/// @param protocol_count Number of names; 0 clears the list
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_APPLICATION_PROTOCOL`; the old list stays then
///
/// # Safety
///
/// `conn` is NULL or live; `protocols` is NULL or holds `protocol_count` strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_protocol_preferences(
    conn: *mut s2n_connection,
    protocols: *const *const c_char,
    protocol_count: c_int,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: the C caller's promise about `protocols`.
        let names = unsafe { input::strings(protocols, protocol_count) }?;
        conn.core
            .set_alpn(alpn::list(names.iter().map(|name| name.to_bytes()))?);
        Ok(())
    })
}

/// Sets who is asked whether a name in the peer's certificate is acceptable, in place of the config's
/// callback.
///
/// @param conn A connection
/// @param host_fn The callback: 1 accepts a name, 0 does not. NULL restores the built-in check.
/// @param data Handed to the callback as it is; stays the caller's
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live; `host_fn` can be called with `data`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_verify_host_callback(
    conn: *mut s2n_connection,
    host_fn: s2n_verify_host_fn,
    data: *mut c_void,
) -> c_int {
    status_with_memory(|| {
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.core.set_verify_host(verify_host(host_fn, data));
        Ok(())
    })
}

/// Sets whether certificates of clients are asked for, in place of the config's setting.
///
/// @param conn A connection
/// @param client_auth_type A member of `s2n_cert_auth_type`
/// @returns 0, or -1 with `S2N_ERR_NULL`, `S2N_ERR_INVALID_ARGUMENT`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_client_auth_type(
    conn: *mut s2n_connection,
    client_auth_type: s2n_cert_auth_type_arg,
) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.core.set_client_auth(client_auth_type.try_into()?);
        Ok(())
    })
}

/// Says whether certificates of clients are asked for on this connection.
///
/// @param conn A connection
/// @param client_auth_type Set to the connection's setting, else the config's, else what suits the mode
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live; `client_auth_type` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_client_auth_type(
    conn: *mut s2n_connection,
    client_auth_type: *mut s2n_cert_auth_type,
) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        // SAFETY: the C caller's promise about `client_auth_type`.
        let slot = unsafe { output::slot(client_auth_type) }?;
        slot.set(conn.core.client_auth()?.into());
        Ok(())
    })
}

/// Sets who waits after an error that the peer caused. Such an error closes the connection, and is
/// answered only after a random delay, so that its time tells an attacker nothing.
///
/// @param conn A connection
/// @param blinding `S2N_BUILT_IN_BLINDING`: the failing call sleeps. Any other value: the application
/// waits for `s2n_connection_get_delay()` nanoseconds before it calls `s2n_shutdown()` and closes.
/// @returns 0, or -1 with `S2N_ERR_NULL`
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_set_blinding(
    conn: *mut s2n_connection,
    blinding: s2n_blinding_arg,
) -> c_int {
    status(|| {
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::borrow(conn) }?;
        conn.core.set_blinding(blinding.into());
        Ok(())
    })
}

/// Says how long the application has to wait before it may close a connection that failed.
///
/// @param conn A connection
/// @returns nanoseconds, 0 if there is nothing to wait for; UINT64_MAX with `S2N_ERR_NULL`, or
/// `S2N_ERR_CANCELLED` if the application's clock failed
///
/// # Safety
///
/// `conn` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn s2n_connection_get_delay(conn: *mut s2n_connection) -> u64 {
    boundary_or(u64::MAX, || {
        // SAFETY: the C caller's promise about `conn`.
        let conn = unsafe { s2n_connection::share(conn) }?;
        Ok(u64::try_from(conn.core.delay()?.as_nanos()).unwrap_or(u64::MAX))
    })
}

impl TryFrom<s2n_mode_arg> for Mode {
    type Error = Code;

    fn try_from(mode: s2n_mode_arg) -> Result<Self, Code> {
        match mode.0 {
            0 => Ok(Self::Server),
            1 => Ok(Self::Client),
            _ => Err(Code::InvalidArgument),
        }
    }
}

impl From<Mode> for s2n_mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Server => Self::S2N_SERVER,
            Mode::Client => Self::S2N_CLIENT,
        }
    }
}

impl From<s2n_blinding_arg> for BlindingMode {
    fn from(blinding: s2n_blinding_arg) -> Self {
        match blinding.0 {
            0 => Self::BuiltIn,
            _ => Self::SelfService,
        }
    }
}
