//! The context of one call of the handshake: the connection, with its directions locked.

use std::sync::Arc;

use crate::base::{Mode, Version};
use crate::config::{ClientAuth, Config};
use crate::error::{Error, Result};
use crate::policy::Policy;
use crate::state::{Shared, State};
use crate::stream::{Io, RecvHalf, SendHalf, Stream};

/// The context of one call of the handshake: the state of the connection, and its locked
/// directions.
pub(super) struct Context<'a> {
    pub(super) state: &'a State,
    pub(super) io: Io<'a>,
    pub(super) send: &'a mut SendHalf,
    pub(super) recv: &'a mut RecvHalf,

    /// The config of the handshake. The ClientHello callback may select another one.
    pub(super) config: Arc<Config>,

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
    ) -> Result<Self> {
        let config = state.config()?;
        state.follow_config(&config)?;
        Ok(Self {
            state,
            io: stream.io(state),
            send,
            recv,
            config,
            output: Vec::new(),
            is_quic: state.is_quic(),
        })
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
        self.state.policy_of(&self.config)
    }

    pub(super) fn client_auth(&self) -> ClientAuth {
        self.state.client_auth_of(&self.config)
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
