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
use super::{ClientAuth, Config, Overrides, Settings};
use crate::base::lock;
use crate::base::memory;
use crate::credentials::key_log::KeyLogListener;
use crate::credentials::resolver::{CertResolver, StepResolver};
use crate::credentials::step_context::StepContext;
use crate::credentials::{Offload, PrivateKeys};
use crate::error::{Code, Result};
use crate::policy::Policy;
use crate::verify::verifier::SignatureVerifier;

/// What a handshake needs of a config. All of it stems from the settings of one moment: they may be
/// changed while the handshake makes use of it.
pub struct HandshakeConfig<C> {
    pub rustls: Arc<C>,
    /// Who signs instead of us.
    pub private_keys: Option<Arc<dyn PrivateKeys>>,
    pub offload: Option<Arc<dyn Offload>>,
    /// The context of the handshake's steps.
    pub(crate) step_context: StepContext,
}

impl<C> HandshakeConfig<C> {
    fn new(rustls: Arc<C>, settings: &Settings) -> Self {
        let (private_keys, offload) = (settings.signer(), settings.offload.clone());
        Self {
            rustls,
            step_context: match private_keys.is_some() || offload.is_some() {
                true => StepContext::new_coroutine(),
                false => StepContext::Thread,
            },
            private_keys,
            offload,
        }
    }
}

impl HandshakeConfig<ServerConfig> {
    /// Omits ALPN unless a client offers one of our protocols: then s2n-tls goes on without
    /// one, and rustls would give up.
    pub fn negotiate_alpn<'a>(&mut self, mut theirs: impl Iterator<Item = &'a [u8]>) {
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
    clients: Vec<Client>,
    servers: Vec<Server>,

    /// Counts the changes, so that a config made from old settings is not kept.
    generation: u64,
}

#[derive(Clone)]
struct Client {
    policy: &'static Policy,
    config: Arc<ClientConfig>,
    chains: Arc<CertResolver>,
}

#[derive(Clone)]
struct Server {
    policy: &'static Policy,
    auth: ClientAuth,
    config: Arc<ServerConfig>,
    chains: Arc<CertResolver>,
}

impl Frozen {
    pub(super) fn thaw(&mut self) {
        *self = Self {
            generation: self.generation + 1,
            ..Self::default()
        };
    }

    fn client(&self, generation: u64, policy: &Policy) -> Option<Client> {
        let mut clients = self.clients.iter();
        let made = clients.find(|made| ptr::eq(made.policy, policy));
        made.filter(|_| self.generation == generation).cloned()
    }

    fn server(&self, generation: u64, policy: &Policy, auth: ClientAuth) -> Option<Server> {
        let mut servers = self.servers.iter();
        let made = servers.find(|made| ptr::eq(made.policy, policy) && made.auth == auth);
        made.filter(|_| self.generation == generation).cloned()
    }
}

impl Config {
    /// What a client's handshake starts with.
    pub fn client(&self, over: &Overrides) -> Result<HandshakeConfig<ClientConfig>> {
        let (settings, generation) = self.snapshot();
        let policy = over.policy.unwrap_or(settings.policy);
        let made = lock(&self.frozen).client(generation, policy);
        let client = match made {
            Some(client) => client,
            None => {
                let client = Client::new(&settings, policy)?;
                let mut frozen = lock(&self.frozen);
                if frozen.generation == generation {
                    frozen.clients.push(client.clone());
                }
                client
            }
        };
        let mut ready = HandshakeConfig::new(client.config, &settings);
        if let StepContext::Coroutine(_) = ready.step_context {
            let context = ready.step_context.clone();
            ready.rustls = Arc::new(freeze_client(&settings, policy, client.chains, context)?);
        }
        if !over.alpn.is_empty() {
            Arc::make_mut(&mut ready.rustls).alpn_protocols = protocols(&over.alpn)?;
        }
        Ok(ready)
    }

    /// What a server answers a ClientHello with.
    pub fn server(&self, over: &Overrides) -> Result<HandshakeConfig<ServerConfig>> {
        let (settings, generation) = self.snapshot();
        let policy = over.policy.unwrap_or(settings.policy);
        let auth = over
            .client_auth
            .or(settings.client_auth)
            .unwrap_or(ClientAuth::None);
        let made = lock(&self.frozen).server(generation, policy, auth);
        let server = match made {
            Some(server) => server,
            None => {
                let server = Server::new(&settings, policy, auth)?;
                let mut frozen = lock(&self.frozen);
                if frozen.generation == generation {
                    frozen.servers.push(server.clone());
                }
                server
            }
        };
        let mut ready = HandshakeConfig::new(server.config, &settings);
        if let StepContext::Coroutine(_) = ready.step_context {
            let (chains, context) = (server.chains, ready.step_context.clone());
            ready.rustls = Arc::new(freeze_server(&settings, policy, auth, chains, context)?);
        }
        if !over.alpn.is_empty() {
            Arc::make_mut(&mut ready.rustls).alpn_protocols = protocols(&over.alpn)?;
        }
        Ok(ready)
    }

