//! Tunnels: both tools between a plain client and a plain server, and each with other TLS programs.

mod chain;
mod failures;
mod interop;
mod many;
mod slots;
mod soak;
mod transfers;
