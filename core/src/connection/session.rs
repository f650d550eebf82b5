//! Sessions and tickets of a connection.

use std::sync::atomic::Ordering::*;

use zeroize::Zeroizing;

use super::Connection;
use crate::base::Mode;
use crate::config::Config;
use crate::error::{Code, Result};

impl Connection {
    /// Client: sets the serialized session to resume.
    pub fn set_session(&self, session: &[u8]) -> Result<()> {
        self.state.set_session(session)
    }

    /// Client: returns the serialized session; `None` if there is none.
    pub fn session(&self) -> Result<Option<Zeroizing<Vec<u8>>>> {
        self.state.session()
    }

    /// Client: returns the length of the serialized session in bytes; 0 if there is none.
    pub fn session_len(&self) -> Result<usize> {
        self.state.session_len()
    }

    /// Client: returns how long the server accepts the ticket, in seconds.
    pub fn ticket_lifetime(&self) -> Result<u32> {
        self.state.ticket_lifetime()
    }

    /// Passes the ID of the session to `read`; it is empty in TLS 1.3.
    pub fn with_session_id<R>(&self, read: impl FnOnce(&[u8]) -> R) -> R {
        read(&self.state.session_id())
    }

    /// Returns whether the handshake resumes a session: a server has decided it when it answers the
    /// ClientHello.
    pub fn is_resumed(&self) -> bool {
        match self.negotiated() {
            Some(negotiated) => negotiated.resumed,
            None => self.mode() == Mode::Server && self.state.resumes_ticket(),
        }
    }

    /// Server: adds to the number of tickets that are sent after a TLS 1.3 handshake.
    pub fn add_tickets(&self, count: u8) -> Result<()> {
        self.state.add_tickets(count)
    }

    /// Server: returns the number of tickets that were sent.
    pub fn tickets_sent(&self) -> Result<u16> {
        match self.mode() {
            Mode::Server => Ok(self.state.shared.tickets_sent.load(Acquire) as u16),
            Mode::Client => Err(Code::ClientMode)?,
        }
    }

    /// Server: sets how long sessions of TLS 1.3 use the keying material of a full handshake, in
    /// seconds.
    pub fn set_keying_material_lifetime(&self, seconds: u32) {
        let lifetime = &self.state.shared.keying_material_lifetime;
        lifetime.store(seconds, Relaxed);
    }

    /// Returns whether the config enables tickets.
    pub fn uses_tickets(&self) -> bool {
        self.state.own_config_is(Config::uses_tickets)
    }
}
