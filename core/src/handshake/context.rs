//! What the handshake works with during one call.

use std::sync::Arc;

use crate::base::{Mode, Version};
use crate::config::{ClientAuth, Config};
use crate::error::{Error, Result};
use crate::policy::Policy;
use crate::state::{Shared, State};
use crate::stream::{Io, RecvHalf, SendHalf, Stream};

/// The connection of a handshake during one call: its state, and its locked directions.
pub(super) struct Context<'a> {
    pub(super) state: &'a State,
    pub(super) io: Io<'a>,
    pub(super) send: &'a mut SendHalf,
    pub(super) recv: &'a mut RecvHalf,

    /// The config of the handshake. The ClientHello callback may select another one.
    pub(super) config: Arc<Config>,

    /// What rustls has written in the step under way.
    pub(super) output: Vec<u8>,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        state: &'a State,
        stream: &'a Stream,
        send: &'a mut SendHalf,
        recv: &'a mut RecvHalf,
    ) -> Result<Self> {
        Ok(Self {
            state,
            io: stream.io(state),
            send,
            recv,
            config: state.config()?,
            output: Vec::new(),
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

    /// Whether a server requests a certificate of the client.
    pub(super) fn requests_client_cert(&self) -> bool {
        self.client_auth() != ClientAuth::None
    }

    /// Closes the connection after an error in what was received, and starts the blinding delay.
    pub(super) fn blind(&self, error: Error) -> Error {
        self.io.blind(error)
    }
}
