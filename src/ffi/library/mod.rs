//! Initialization and cleanup, allocator and random callbacks, error texts and stack traces.

pub(super) mod init;
mod memory;
mod stacktrace;
