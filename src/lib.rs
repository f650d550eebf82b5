//! rs2n: the s2n-tls C API as a memory-safe library.
//!
//! [`tls`] is the TLS library in safe Rust, `sys` holds the calls that leave us (descriptors,
//! application callbacks, clocks), and [`ffi`] exports the C functions. `docs/ARCHITECTURE.md`
//! says what each zone may use.

pub mod ffi;
mod sys;
pub mod tls;
