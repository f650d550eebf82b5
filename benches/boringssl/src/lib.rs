//! Bundles the native libraries of its dependency in one archive.

pub use boring_sys::*;
