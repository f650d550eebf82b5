//! TLS for QUIC (RFC 9001).

use std::sync::Arc;

use super::Connection;
use crate::base::Blocked;
use crate::config::SecretCallback;
use crate::error::Result;

impl Connection {
    /// Makes this a QUIC connection, until it is wiped. Fails if it reads ahead.
    pub fn enable_quic(&self) -> Result<()> {
        self.state.enable_quic()
    }

    pub fn uses_quic(&self) -> bool {
        self.state.uses_quic()
    }

    /// Sets the transport parameters that this side sends.
    pub fn set_transport_parameters(&self, parameters: &[u8]) -> Result<()> {
        self.state.set_transport_parameters(parameters)
    }

    /// Returns the transport parameters of the peer; `None` before they are received, or if they
    /// are empty. Their address is valid until the connection is wiped.
    pub fn peer_transport_parameters(&self) -> Option<Arc<[u8]>> {
        self.state.peer_transport_parameters()
    }

    pub fn set_secret_callback(&self, callback: Arc<dyn SecretCallback>) {
        self.state.set_secret_callback(callback);
    }

    /// Receives and processes one post-handshake message: a NewSessionTicket.
    pub fn recv_post_handshake(&self, blocked: &mut Blocked) -> Result<()> {
        let outcome = self.stream.recv_post_handshake(&self.state, blocked);
        self.record("s2n_recv_quic_post_handshake_message", &outcome);
        outcome
    }
}
