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
use super::{ClientAuth, Config, Overrides, Settings};
use crate::tls::connection::lock;
use crate::tls::error::{Code, Result};
use crate::tls::handshake::secrets::Listener;
use crate::tls::policy::Policy;

/// rustls configs that were made, and what for.
#[derive(Default)]
pub(super) struct Frozen {
    clients: Vec<(&'static Policy, Arc<ClientConfig>)>,
    servers: Vec<(&'static Policy, ClientAuth, Arc<ServerConfig>)>,

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
    pub fn client(&self, over: &Overrides) -> Result<Arc<ClientConfig>> {
        let generation = lock(&self.frozen).generation;
        let settings = self.settings();
        let policy = over.policy.unwrap_or(settings.policy);
        let made = lock(&self.frozen)
            .clients
            .iter()
            .find_map(|(of, config)| ptr::eq(*of, policy).then(|| config.clone()));
        let config = match made {
            Some(config) => config,
            None => {
                let config = Arc::new(freeze_client(&settings, policy)?);
                let mut frozen = lock(&self.frozen);
                if frozen.generation == generation {
                    frozen.clients.push((policy, config.clone()));
                }
                config
            }
        };
        if over.alpn.is_empty() {
            return Ok(config);
        }
        let mut config = ClientConfig::clone(&config);
        config.alpn_protocols = protocols(&over.alpn);
        Ok(Arc::new(config))
    }

    /// What a server answers a ClientHello with.
    pub fn server(&self, over: &Overrides, use_alpn: bool) -> Result<Arc<ServerConfig>> {
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
            .find_map(|(of, with, config)| {
                (ptr::eq(*of, policy) && *with == auth).then(|| config.clone())
            });
        let config = match made {
            Some(config) => config,
            None => {
                let config = Arc::new(freeze_server(&settings, policy, auth)?);
                let mut frozen = lock(&self.frozen);
                if frozen.generation == generation {
                    frozen.servers.push((policy, auth, config.clone()));
                }
                config
            }
        };
        let alpn = match (use_alpn, over.alpn.is_empty()) {
            (true, true) => return Ok(config),
            (false, _) if config.alpn_protocols.is_empty() => return Ok(config),
            (false, _) => Vec::new(),
            (true, false) => protocols(&over.alpn),
        };
        let mut config = ServerConfig::clone(&config);
        config.alpn_protocols = alpn;
        Ok(Arc::new(config))
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
