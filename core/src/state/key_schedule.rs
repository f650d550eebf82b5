//! The key schedule after the handshake.

use rustls::kernel::KernelConnection;
use rustls::{ClientSide, ConnectionTrafficSecrets, KeyingMaterialExporter, ServerSide};

use crate::error::{Code, Error, Result};

/// The key schedule of rustls, for a connection whose records the record layer seals and opens.
pub(crate) struct KeySchedule {
    kernel: Kernel,
    /// Derives other secrets (RFC 8446, 7.5).
    exporter: Option<KeyingMaterialExporter>,
}

/// The kernel connection of either side.
pub(crate) enum Kernel {
    Client(Box<KernelConnection<ClientSide>>),
    Server(Box<KernelConnection<ServerSide>>),
}

/// Traffic keys, and the sequence number of their first record.
type Keys = (u64, ConnectionTrafficSecrets);

impl KeySchedule {
    pub(crate) fn new(kernel: Kernel, exporter: Option<KeyingMaterialExporter>) -> Self {
        Self { kernel, exporter }
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
        let keys = match &mut self.kernel {
            Kernel::Client(kernel) => kernel.update_tx_secret(),
            Kernel::Server(kernel) => kernel.update_tx_secret(),
        };
        keys.map_err(Error::from)
    }

    /// Derives the next read keys, for a KeyUpdate of the peer.
    pub(crate) fn next_read_keys(&mut self) -> Result<Keys> {
        let keys = match &mut self.kernel {
            Kernel::Client(kernel) => kernel.update_rx_secret(),
            Kernel::Server(kernel) => kernel.update_rx_secret(),
        };
        keys.map_err(Error::from)
    }
}
