//! The key schedule after the handshake.

use rustls::kernel::KernelConnection;
use rustls::{ClientSide, ConnectionTrafficSecrets, KeyingMaterialExporter, ServerSide};

use crate::tls::error::{Code, Error, Result};

/// What rustls keeps of a connection whose records are ours: it knows the next keys.
pub(crate) struct Kernel {
    schedule: Schedule,
    /// Makes other secrets (RFC 8446, 7.5).
    exporter: Option<KeyingMaterialExporter>,
}

pub(super) enum Schedule {
    Client(Box<KernelConnection<ClientSide>>),
    Server(Box<KernelConnection<ServerSide>>),
}

/// A sequence number, and the keys that begin with it.
type Keys = (u64, ConnectionTrafficSecrets);

impl Kernel {
    pub(super) fn new(schedule: Schedule, exporter: Option<KeyingMaterialExporter>) -> Self {
        Self { schedule, exporter }
    }

    /// Fills `output` with a secret of its own for this label and context.
    pub(crate) fn export(&self, label: &[u8], context: &[u8], output: &mut [u8]) -> Result<()> {
        let exporter = self.exporter.as_ref().ok_or(Code::InvalidState)?;
        // No secret is no use, says s2n-tls.
        if output.is_empty() {
            return Err(Code::HkdfOutputSize)?;
        }
        let derived = exporter.derive(label, Some(context), output);
        derived.map(drop).map_err(|_| Code::HkdfOutputSize.into())
    }

    /// RFC 8446, 7.2: the keys after the next KeyUpdate that we send.
    pub(crate) fn next_write_keys(&mut self) -> Result<Keys> {
        let keys = match &mut self.schedule {
            Schedule::Client(kernel) => kernel.update_tx_secret(),
            Schedule::Server(kernel) => kernel.update_tx_secret(),
        };
        keys.map_err(Error::from)
    }

    /// The keys after a KeyUpdate of the peer.
    pub(crate) fn next_read_keys(&mut self) -> Result<Keys> {
        let keys = match &mut self.schedule {
            Schedule::Client(kernel) => kernel.update_rx_secret(),
            Schedule::Server(kernel) => kernel.update_rx_secret(),
        };
        keys.map_err(Error::from)
    }
}
