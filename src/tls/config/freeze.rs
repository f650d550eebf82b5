//! Settings become rustls configs: once, for as long as nobody changes them.

use std::fmt;
use std::ptr;
use std::sync::Arc;

use rustls::client::{ClientConfig, Resumption};
use rustls::enums::ApplicationProtocol;
use rustls::server::{
    InvalidSniPolicy, ServerConfig, ServerSessionKey, StoresServerSessions, Tls13Tickets,
};

use super::clock::RustlsClock;
use super::credentials::Chains;
use super::signatures::Signatures;
use super::{ClientAuth, Config, Offload, Overrides, PrivateKeys, Settings};
use crate::tls::connection::lock;
use crate::tls::error::{Code, Result};
use crate::tls::handshake::secrets::Listener;
use crate::tls::policy::Policy;

/// What a handshake needs of a config. All of it stems from the settings of one moment: they may be
/// changed while the handshake makes use of it.
pub struct Ready<C> {
    pub rustls: Arc<C>,
    /// Who signs instead of us.
    pub private_keys: Option<Arc<dyn PrivateKeys>>,
    pub offload: Option<Arc<dyn Offload>>,
}

impl<C> Ready<C> {
    fn new(rustls: C, settings: &Settings) -> Self {
        Self {
            rustls: Arc::new(rustls),
            private_keys: settings.signer(),
            offload: settings.offload.clone(),
        }
    }
}

impl<C> Clone for Ready<C> {
    fn clone(&self) -> Self {
        Self {
            rustls: self.rustls.clone(),
            private_keys: self.private_keys.clone(),
            offload: self.offload.clone(),
        }
    }
}

impl Ready<ServerConfig> {
    /// Leaves ALPN out unless there is a protocol in common with a client: then s2n-tls goes on without
    /// one, and rustls would give up.
    pub fn agree_on_alpn<'a>(&mut self, mut theirs: impl Iterator<Item = &'a [u8]>) {
        let ours = &self.rustls.alpn_protocols;
        if !ours.is_empty() && !theirs.any(|theirs| ours.iter().any(|ours| ours.as_ref() == theirs))
        {
            Arc::make_mut(&mut self.rustls).alpn_protocols = Vec::new();
        }
    }
}

