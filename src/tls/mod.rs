//! The TLS library: safe Rust, no C types, no descriptors.

#![forbid(unsafe_code)]

pub mod blocked;
pub mod error;
pub mod policy;
pub mod record;
pub mod transport;