    /// The settings, and their generation: a config that was made in the same one is made of them.
    fn snapshot(&self) -> (Settings, u64) {
        let settings = lock(&self.settings);
        (settings.clone(), lock(&self.frozen).generation)
    }
}

impl Client {
    fn new(settings: &Settings, policy: &'static Policy) -> Result<Self> {
        let mut chains = CertResolver::new(&settings.certificates, settings.signing(), policy)?;
        chains.cert_request = settings.cert_request.clone();
        let chains = Arc::new(chains);
        let config = freeze_client(settings, policy, chains.clone(), StepContext::Thread)?;
        Ok(Self {
            policy,
            config: Arc::new(config),
            chains,
        })
    }
}

impl Server {
    fn new(settings: &Settings, policy: &'static Policy, auth: ClientAuth) -> Result<Self> {
        let chains = Arc::new(CertResolver::new(
            &settings.certificates,
            settings.signing(),
            policy,
        )?);
        if chains.is_empty() {
            return Err(Code::NoValidSignatureScheme)?;
        }
        let config = freeze_server(settings, policy, auth, chains.clone(), StepContext::Thread)?;
        Ok(Self {
            policy,
            auth,
            config: Arc::new(config),
            chains,
        })
    }
}

fn freeze_client(
    settings: &Settings,
    policy: &'static Policy,
    chains: Arc<CertResolver>,
    context: StepContext,
) -> Result<ClientConfig> {
    let signatures = SignatureVerifier {
        policy,
        client_auth: ClientAuth::None,
        wants_ocsp: settings.ocsp_wanted || settings.ocsp_implied,
        authorities: Arc::new([]),
        is_offloaded: settings.offload.is_some(),
        context: context.clone(),
    };
    let clock = Arc::new(clock(settings, &context));
    let key_log = Arc::new(listener(settings, &context));
    let mut config = ClientConfig::builder_with_details(policy.provider().clone(), clock)
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(signatures))
        .with_client_credential_resolver(Arc::new(StepResolver { chains, context }))?;
    config.alpn_protocols = protocols(&settings.alpn)?;
    config.enable_secret_extraction = true;
    config.require_ems = false;
    config.resumption = Resumption::disabled();
    config.key_log = key_log;
    Ok(config)
}

fn freeze_server(
    settings: &Settings,
    policy: &'static Policy,
    client_auth: ClientAuth,
    chains: Arc<CertResolver>,
    context: StepContext,
) -> Result<ServerConfig> {
    let signatures = SignatureVerifier {
        policy,
        client_auth,
        wants_ocsp: false,
        authorities: settings.authorities.clone(),
        is_offloaded: settings.offload.is_some(),
        context: context.clone(),
    };
    let clock = Arc::new(clock(settings, &context));
    let key_log = Arc::new(listener(settings, &context));
    let mut config = ServerConfig::builder_with_details(policy.provider().clone(), clock)
        .with_client_cert_verifier(Arc::new(signatures))
        .with_server_credential_resolver(Arc::new(StepResolver { chains, context }))?;
    config.cipher_suite_selector = policy.cipher_suite_selector();
    config.kx_selector = policy.kx_selector();
    config.alpn_protocols = protocols(&settings.alpn)?;
    config.enable_secret_extraction = true;
    config.require_ems = false;
    config.key_log = key_log;
    config.session_storage = Arc::new(NoSessions);
    config.send_tls13_tickets = Tls13Tickets { default: 0, max: 0 };
    // s2n-tls does not look at the name's form.
    config.invalid_sni_policy = InvalidSniPolicy::IgnoreAll;
    Ok(config)
}

fn clock(settings: &Settings, context: &StepContext) -> RustlsClock {
    RustlsClock {
        clock: settings.wall_clock.clone(),
        context: context.clone(),
    }
}

fn listener(settings: &Settings, context: &StepContext) -> KeyLogListener {
    KeyLogListener {
        stores_all: settings.key_log.is_some(),
        context: context.clone(),
    }
}

fn protocols(names: &[Vec<u8>]) -> Result<Vec<ApplicationProtocol<'static>>> {
    /// The memory that a name of a few letters takes in rustls' copies, in bytes.
    const NAME: usize = 256;

    memory::expect(names.len() * NAME)?;
    let names = names.iter();
    Ok(names
        .map(|name| ApplicationProtocol::from(name.as_slice()).to_owned())
        .collect())
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