/// rustls configs that were made, and what for.
#[derive(Default)]
pub(super) struct Frozen {
    clients: Vec<(&'static Policy, Ready<ClientConfig>)>,
    servers: Vec<(&'static Policy, ClientAuth, Ready<ServerConfig>)>,

    /// Counts the changes, so that a config made from old settings is not kept.
    generation: u64,
}

impl Frozen {
    pub(super) fn thaw(&mut self) {
        *self = Self {
            generation: self.generation + 1,
            ..Self::default()
        };
    }
}

impl Config {
    /// What a client's handshake starts with.
    pub fn client(&self, over: &Overrides) -> Result<Ready<ClientConfig>> {
        let generation = lock(&self.frozen).generation;
        let settings = self.settings();
        let policy = over.policy.unwrap_or(settings.policy);
        let made = lock(&self.frozen)
            .clients
            .iter()
            .find_map(|(of, ready)| ptr::eq(*of, policy).then(|| ready.clone()));
        let mut ready = match made {
            Some(ready) => ready,
            None => {
                let ready = Ready::new(freeze_client(&settings, policy)?, &settings);
                let mut frozen = lock(&self.frozen);
                if frozen.generation == generation {
                    frozen.clients.push((policy, ready.clone()));
                }
                ready
            }
        };
        if !over.alpn.is_empty() {
            Arc::make_mut(&mut ready.rustls).alpn_protocols = protocols(&over.alpn);
        }
        Ok(ready)
    }

    /// What a server answers a ClientHello with.
    pub fn server(&self, over: &Overrides) -> Result<Ready<ServerConfig>> {
        let generation = lock(&self.frozen).generation;
        let settings = self.settings();
        let policy = over.policy.unwrap_or(settings.policy);
        let auth = over
            .client_auth
            .or(settings.client_auth)
            .unwrap_or(ClientAuth::None);
        let made = lock(&self.frozen)
            .servers
            .iter()
            .find_map(|(of, with, ready)| {
                (ptr::eq(*of, policy) && *with == auth).then(|| ready.clone())
            });
        let mut ready = match made {
            Some(ready) => ready,
            None => {
                let ready = Ready::new(freeze_server(&settings, policy, auth)?, &settings);
                let mut frozen = lock(&self.frozen);
                if frozen.generation == generation {
                    frozen.servers.push((policy, auth, ready.clone()));
                }
                ready
            }
        };
        if !over.alpn.is_empty() {
            Arc::make_mut(&mut ready.rustls).alpn_protocols = protocols(&over.alpn);
        }
        Ok(ready)
    }
}

fn freeze_client(settings: &Settings, policy: &'static Policy) -> Result<ClientConfig> {
    let clock = Arc::new(RustlsClock(settings.wall_clock.clone()));
    let mut chains = Chains::new(settings, policy);
    chains.answer_request = settings.answer_request.clone();
    let signatures = Signatures {
        policy,
        client_auth: ClientAuth::None,
        wants_ocsp: settings.ocsp_wanted || settings.ocsp_implied,
        authorities: Arc::new([]),
        offload: settings.offload.clone(),
    };
    let mut config = ClientConfig::builder_with_details(policy.provider().clone(), clock)
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(signatures))
        .with_client_credential_resolver(Arc::new(chains))?;
    config.alpn_protocols = protocols(&settings.alpn);
    config.enable_secret_extraction = true;
    config.require_ems = false;
    config.resumption = Resumption::disabled();
    config.key_log = listener(settings);
    Ok(config)
}

fn freeze_server(
    settings: &Settings,
    policy: &'static Policy,
    client_auth: ClientAuth,
) -> Result<ServerConfig> {
    let clock = Arc::new(RustlsClock(settings.wall_clock.clone()));
    let chains = Chains::new(settings, policy);
    if chains.is_empty() {
        return Err(Code::NoValidSignatureScheme)?;
    }
    let signatures = Signatures {
        policy,
        client_auth,
        wants_ocsp: false,
        authorities: settings.authorities.clone(),
        offload: settings.offload.clone(),
    };
    let mut config = ServerConfig::builder_with_details(policy.provider().clone(), clock)
        .with_client_cert_verifier(Arc::new(signatures))
        .with_server_credential_resolver(Arc::new(chains))?;
    config.cipher_suite_selector = policy.cipher_suite_selector();
    config.kx_selector = policy.kx_selector();
    config.alpn_protocols = protocols(&settings.alpn);
    config.enable_secret_extraction = true;
    config.require_ems = false;
    config.key_log = listener(settings);
    config.session_storage = Arc::new(NoSessions);
    config.send_tls13_tickets = Tls13Tickets { default: 0, max: 0 };
    // s2n-tls does not look at the name's form.
    config.invalid_sni_policy = InvalidSniPolicy::IgnoreAll;
    Ok(config)
}

fn listener(settings: &Settings) -> Arc<Listener> {
    let to_all = settings.key_log.is_some();
    Arc::new(Listener { to_all })
}

fn protocols(names: &[Vec<u8>]) -> Vec<ApplicationProtocol<'static>> {
    let names = names.iter();
    names
        .map(|name| ApplicationProtocol::from(name.as_slice()).to_owned())
        .collect()
}

/// A server that remembers no session.
struct NoSessions;

impl fmt::Debug for NoSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NoSessions")
    }
}

impl StoresServerSessions for NoSessions {
    fn put(&self, _: ServerSessionKey<'_>, _: Vec<u8>) -> bool {
        false
    }

    fn get(&self, _: ServerSessionKey<'_>) -> Option<Vec<u8>> {
        None
    }

    fn take(&self, _: ServerSessionKey<'_>) -> Option<Vec<u8>> {
        None
    }

    fn can_cache(&self) -> bool {
        false
    }
}
