//! The C API: every exported function, and nothing else.
//!
//! A body turns pointers into references, calls one safe method, and turns its result into the C
//! return value and `s2n_errno`; `abi::boundary` is the only way out.
//!
//! The folders follow the prefixes of the functions. What a header besides `s2n.h` declares is in
//! files of its own, from which that header is generated.

pub mod abi;
mod async_op;
mod cert;
mod client_hello;
mod config;
pub mod connection;
mod library;
mod session;
pub mod unstable;
