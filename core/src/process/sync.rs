//! The locks, atomics and thread-local variables whose interleavings are explored by models: those
//! of the standard library, and those of loom in a build for models (feature `internal-model`).

#[cfg(feature = "internal-model")]
mod model;

#[cfg(not(feature = "internal-model"))]
mod real {
    pub use std::sync::atomic::{
        AtomicBool, AtomicI16, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize,
    };
    pub use std::sync::{Mutex, MutexGuard, OnceLock, RwLock, RwLockReadGuard, RwLockWriteGuard};
    pub use std::thread::yield_now;
}

#[cfg(feature = "internal-model")]
pub use self::model::*;
#[cfg(not(feature = "internal-model"))]
pub use self::real::*;

/// Declares a thread-local variable. It is used with `with()` only.
#[cfg(not(feature = "internal-model"))]
macro_rules! thread_variable {
    ($(#[$doc:meta])* static $name:ident: $kind:ty = $value:expr;) => {
        std::thread_local! {
            $(#[$doc])*
            static $name: $kind = const { $value };
        }
    };
}

#[cfg(feature = "internal-model")]
macro_rules! thread_variable {
    ($(#[$doc:meta])* static $name:ident: $kind:ty = $value:expr;) => {
        loom::thread_local! {
            $(#[$doc])*
            static $name: $kind = $value;
        }
    };
}

/// Declares a static variable that models initialize again for each execution.
#[cfg(not(feature = "internal-model"))]
macro_rules! global {
    (static $name:ident: $kind:ty = $value:expr;) => {
        static $name: $kind = $value;
    };
}

#[cfg(feature = "internal-model")]
macro_rules! global {
    (static $name:ident: $kind:ty = $value:expr;) => {
        loom::lazy_static! {
            static ref $name: $kind = $value;
        }
    };
}

pub(crate) use {global, thread_variable};
