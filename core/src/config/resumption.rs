//! Settings for the resumption of sessions: tickets and their keys, and the session cache.

use std::sync::Arc;
use std::sync::atomic::Ordering::*;

use super::Config;
use crate::base::{StackDepth, lock, with_cleared_stack};
use crate::error::Result;
use crate::process::fork::ForkSafeMutex;
use crate::resumption::{
    CacheDelete, CacheRetrieve, CacheStore, EarlyDataCallback, PskMode, PskSelectionCallback,
    SECOND, Settings, TicketCallback, nanoseconds,
};

impl Config {
    /// Sets whether session tickets are sent, accepted and requested.
    pub fn set_tickets(&self, on: bool) {
        self.change_tickets(|settings| settings.set_tickets(on));
    }

    /// Sets the number of tickets after a TLS 1.3 handshake, and enables tickets.
    pub fn set_initial_tickets(&self, count: u8) {
        self.change_tickets(|settings| settings.set_initial_tickets(count));
    }

    /// Sets whether a TLS 1.2 handshake uses tickets: their keys decrypt all of a session.
    pub fn set_requires_forward_secrecy(&self, requires: bool) {
        self.change_tickets(|settings| settings.requires_forward_secrecy = requires);
    }

    /// Changes settings on which the ClientHello depends.
    fn change_tickets(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = lock(&self.resumption);
        change(&mut settings);
        let uses_tickets = settings.uses_tickets;
        let requests_tickets = uses_tickets && !settings.requires_forward_secrecy;
        drop(settings);
        self.uses_tickets.store(uses_tickets, Release);
        self.change(|settings| settings.requests_tickets = requests_tickets);
    }

    /// Adds a ticket key that is used from `intro` on, in seconds since 1970; `None` for now.
    /// Ignored while neither tickets nor the cache are enabled. Connections may use the config.
    pub fn add_ticket_key(&self, name: &[u8], secret: &[u8], intro: Option<u64>) -> Result<()> {
        if !self.with_resumption(|settings| settings.uses_tickets || settings.uses_cache) {
            return Ok(());
        }
        let now = self.wall_nanoseconds()?;
        let intro = intro.map(|seconds| seconds.saturating_mul(SECOND));
        self.with_resumption(|settings| {
            with_cleared_stack(StackDepth::Keys, || {
                settings.add_key(name, secret, intro, now)
            })
        })
    }

    /// Sets how long a ticket key encrypts and decrypts, in seconds.
    pub fn set_ticket_encrypt_lifetime(&self, seconds: u64) {
        let lifetime = seconds.saturating_mul(SECOND);
        self.with_resumption(|settings| settings.keys.lifetimes.encrypt_decrypt = lifetime);
    }

    /// Sets how long a ticket key decrypts after that, in seconds.
    pub fn set_ticket_decrypt_lifetime(&self, seconds: u64) {
        let lifetime = seconds.saturating_mul(SECOND);
        self.with_resumption(|settings| settings.keys.lifetimes.decrypt = lifetime);
    }

    /// Sets how long a session can be resumed, in seconds.
    pub fn set_session_lifetime(&self, seconds: u64) {
        let lifetime = seconds.saturating_mul(SECOND);
        self.with_resumption(|settings| settings.session_lifetime = lifetime);
    }

    /// Enables or disables the session cache of TLS 1.2. It stays disabled without its callbacks.
    pub fn set_session_cache(&self, on: bool) {
        self.with_resumption(|settings| settings.set_cache(on));
    }

    pub fn set_cache_store(&self, callback: Arc<dyn CacheStore>) {
        self.with_resumption(|settings| settings.cache.store = Some(callback));
    }

    pub fn set_cache_retrieve(&self, callback: Arc<dyn CacheRetrieve>) {
        self.with_resumption(|settings| settings.cache.retrieve = Some(callback));
    }

    pub fn set_cache_delete(&self, callback: Arc<dyn CacheDelete>) {
        self.with_resumption(|settings| settings.cache.delete = Some(callback));
    }

    /// Client: sets the callback for tickets.
    pub fn set_ticket_callback(&self, callback: Option<Arc<dyn TicketCallback>>) {
        self.with_resumption(|settings| settings.ticket_callback = callback);
    }

    /// Sets whether the pre-shared keys of connections are those of sessions, or external ones.
    pub fn set_psk_mode(&self, mode: PskMode) {
        self.with_resumption(|settings| settings.psk_mode = mode);
    }

    /// Server: sets the callback that selects one of the pre-shared keys that a client offers.
    pub fn set_psk_selection(&self, callback: Option<Arc<dyn PskSelectionCallback>>) {
        self.with_resumption(|settings| settings.psk_selection = callback);
    }

    /// Server: sets the maximum length of early data in bytes; 0 for none.
    pub fn set_max_early_data(&self, bytes: u32) {
        self.with_resumption(|settings| settings.max_early_data = bytes);
    }

    /// Server: sets the callback that accepts or rejects early data.
    pub fn set_early_data_callback(&self, callback: Option<Arc<dyn EarlyDataCallback>>) {
        self.with_resumption(|settings| settings.early_data_callback = callback);
    }

    /// Returns whether tickets are enabled.
    pub(crate) fn uses_tickets(&self) -> bool {
        self.uses_tickets.load(Acquire)
    }

    /// Accesses the settings.
    pub(crate) fn with_resumption<R>(&self, access: impl FnOnce(&mut Settings) -> R) -> R {
        access(&mut lock(&self.resumption))
    }

    /// Returns the settings, to which keys may be added later.
    pub(crate) fn resumption(&self) -> Arc<ForkSafeMutex<Settings>> {
        self.resumption.clone()
    }

    /// Returns the wall clock's time in nanoseconds since 1970.
    pub(crate) fn wall_nanoseconds(&self) -> Result<u64> {
        Ok(nanoseconds(self.wall_now()?))
    }
}
