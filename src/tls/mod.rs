//! The TLS library: safe Rust, no C types, no descriptors.

#![forbid(unsafe_code)]

pub mod base;
pub mod client_hello;
pub mod config;
pub mod connection;
pub mod credentials;
mod crypto;
pub mod error;
pub mod handshake;
pub mod policy;
pub mod process;
pub mod record;
pub(crate) mod server_hello;
pub mod state;
pub mod stream;
pub mod verify;
pub mod x509;

pub use handshake::{cool_down, warm_up};
