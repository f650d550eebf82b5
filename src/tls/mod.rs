//! The TLS library: safe Rust, no C types, no descriptors.

#![forbid(unsafe_code)]

pub mod blocked;
pub mod certs;
pub mod client_hello;
pub mod config;
pub mod connection;
mod crypto;
pub mod error;
pub mod fork;
pub mod handshake;
pub mod lasting;
pub(crate) mod memory;
pub mod policy;
pub mod record;
pub(crate) mod server_hello;
mod stack;
pub mod transport;
mod x509;

pub use handshake::{cool_down, warm_up};
