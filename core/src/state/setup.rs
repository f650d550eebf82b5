//! The settings of one connection: its config, and the settings that override those of the config.

use std::ffi::{CStr, CString};
use std::sync::Arc;
use std::sync::atomic::Ordering::Release;

use super::State;
use super::psk::PskSettings;
use crate::base::{Mode, lock};
use crate::config::alpn::Protocols;
use crate::config::{ClientAuth, Config, Overrides, Snapshot};
use crate::error::{Code, Result};
use crate::messages::MAX_SERVER_NAME_LEN;
use crate::policy::{Policy, prefers_tls13};
use crate::process::fork::ForkSafeMutex;

/// The settings of a connection.
#[derive(Default)]
pub(super) struct Setup {
    pub(super) config: Option<Arc<Config>>,
    /// Allocated when the application sets one.
    overrides: Option<Box<Overrides>>,
    /// The server_name (SNI): sent by a client, received by a server.
    server_name: Option<CString>,
    corked: bool,
    /// Allocated when the application uses pre-shared keys or early data.
    pub(super) psks: Option<Box<PskSettings>>,
}

impl Setup {
    fn policy(&self) -> Option<&'static Policy> {
        self.overrides.as_ref()?.policy
    }

    fn client_auth(&self) -> Option<ClientAuth> {
        self.overrides.as_ref()?.client_auth
    }
}

/// The default configs, for connections without one: usual, and after [`prefers_tls13`].
static DEFAULTS: ForkSafeMutex<[Option<Arc<Config>>; 2]> = ForkSafeMutex::new([None, None]);

/// Frees the default configs.
pub(crate) fn free_default_configs() {
    let defaults = std::mem::take(&mut *lock(&DEFAULTS));
    drop(defaults);
}

impl State {
    /// Returns the config in use: that of the application, or a default one.
    pub(crate) fn config(&self) -> Result<Arc<Config>> {
        if let Some(config) = &lock(&self.setup).config {
            return Ok(config.clone());
        }
        let default = usize::from(prefers_tls13());
        if let Some(config) = &lock(&DEFAULTS)[default] {
            return Ok(config.clone());
        }
        let config = Arc::new(Config::new()?);
        Ok(lock(&DEFAULTS)[default].get_or_insert(config).clone())
    }

    /// Returns whether this is the application's config.
    pub(crate) fn has_config(&self, config: &Arc<Config>) -> bool {
        let own = &lock(&self.setup).config;
        own.as_ref().is_some_and(|own| Arc::ptr_eq(own, config))
    }

    /// Returns the application's config.
    pub(crate) fn own_config(&self) -> Option<Arc<Config>> {
        lock(&self.setup).config.clone()
    }

    /// Evaluates a condition on the application's config; false without one. For settings that
    /// every call reads: the reference count of the config is not changed.
    pub(crate) fn own_config_is(&self, condition: impl FnOnce(&Config) -> bool) -> bool {
        lock(&self.setup).config.as_deref().is_some_and(condition)
    }

    pub(crate) fn set_config(&self, config: Arc<Config>) -> Result<()> {
        if let Some(current) = &lock(&self.setup).config
            && Arc::ptr_eq(current, &config)
        {
            return Ok(());
        }
        if let Some(policy) = self.overrides().policy {
            config.check_policy(policy)?;
        }
        let max_fragment_length = config.use_for(self.mode)?;
        if config.uses_quic() {
            self.enable_quic()?;
        }
        self.shared.set_send_buffer(config.send_buffer_size());
        if let Some(length) = max_fragment_length {
            self.shared.set_record_size(length.get().into());
        }
        let (tickets, psk_mode) =
            config.with_resumption(|settings| (settings.initial_tickets, settings.psk_mode));
        self.shared.tickets_to_send.store(tickets.into(), Release);
        self.inherit_psk_mode(psk_mode);
        lock(&self.setup).config = Some(config);
        Ok(())
    }

    /// Returns the settings of the connection that override those of its config.
    pub(crate) fn overrides(&self) -> Overrides {
        let setup = lock(&self.setup);
        setup.overrides.as_deref().cloned().unwrap_or_default()
    }

    pub(crate) fn change_overrides<R>(&self, change: impl FnOnce(&mut Overrides) -> R) -> R {
        change(lock(&self.setup).overrides.get_or_insert_default())
    }

    /// Returns whether a client encrypts its ClientHello.
    pub(crate) fn offers_ech(&self) -> bool {
        let setup = lock(&self.setup);
        (setup.overrides.as_ref()).is_some_and(|overrides| overrides.ech.is_some())
    }

    /// Frees the connection's list of protocols, after the handshake.
    pub(crate) fn free_alpn(&self) {
        if let Some(overrides) = &mut lock(&self.setup).overrides {
            overrides.alpn = Protocols::default();
        }
    }

    pub(crate) fn policy(&self) -> Result<&'static Policy> {
        let own = lock(&self.setup).policy();
        match own {
            Some(policy) => Ok(policy),
            None => Ok(self.config()?.policy()),
        }
    }

    /// Returns the policy with the settings of a config: that of the connection, else theirs.
    pub(crate) fn policy_with(&self, settings: &Snapshot) -> &'static Policy {
        let own = lock(&self.setup).policy();
        own.unwrap_or_else(|| settings.policy())
    }

    /// Returns the client authentication with a config: that of the connection, else that of the
    /// config, else the default of the mode.
    pub(crate) fn client_auth_of(&self, config: &Config) -> ClientAuth {
        self.client_auth_or(|| config.client_auth())
    }

    /// [`Self::client_auth_of`], with the settings of a config.
    pub(crate) fn client_auth_with(&self, settings: &Snapshot) -> ClientAuth {
        self.client_auth_or(|| settings.client_auth())
    }

    fn client_auth_or(&self, configured: impl FnOnce() -> Option<ClientAuth>) -> ClientAuth {
        let own = lock(&self.setup).client_auth();
        match (own.or_else(configured), self.mode) {
            (Some(client_auth), _) => client_auth,
            (None, Mode::Client) => ClientAuth::Optional,
            (None, Mode::Server) => ClientAuth::None,
        }
    }

    /// Sets the server_name (SNI) that a client sends.
    pub(crate) fn set_server_name(&self, name: &CStr) -> Result<()> {
        if self.mode == Mode::Server {
            return Err(Code::ClientMode)?;
        }
        if name.count_bytes() > MAX_SERVER_NAME_LEN {
            return Err(Code::ServerNameTooLong)?;
        }
        self.store_server_name(name.into());
        Ok(())
    }

    pub(crate) fn store_server_name(&self, name: CString) {
        lock(&self.setup).server_name = Some(name);
    }

    /// Passes the server_name to `read`. Its address is valid until another one is set, or the
    /// connection is wiped.
    pub(crate) fn with_server_name<R>(&self, read: impl FnOnce(Option<&CStr>) -> R) -> R {
        read(lock(&self.setup).server_name.as_deref())
    }

    pub(crate) fn set_corked(&self) {
        lock(&self.setup).corked = true;
    }

    pub(crate) fn is_corked(&self) -> bool {
        lock(&self.setup).corked
    }
}
