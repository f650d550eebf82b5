//! The application's callbacks for session tickets and the session cache, each as an implementation
//! of a trait of the core.

use std::ffi::{c_int, c_void};
use std::ptr;

use rs2n_core::config::callbacks::{
    CacheDelete, CacheLookup, CacheRetrieve, CacheStore, SessionTicket, TicketCallback,
};

use super::io::Context;

/// `C` is the C type of a connection.
pub type CacheStoreFn<C> =
    unsafe extern "C" fn(*mut C, *mut c_void, u64, *const c_void, u64, *const c_void, u64) -> c_int;
/// `C` is the C type of a connection.
pub type CacheRetrieveFn<C> =
    unsafe extern "C" fn(*mut C, *mut c_void, *const c_void, u64, *mut c_void, *mut u64) -> c_int;
/// `C` is the C type of a connection.
pub type CacheDeleteFn<C> = unsafe extern "C" fn(*mut C, *mut c_void, *const c_void, u64) -> c_int;
/// `C` is the C type of a connection, `T` that of a session ticket.
pub type SessionTicketFn<C, T> = unsafe extern "C" fn(*mut C, *mut c_void, *mut T) -> c_int;

/// The result of a callback that would block (`S2N_CALLBACK_BLOCKED`).
const BLOCKED: c_int = -2;

/// Stores sessions by the application's callback.
pub struct CCacheStore<C> {
    pub function: CacheStoreFn<C>,
    pub context: Context,
}

impl<C> CacheStore for CCacheStore<C> {
    fn store(&self, name: usize, ttl: u64, session_id: &[u8], entry: &[u8]) {
        let conn = ptr::with_exposed_provenance_mut(name);
        // SAFETY: `session_id` and `entry` are readable for their lengths for the whole call;
        // `conn` is the application's own pointer; the application paired `context` with
        // `function`.
        unsafe {
            (self.function)(
                conn,
                self.context.0,
                ttl,
                session_id.as_ptr().cast(),
                session_id.len() as u64,
                entry.as_ptr().cast(),
                entry.len() as u64,
            )
        };
    }
}

/// Retrieves sessions by the application's callback.
pub struct CCacheRetrieve<C> {
    pub function: CacheRetrieveFn<C>,
    pub context: Context,
}

impl<C> CacheRetrieve for CCacheRetrieve<C> {
    fn retrieve(&self, name: usize, session_id: &[u8], entry: &mut [u8]) -> CacheLookup {
        let conn = ptr::with_exposed_provenance_mut(name);
        let mut len = entry.len() as u64;
        // SAFETY: `session_id` is readable, `entry` writable for its length and `len` writable for
        // the whole call; `conn` is the application's own pointer; the application paired `context`
        // with `function`.
        let status = unsafe {
            (self.function)(
                conn,
                self.context.0,
                session_id.as_ptr().cast(),
                session_id.len() as u64,
                entry.as_mut_ptr().cast(),
                &mut len,
            )
        };
        match status {
            BLOCKED => CacheLookup::Blocked,
            0.. if len == entry.len() as u64 => CacheLookup::Found,
            _ => CacheLookup::Missing,
        }
    }
}

/// Deletes sessions by the application's callback.
pub struct CCacheDelete<C> {
    pub function: CacheDeleteFn<C>,
    pub context: Context,
}

impl<C> CacheDelete for CCacheDelete<C> {
    fn delete(&self, name: usize, session_id: &[u8]) {
        let conn = ptr::with_exposed_provenance_mut(name);
        let len = session_id.len() as u64;
        // SAFETY: `session_id` is readable for its length for the whole call; `conn` is the
        // application's own pointer; the application paired `context` with `function`.
        unsafe { (self.function)(conn, self.context.0, session_id.as_ptr().cast(), len) };
    }
}

/// Passes the tickets of a client to the application.
pub struct CSessionTicketCallback<C, T> {
    pub function: SessionTicketFn<C, T>,
    pub context: Context,
}

impl<C, T> TicketCallback for CSessionTicketCallback<C, T> {
    fn receive(&self, name: usize, ticket: &SessionTicket) -> bool {
        let conn = ptr::with_exposed_provenance_mut(name);
        let ticket = (&raw const *ticket).cast_mut().cast();
        // SAFETY: `conn` is the application's own pointer; `ticket` lives during the call; the
        // application paired `context` with `function`.
        unsafe { (self.function)(conn, self.context.0, ticket) >= 0 }
    }
}
