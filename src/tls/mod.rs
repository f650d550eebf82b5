//! The TLS library: safe Rust, no C types, no descriptors.

#![forbid(unsafe_code)]

pub mod base;
pub mod config;
pub mod connection;
pub mod credentials;
mod crypto;
pub mod error;
pub mod handshake;
pub mod messages;
pub mod policy;
pub mod process;
pub mod record;
pub mod state;
pub mod stream;
pub mod verify;
pub mod x509;

pub use handshake::{cool_down, warm_up};
// alias for a caller that is being moved
pub use messages as client_hello;
// alias for a caller that is being moved
pub(crate) use messages as server_hello;
