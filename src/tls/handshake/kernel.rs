//! The key schedule after the handshake.

use rustls::kernel::KernelConnection;
use rustls::{ClientSide, ConnectionTrafficSecrets, ServerSide};

use crate::tls::error::{Error, Result};

/// What rustls keeps of a connection whose records are ours: it knows the next keys.
pub(crate) enum Kernel {
    Client(Box<KernelConnection<ClientSide>>),
    Server(Box<KernelConnection<ServerSide>>),
}

/// A sequence number, and the keys that begin with it.
type Keys = (u64, ConnectionTrafficSecrets);

impl Kernel {
    /// RFC 8446, 7.2: the keys after the next KeyUpdate that we send.
    pub(crate) fn next_write_keys(&mut self) -> Result<Keys> {
        let keys = match self {
            Self::Client(kernel) => kernel.update_tx_secret(),
            Self::Server(kernel) => kernel.update_tx_secret(),
        };
        keys.map_err(Error::from)
    }

    /// The keys after a KeyUpdate of the peer.
    pub(crate) fn next_read_keys(&mut self) -> Result<Keys> {
        let keys = match self {
            Self::Client(kernel) => kernel.update_rx_secret(),
            Self::Server(kernel) => kernel.update_rx_secret(),
        };
        keys.map_err(Error::from)
    }
}
