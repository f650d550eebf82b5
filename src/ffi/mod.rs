//! The C API: every exported function, and nothing else.
//!
//! A body turns pointers into references, calls one safe method, and turns its result into the C
//! return value and `s2n_errno`; all bodies run within `abi::boundary`.
//!
//! The folders follow the prefixes of the functions. Declarations of headers besides `s2n.h` are in
//! separate files, from which these headers are generated.

pub mod abi;
mod async_op;
mod cert;
mod client_hello;
mod config;
pub mod connection;
pub mod extensions;
mod library;
mod session;
pub mod unstable;
