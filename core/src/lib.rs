//! The TLS library of rs2n: safe Rust, no C types, no descriptors.
//!
//! Its modules are layers, each of which uses only those below it: see `docs/ARCHITECTURE.md`.

#![forbid(unsafe_code)]

pub mod base;
pub mod config;
pub mod connection;
pub mod credentials;
pub(crate) mod crypto;
pub mod error;
pub mod handshake;
pub mod messages;
pub mod policy;
pub mod process;
pub mod record;
pub(crate) mod resumption;
pub mod state;
pub mod stream;
#[cfg(any(test, feature = "internal-test"))]
pub mod testing;
pub mod verify;
pub mod x509;

pub use handshake::{cleanup, initialize};
