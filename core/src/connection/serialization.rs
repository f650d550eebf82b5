//! Serialization of a connection after its handshake, so that another process continues it.

use std::sync::atomic::Ordering::*;

use super::Connection;
use crate::base::{StackDepth, lock_direction, with_cleared_stack};
use crate::crypto::HeapSecret;
use crate::error::{Code, Result};
use crate::state::{Serialized, initial_len, serialized_len};

impl Connection {
    /// Returns the length of the serialized connection in bytes.
    pub fn serialized_len(&self) -> Result<usize> {
        if !self.config()?.is_serializable() {
            return Err(Code::InvalidState)?;
        }
        Ok(match self.negotiated() {
            Some(_) => serialized_len(self.state.negotiated_suite()?),
            None => initial_len(self.version()),
        })
    }

    /// Serializes the connection, in at most `room` bytes, and closes this one without an alert.
    ///
    /// Fails during the handshake, after the end of a direction, and while there is data that was
    /// not sent, not received or not read, or a KeyUpdate that was not sent.
    pub fn serialize(&self, room: usize) -> Result<HeapSecret> {
        let shared = &self.state.shared;
        if !self.config()?.is_serializable() {
            return Err(Code::InvalidState)?;
        }
        if !shared.handshake_done.load(Acquire) {
            return Err(Code::HandshakeNotComplete)?;
        }
        if !shared.is_open() {
            return Err(Code::Closed)?;
        }
        let serialized = self.stream.transfer(&self.state, |sequences| {
            if room < self.serialized_len()? {
                return Err(Code::InsufficientMemSize)?;
            }
            let encode = || {
                self.state
                    .serialized(sequences.write, sequences.read)?
                    .encode()
            };
            with_cleared_stack(StackDepth::Keys, encode)
        })?;
        self.state.remove_secrets();
        Ok(serialized)
    }

    /// Continues a serialized connection. Fails if this connection is not new.
    pub fn deserialize(&self, bytes: &[u8]) -> Result<()> {
        let serialized = Serialized::parse(bytes)?;
        let handshake = lock_direction(&self.handshake)?;
        let shared = &self.state.shared;
        let is_new = handshake.as_ref().is_none_or(|it| it.is_new());
        if !is_new || shared.handshake_done.load(Acquire) || !shared.is_open() {
            return Err(Code::InvalidState)?;
        }
        with_cleared_stack(StackDepth::Keys, || {
            let (sealer, opener) = serialized.halves(self.mode())?;
            let results = serialized.into_results(self.mode())?;
            self.stream.restore(sealer, opener)?;
            self.state.restore(results);
            Ok(())
        })
    }
}
