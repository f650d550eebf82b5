//! rs2n: the s2n-tls C API as a memory-safe library.
//!
//! The crate `rs2n-core` is the TLS library in safe Rust. Here `sys` wraps system calls and application
//! callbacks, and [`ffi`] exports the C functions. `docs/ARCHITECTURE.md` describes the layers.

pub mod ffi;
mod sys;
