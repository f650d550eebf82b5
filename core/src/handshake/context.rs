//! The context of one call of the handshake: the connection, with its directions locked.

use std::sync::Arc;

use super::fatal_record;
use crate::base::{Mode, Version};
use crate::config::{ClientAuth, Config, Snapshot};
use crate::error::{Alert, Error, Result};
use crate::policy::Policy;
use crate::state::{Shared, State};
use crate::stream::{Io, RecvHalf, SendHalf, Stream};

/// The config of a handshake, with its settings. The handshake shares both until it is complete, so
/// that the reference counts, which all threads change, are seldom changed.
pub(super) type ConfigInUse = (Arc<Config>, Arc<Snapshot>);

/// The context of one call of the handshake: the state of the connection, and its locked
/// directions.
pub(super) struct Context<'a> {
    pub(super) state: &'a State,
    pub(super) io: Io<'a>,
    pub(super) send: &'a mut SendHalf,
    pub(super) recv: &'a mut RecvHalf,

    /// The config of the handshake. The ClientHello callback may select another one.
    pub(super) config: Arc<Config>,

    /// The settings of the config, read without a lock.
    pub(super) settings: Arc<Snapshot>,

    /// The output of rustls in the current step: records; of a QUIC connection, bare messages.
    pub(super) output: Vec<u8>,

    /// A QUIC connection, whose handshake messages are not in records.
    pub(super) is_quic: bool,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        state: &'a State,
        stream: &'a Stream,
        send: &'a mut SendHalf,
        recv: &'a mut RecvHalf,
        in_use: Option<ConfigInUse>,
    ) -> Result<Self> {
        // The application may have set another config since the last call.
        let in_use = in_use.filter(|(config, _)| state.has_config(config));
        let (config, settings) = match in_use {
            Some(in_use) => in_use,
            None => {
                let config = state.config()?;
                let settings = config.snapshot();
                (config, settings)
            }
        };
        state.follow_config(&config)?;
        Ok(Self {
            state,
            io: stream.io(state),
            send,
            recv,
            config,
            settings,
            output: Vec::new(),
            is_quic: state.is_quic(),
        })
    }

    /// Ends the handshake because of the peer's hello: appends an alert, in a plaintext record, to the
    /// output, and returns the error with it.
    pub(super) fn refuse(&mut self, error: Error, alert: Alert) -> Error {
        self.output.extend(fatal_record(alert));
        error.and_alert(alert)
    }

    /// Returns the config for the next call.
    pub(super) fn into_config(self) -> ConfigInUse {
        (self.config, self.settings)
    }

    /// Uses the config that the ClientHello callback may have selected.
    pub(super) fn reload_config(&mut self) -> Result<()> {
        self.config = self.state.config()?;
        self.settings = self.config.snapshot();
        Ok(())
    }

    /// Uses the present settings of the config, if they have changed.
    pub(super) fn refresh_settings(&mut self) {
        if !self.config.is_current(&self.settings) {
            self.settings = self.config.snapshot();
        }
    }

    pub(super) fn shared(&self) -> &'a Shared {
        &self.state.shared
    }

    pub(super) fn mode(&self) -> Mode {
        self.state.mode()
    }

    pub(super) fn version(&self) -> Version {
        self.state.version()
    }

    pub(super) fn is_tls13(&self) -> bool {
        self.version() == Version::Tls13
    }

    pub(super) fn policy(&self) -> &'static Policy {
        self.state.policy_with(&self.settings)
    }

    pub(super) fn client_auth(&self) -> ClientAuth {
        self.state.client_auth_with(&self.settings)
    }

    /// Returns whether a server requests a certificate of the client.
    pub(super) fn requests_client_cert(&self) -> bool {
        self.client_auth() != ClientAuth::None
    }

    /// Closes the connection after an error in received data, and starts the blinding delay.
    pub(super) fn blind(&self, error: Error) -> Error {
        self.io.blind(error)
    }
}
