//! TLS for QUIC (RFC 9001): the setting of a config, and the callback for secrets.

use std::sync::atomic::Ordering::*;

use super::Config;
pub use crate::credentials::secret::SecretType;

/// Receives the secrets of QUIC connections. `name` is the application's for the connection.
pub trait SecretCallback: Send + Sync {
    /// Returns false to end the handshake.
    fn receive(&self, name: usize, typ: SecretType, secret: &mut [u8]) -> bool;
}

impl Config {
    /// Makes connections QUIC connections, permanently.
    pub fn enable_quic(&self) {
        self.uses_quic.store(true, Release);
    }

    pub fn uses_quic(&self) -> bool {
        self.uses_quic.load(Acquire)
    }
}
