//! Encrypted ClientHello (RFC 9849) of a client.

use std::sync::Arc;
use std::sync::atomic::Ordering::Acquire;

use super::Connection;
use crate::base::Mode;
use crate::config::EchOffer;
use crate::error::{Code, Result};
use crate::state::EchStatus;

impl Connection {
    /// Client: encrypts the ClientHello with a config of an ECHConfigList, which replaces an earlier
    /// one.
    pub fn set_ech_config_list(&self, list: &[u8]) -> Result<()> {
        if self.mode() == Mode::Server {
            return Err(Code::ServerMode.rule("Encrypted ClientHello is supported by clients only"));
        }
        if self.state.shared.client_hello_processed.load(Acquire) {
            return Err(Code::InvalidState.rule("the ClientHello is sent already"));
        }
        let offer = Arc::new(EchOffer::choose(list)?);
        self.state
            .change_overrides(|overrides| overrides.ech = Some(offer));
        Ok(())
    }

    /// Client: returns the progress of Encrypted ClientHello.
    pub fn ech_status(&self) -> EchStatus {
        self.state.ech_status()
    }

    /// Client: passes the ECHConfigList of a server that has rejected the encrypted ClientHello to
    /// `read`; empty if there is none. Fails if the server is not authenticated.
    pub fn with_ech_retry_configs<R>(&self, read: impl FnOnce(&[u8]) -> R) -> Result<R> {
        self.state.with_retry_configs(read)
    }
}
