//! Initialization and cleanup, allocator and random callbacks, error messages and stack traces.

mod crypto;
mod errors;
pub(super) mod init;
mod internal;
mod memory;
pub mod quic;
mod stacktrace;
