//! Bundles the native libraries of its dependency in one archive.

pub use s2n_tls_sys::*;
