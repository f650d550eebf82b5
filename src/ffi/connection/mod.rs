//! TLS connections: lifecycle, settings, handshake, I/O, shutdown and negotiated parameters.

mod blinding;
mod buffers;
mod certificates;
mod client_hello;
mod counters;
mod early_data;
mod handshake;
mod internal;
mod key_update;
mod lifecycle;
pub(super) mod negotiated;
mod psk;
pub mod quic;
mod receive;
mod secrets;
mod send;
mod serialization;
mod session;
mod settings;
mod shutdown;
mod signatures;
mod transport;
