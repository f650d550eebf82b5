//! Pre-shared keys of a connection.

use super::Connection;
use crate::config::callbacks::{OfferedPsk, OfferedPsks};
use crate::config::{Psk, PskMode};
use crate::error::Result;

impl Connection {
    /// Adds an external pre-shared key to those that a client offers or a server knows.
    pub fn append_psk(&self, psk: &Psk) -> Result<()> {
        self.state.append_psk(psk)
    }

    /// Sets whether the pre-shared keys are those of sessions, or external ones.
    pub fn set_psk_mode(&self, mode: PskMode) -> Result<()> {
        self.state.set_psk_mode(mode)
    }

    /// Server: chooses one of the keys that are passed to the selection callback, or none.
    pub fn choose_psk(&self, list: &OfferedPsks, psk: Option<&OfferedPsk>) -> Result<()> {
        self.state.choose_psk(list, psk)
    }

    /// Passes the identity of the pre-shared key that is in use to `read`; it is empty if there is
    /// none.
    pub fn with_psk_identity<R>(&self, read: impl FnOnce(&[u8]) -> R) -> R {
        read(&self.state.used_psk_identity().unwrap_or_default())
    }
}
