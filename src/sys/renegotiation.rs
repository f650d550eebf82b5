//! The application's callback for renegotiation requests.

use std::ffi::{c_int, c_void};
use std::ptr;

use rs2n_core::config::callbacks::{RenegotiationCallback, RenegotiationResponse};

use super::io::Context;

/// `C` is the C type of a connection, `R` that of a response, an enum.
pub type RenegotiateFn<C, R> = unsafe extern "C" fn(*mut C, *mut c_void, *mut R) -> c_int;

/// `S2N_RENEGOTIATE_REJECT`.
const REJECT: c_int = 1;

/// Decides about renegotiation requests by the application's callback.
pub struct CRenegotiationCallback<C, R> {
    pub function: RenegotiateFn<C, R>,
    pub context: Context,
}

impl<C, R> RenegotiationCallback for CRenegotiationCallback<C, R> {
    fn decide(&self, name: usize) -> Option<RenegotiationResponse> {
        let conn = ptr::with_exposed_provenance_mut(name);
        // An integer, since the application may write any value.
        let mut response = REJECT;
        let out = (&raw mut response).cast();
        // SAFETY: `out` is writable for the whole call; `conn` is the application's own
        // pointer; the application paired `context` with `function`.
        let status = unsafe { (self.function)(conn, self.context.0, out) };
        match (status, response) {
            (0, REJECT) => Some(RenegotiationResponse::Reject),
            (0, _) => Some(RenegotiationResponse::Ignore),
            _ => None,
        }
    }
}
