//! TLS for QUIC (RFC 9001): the transport parameters of both sides, and the callback for secrets.

use std::sync::Arc;
use std::sync::atomic::Ordering::*;

use super::{Negotiated, State};
use crate::base::{lock, memory};
use crate::config::{Config, SecretCallback};
use crate::error::{Code, Result};

/// The settings and results of a QUIC connection.
#[derive(Default)]
pub(super) struct Quic {
    own_parameters: Arc<[u8]>,
    /// Stored once, because the application has its address.
    peer_parameters: Option<Arc<[u8]>>,
    /// Server: the client can resume sessions.
    resumes: bool,
    /// Incomplete results of the handshake, to which the application has pointers.
    earlier: Vec<Arc<Negotiated>>,
    secrets: Option<Arc<dyn SecretCallback>>,
}

impl State {
    /// Makes this a QUIC connection, until it is wiped. Fails if it has sent or received records, or
    /// reads ahead: messages are read exactly.
    pub(crate) fn enable_quic(&self) -> Result<()> {
        if self.is_quic() {
            return Ok(());
        }
        if self.has_records() || self.shared.recv_buffering.load(Relaxed) {
            return Err(Code::InvalidState)?;
        }
        self.shared.quic.store(true, Release);
        Ok(())
    }

    /// Makes this a QUIC connection if that is what its config is for, before the first record.
    pub(crate) fn follow_config(&self, config: &Config) -> Result<()> {
        match config.uses_quic() && !self.has_records() {
            true => self.enable_quic(),
            false => Ok(()),
        }
    }

    fn has_records(&self) -> bool {
        self.shared.wire_in.load(Relaxed) + self.shared.wire_out.load(Relaxed) > 0
    }

    /// Returns whether this is a QUIC connection. The config may have become one for QUIC later
    /// than it was set.
    pub(crate) fn uses_quic(&self) -> bool {
        self.is_quic() || self.own_config_is(|config| config.uses_quic())
    }

    /// [`Self::uses_quic`], without the config, which is considered when the handshake begins.
    pub(crate) fn is_quic(&self) -> bool {
        self.shared.quic.load(Acquire)
    }

    fn with_quic<R>(&self, access: impl FnOnce(&mut Quic) -> R) -> R {
        access(lock(&self.rare().quic).get_or_insert_default())
    }

    /// Returns the transport parameters that this side sends.
    pub(crate) fn transport_parameters(&self) -> Arc<[u8]> {
        self.with_quic(|quic| quic.own_parameters.clone())
    }

    pub(crate) fn set_transport_parameters(&self, parameters: &[u8]) -> Result<()> {
        let copy = memory::to_arc(parameters)?;
        self.with_quic(|quic| quic.own_parameters = copy);
        Ok(())
    }

    /// Frees the transport parameters of this side, after the handshake.
    pub(crate) fn free_transport_parameters(&self) {
        if let Some(rare) = self.rare.get()
            && let Some(quic) = &mut *lock(&rare.quic)
        {
            quic.own_parameters = Arc::default();
        }
    }

    /// Returns the transport parameters of the peer; `None` before they are received, or if they
    /// are empty. Their address is valid until the connection is wiped.
    pub(crate) fn peer_transport_parameters(&self) -> Option<Arc<[u8]>> {
        lock(&self.rare.get()?.quic)
            .as_ref()?
            .peer_parameters
            .clone()
    }

    pub(crate) fn store_peer_transport_parameters(&self, parameters: &[u8]) -> Result<()> {
        if parameters.is_empty() || self.peer_transport_parameters().is_some() {
            return Ok(());
        }
        let copy = memory::to_arc(parameters)?;
        self.with_quic(|quic| quic.peer_parameters = Some(copy));
        Ok(())
    }

    /// Server: returns whether tickets are useful. Those of other connections are always sent, as
    /// those of s2n-tls.
    pub(super) fn is_resumable(&self) -> bool {
        !self.is_quic() || self.with_quic(|quic| quic.resumes)
    }

    pub(crate) fn set_resumable(&self, resumes: bool) {
        self.with_quic(|quic| quic.resumes = resumes);
    }

    /// Keeps incomplete results of the handshake until the connection is wiped.
    pub(super) fn keep_negotiated(&self, earlier: Arc<Negotiated>) {
        self.with_quic(|quic| quic.earlier.push(earlier));
    }

    pub(crate) fn set_secret_callback(&self, callback: Arc<dyn SecretCallback>) {
        self.with_quic(|quic| quic.secrets = Some(callback));
    }

    pub(crate) fn secret_callback(&self) -> Option<Arc<dyn SecretCallback>> {
        lock(&self.rare.get()?.quic).as_ref()?.secrets.clone()
    }
}
