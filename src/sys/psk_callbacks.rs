//! The application's callbacks for pre-shared keys and early data, each as an implementation of a
//! trait of the core.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::Arc;

use rs2n_core::config::callbacks::{
    EarlyDataCallback, OfferedEarlyData, OfferedPsks, PskSelectionCallback,
};

use super::io::Context;

/// `C` is the C type of a connection, `L` that of a list of offered pre-shared keys.
pub type PskSelectionFn<C, L> = unsafe extern "C" fn(*mut C, *mut c_void, *mut L) -> c_int;
/// `C` is the C type of a connection, `E` that of offered early data.
pub type EarlyDataFn<C, E> = unsafe extern "C" fn(*mut C, *mut E) -> c_int;

/// Selects a pre-shared key by the application's callback.
pub struct CPskSelectionCallback<C, L> {
    pub function: PskSelectionFn<C, L>,
    pub context: Context,
}

impl<C, L> PskSelectionCallback for CPskSelectionCallback<C, L> {
    fn select(&self, name: usize, offered: &OfferedPsks) -> bool {
        let conn = ptr::with_exposed_provenance_mut(name);
        let offered = (&raw const *offered).cast_mut().cast();
        // SAFETY: `conn` is the application's own pointer; `offered` lives during the call; the
        // application paired `context` with `function`.
        unsafe { (self.function)(conn, self.context.0, offered) >= 0 }
    }
}

/// Accepts or rejects early data by the application's callback.
pub struct CEarlyDataCallback<C, E> {
    pub function: EarlyDataFn<C, E>,
}

impl<C, E> EarlyDataCallback for CEarlyDataCallback<C, E> {
    fn decide(&self, name: usize, offered: &Arc<OfferedEarlyData>) -> bool {
        let conn = ptr::with_exposed_provenance_mut(name);
        let offered = Arc::as_ptr(offered).cast_mut().cast();
        // SAFETY: `conn` is the application's own pointer; `offered` lives as long as the
        // connection.
        unsafe { (self.function)(conn, offered) >= 0 }
    }
}
