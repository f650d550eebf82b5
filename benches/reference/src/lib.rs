//! Carries the native libraries of its dependency into one archive.

pub use s2n_tls_sys::*;
