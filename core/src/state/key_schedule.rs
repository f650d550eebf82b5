//! The key schedule of TLS 1.3 after the handshake.

use rustls::{ConnectionTrafficSecrets, KeyingMaterialExporter};

use super::traffic_secret::TrafficSecret;
use crate::error::{Code, Result};

/// The secrets of a connection whose records the record layer seals and opens.
pub(crate) struct KeySchedule {
    write: TrafficSecret,
    read: TrafficSecret,
    /// Derives other secrets (RFC 8446, 7.5).
    exporter: Option<KeyingMaterialExporter>,
}

/// Traffic keys, and the sequence number of their first record.
type Keys = (u64, ConnectionTrafficSecrets);

impl KeySchedule {
    pub(crate) fn new(
        write: TrafficSecret,
        read: TrafficSecret,
        exporter: Option<KeyingMaterialExporter>,
    ) -> Self {
        Self {
            write,
            read,
            exporter,
        }
    }

    /// Exports keying material for a label and a context (RFC 8446, 7.5).
    pub(crate) fn export(&self, label: &[u8], context: &[u8], output: &mut [u8]) -> Result<()> {
        let exporter = self.exporter.as_ref().ok_or(Code::InvalidState)?;
        // s2n-tls rejects an empty output.
        if output.is_empty() {
            return Err(Code::HkdfOutputSize)?;
        }
        let derived = exporter.derive(label, Some(context), output);
        derived.map(drop).map_err(|_| Code::HkdfOutputSize.into())
    }

    /// Derives the next write keys, for a KeyUpdate of this side (RFC 8446, 7.2).
    pub(crate) fn next_write_keys(&mut self) -> Result<Keys> {
        next_keys(&mut self.write)
    }

    /// Derives the next read keys, for a KeyUpdate of the peer.
    pub(crate) fn next_read_keys(&mut self) -> Result<Keys> {
        next_keys(&mut self.read)
    }
}

fn next_keys(secret: &mut TrafficSecret) -> Result<Keys> {
    secret.update()?;
    Ok((0, secret.keys()?))
}
