//! The C API: every exported function, and nothing else.
//!
//! A body turns pointers into references, calls one safe method, and turns its result into the C
//! return value and `s2n_errno`; `boundary` is the only way out.

pub mod abi;
mod async_op;
mod cert;
mod client_hello;
mod config;
pub mod connection;
pub mod coverage;
mod library;
mod session;
pub mod unstable;
