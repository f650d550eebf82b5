//! `s2n_connection_*`, the handshake, I/O and shutdown.

mod buffers;
mod certificates;
mod internal;
mod key_update;
mod lifecycle;
pub(super) mod negotiated;
pub mod quic;
mod send;
mod serialization;
mod session;
mod transport;
