//! rustls configs, built from the settings when a handshake needs them and kept until these change.

use std::sync::Arc;
use std::{fmt, ptr};

use rustls::client::{ClientConfig, Resumption};
use rustls::enums::ApplicationProtocol;
use rustls::server::{
    InvalidSniPolicy, ServerConfig, ServerSessionKey, StoresServerSessions, Tls13Tickets,
};

use super::{ClientAuth, Config, Overrides, Settings};
use crate::base::{lock, memory};
use crate::credentials::clock::StepClock;
use crate::credentials::key_log::KeyLogListener;
use crate::credentials::resolver::{CertResolver, StepResolver};
use crate::credentials::step_context::StepContext;
use crate::credentials::{Offload, PrivateKeys};
use crate::error::Result;
use crate::policy::Policy;
use crate::record::Header;
use crate::resumption::request_ticket;
use crate::verify::verifier::SignatureVerifier;

/// The parts of a config that a handshake uses. They come from the settings of one moment, which may be
/// changed during the handshake.
pub struct HandshakeConfig<C> {
    pub rustls: Arc<C>,
    /// Signs in place of the library.
    pub private_keys: Option<Arc<dyn PrivateKeys>>,
    /// Verifies signatures in place of the library.
    pub offload: Option<Arc<dyn Offload>>,
    /// There is a certificate to select.
    pub(crate) has_certificates: bool,
    /// The context of the handshake's steps.
    pub(crate) step_context: StepContext,
}

impl<C> HandshakeConfig<C> {
    /// The parts for a handshake without asynchronous operations.
    fn synchronous(built: Built<C>) -> Self {
        Self {
            has_certificates: !built.resolver.is_empty(),
            rustls: built.config,
            private_keys: None,
            offload: None,
            step_context: StepContext::Thread,
        }
    }
}

impl HandshakeConfig<ServerConfig> {
    /// Omits ALPN unless the client offers a protocol of the server: s2n-tls continues without one then, and
    /// rustls would refuse the client.
    pub fn negotiate_alpn<'a>(&mut self, mut offered: impl Iterator<Item = &'a [u8]>) {
        let supported = &self.rustls.alpn_protocols;
        let is_supported = |offered| supported.iter().any(|name| name.as_ref() == offered);
        if !supported.is_empty() && !offered.any(is_supported) {
            Arc::make_mut(&mut self.rustls).alpn_protocols = Vec::new();
        }
    }
}

/// The rustls configs that are built.
#[derive(Default)]
pub(super) struct RustlsConfigs {
    clients: Vec<Built<ClientConfig>>,
    servers: Vec<Built<ServerConfig>>,

    /// Counts the changes of settings, so that a config built from old ones is not kept.
    generation: u64,
}

impl RustlsConfigs {
    /// Drops the configs, after a change of settings.
    pub(super) fn invalidate(&mut self) {
        *self = Self {
            generation: self.generation + 1,
            ..Self::default()
        };
    }
}

/// A rustls config for a policy, and for the client authentication of a server.
struct Built<C> {
    policy: &'static Policy,
    client_auth: ClientAuth,
    config: Arc<C>,
    resolver: Arc<CertResolver>,
}

impl<C> Clone for Built<C> {
    fn clone(&self) -> Self {
        Self {
            policy: self.policy,
            client_auth: self.client_auth,
            config: self.config.clone(),
            resolver: self.resolver.clone(),
        }
    }
}

/// A rustls config, of a client or a server.
trait RustlsConfig: Clone {
    fn cache(configs: &mut RustlsConfigs) -> &mut Vec<Built<Self>>;

    /// Whether a server requests a certificate of the client.
    fn client_auth(overrides: &Overrides, settings: &Settings) -> ClientAuth;

    fn resolver(settings: &Settings, policy: &'static Policy) -> Result<CertResolver>;

    fn build(
        settings: &Settings,
        policy: &'static Policy,
        client_auth: ClientAuth,
        resolver: Arc<CertResolver>,
        context: StepContext,
    ) -> Result<Self>;

    fn set_alpn(&mut self, protocols: Vec<ApplicationProtocol<'static>>);
}

impl Config {
    /// Returns the config of a client's handshake.
    pub fn client(&self, overrides: &Overrides) -> Result<HandshakeConfig<ClientConfig>> {
        self.handshake_config(overrides)
    }

    /// Returns the config with which a server answers a ClientHello.
    pub fn server(&self, overrides: &Overrides) -> Result<HandshakeConfig<ServerConfig>> {
        self.handshake_config(overrides)
    }

    fn handshake_config<C: RustlsConfig>(
        &self,
        overrides: &Overrides,
    ) -> Result<HandshakeConfig<C>> {
        let mut config = self.find_or_build::<C>(overrides)?;
        if !overrides.alpn.is_empty() {
            let protocols = protocols(&overrides.alpn)?;
            Arc::make_mut(&mut config.rustls).set_alpn(protocols);
        }
        Ok(config)
    }

    fn find_or_build<C: RustlsConfig>(&self, overrides: &Overrides) -> Result<HandshakeConfig<C>> {
        let settings = lock(&self.settings);
        let policy = overrides.policy.unwrap_or(settings.policy);
        let client_auth = C::client_auth(overrides, &settings);
        let mut configs = lock(&self.rustls_configs);
        let mut built = C::cache(&mut configs).iter();
        let built = built
            .find(|built| ptr::eq(built.policy, policy) && built.client_auth == client_auth)
            .cloned();
        let (private_keys, offload) = (settings.signer(), settings.offload.clone());
        let is_asynchronous = private_keys.is_some() || offload.is_some();
        if let (Some(built), false) = (&built, is_asynchronous) {
            return Ok(HandshakeConfig::synchronous(built.clone()));
        }

        // What follows takes long, and needs the settings as they are now.
        let generation = configs.generation;
        let copy = settings.clone();
        drop(configs);
        drop(settings);
        let built = match built {
            Some(built) => built,
            None => self.build(&copy, generation, policy, client_auth)?,
        };
        if !is_asynchronous {
            return Ok(HandshakeConfig::synchronous(built));
        }
        // The callbacks of rustls need the context of their coroutine.
        let step_context = StepContext::new_coroutine();
        let context = step_context.clone();
        let has_certificates = !built.resolver.is_empty();
        let config = C::build(&copy, policy, client_auth, built.resolver, context)?;
        Ok(HandshakeConfig {
            rustls: Arc::new(config),
            private_keys,
            offload,
            has_certificates,
            step_context,
        })
    }

    /// Builds a config, and keeps it unless the settings have changed.
    fn build<C: RustlsConfig>(
        &self,
        settings: &Settings,
        generation: u64,
        policy: &'static Policy,
        client_auth: ClientAuth,
    ) -> Result<Built<C>> {
        let resolver = Arc::new(C::resolver(settings, policy)?);
        let context = StepContext::Thread;
        let config = C::build(settings, policy, client_auth, resolver.clone(), context)?;
        let built = Built {
            policy,
            client_auth,
            config: Arc::new(config),
            resolver,
        };
        let mut configs = lock(&self.rustls_configs);
        if configs.generation == generation {
            C::cache(&mut configs).push(built.clone());
        }
        Ok(built)
    }
}

impl RustlsConfig for ClientConfig {
    fn cache(configs: &mut RustlsConfigs) -> &mut Vec<Built<Self>> {
        &mut configs.clients
    }

    fn client_auth(_: &Overrides, _: &Settings) -> ClientAuth {
        ClientAuth::None
    }

    fn resolver(settings: &Settings, policy: &'static Policy) -> Result<CertResolver> {
        let mut resolver = CertResolver::new(&settings.certificates, settings.signing(), policy)?;
        resolver.cert_request = settings.cert_request.clone();
        Ok(resolver)
    }

    fn build(
        settings: &Settings,
        policy: &'static Policy,
        client_auth: ClientAuth,
        resolver: Arc<CertResolver>,
        context: StepContext,
    ) -> Result<Self> {
        let verifier = SignatureVerifier {
            requests_ocsp: settings.ocsp_requested || settings.ocsp_implied,
            authorities: Arc::new([]),
            ..verifier(settings, policy, client_auth, &context)
        };
        let clock = Arc::new(clock(settings, &context));
        let key_log = Arc::new(key_log(settings, &context));
        let mut config = Self::builder_with_details(policy.provider().clone(), clock)
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_client_credential_resolver(Arc::new(StepResolver {
                chains: resolver,
                context,
            }))?;
        config.alpn_protocols = protocols(&settings.alpn)?;
        config.enable_secret_extraction = true;
        config.require_ems = false;
        match settings.requests_tickets {
            true => request_ticket(&mut config),
            false => config.resumption = Resumption::disabled(),
        }
        config.key_log = key_log;
        config.max_fragment_size = settings.max_fragment_size();
        Ok(config)
    }

    fn set_alpn(&mut self, protocols: Vec<ApplicationProtocol<'static>>) {
        self.alpn_protocols = protocols;
    }
}

impl RustlsConfig for ServerConfig {
    fn cache(configs: &mut RustlsConfigs) -> &mut Vec<Built<Self>> {
        &mut configs.servers
    }

    fn client_auth(overrides: &Overrides, settings: &Settings) -> ClientAuth {
        let client_auth = overrides.client_auth.or(settings.client_auth);
        client_auth.unwrap_or(ClientAuth::None)
    }

    fn resolver(settings: &Settings, policy: &'static Policy) -> Result<CertResolver> {
        CertResolver::new(&settings.certificates, settings.signing(), policy)
    }

    fn build(
        settings: &Settings,
        policy: &'static Policy,
        client_auth: ClientAuth,
        resolver: Arc<CertResolver>,
        context: StepContext,
    ) -> Result<Self> {
        let verifier = SignatureVerifier {
            authorities: settings.authorities.clone(),
            ..verifier(settings, policy, client_auth, &context)
        };
        let clock = Arc::new(clock(settings, &context));
        let key_log = Arc::new(key_log(settings, &context));
        let mut config = Self::builder_with_details(policy.provider().clone(), clock)
            .with_client_cert_verifier(Arc::new(verifier))
            .with_server_credential_resolver(Arc::new(StepResolver {
                chains: resolver,
                context,
            }))?;
        config.cipher_suite_selector = policy.cipher_suite_selector();
        config.kx_selector = policy.kx_selector();
        config.alpn_protocols = protocols(&settings.alpn)?;
        config.enable_secret_extraction = true;
        config.require_ems = false;
        config.key_log = key_log;
        config.session_storage = Arc::new(NoSessions);
        config.send_tls13_tickets = Tls13Tickets { default: 0, max: 0 };
        config.max_fragment_size = settings.max_fragment_size();
        // s2n-tls does not check the form of the server_name.
        config.invalid_sni_policy = InvalidSniPolicy::IgnoreAll;
        Ok(config)
    }

    fn set_alpn(&mut self, protocols: Vec<ApplicationProtocol<'static>>) {
        self.alpn_protocols = protocols;
    }
}

impl Settings {
    /// Returns the maximum size of rustls' records, which are those of the handshake. It includes the
    /// header, and has a minimum.
    fn max_fragment_size(&self) -> Option<usize> {
        const MIN: usize = 32;

        let length = self.max_fragment_length?;
        Some((usize::from(length.get()) + Header::LEN).max(MIN))
    }
}

/// The verifier of either side, which requests no OCSP response and names no certificate authorities.
fn verifier(
    settings: &Settings,
    policy: &'static Policy,
    client_auth: ClientAuth,
    context: &StepContext,
) -> SignatureVerifier {
    SignatureVerifier {
        policy,
        client_auth,
        requests_ocsp: false,
        authorities: Arc::new([]),
        is_offloaded: settings.offload.is_some(),
        context: context.clone(),
    }
}

fn clock(settings: &Settings, context: &StepContext) -> StepClock {
    StepClock {
        clock: settings.wall_clock.clone(),
        context: context.clone(),
    }
}

fn key_log(settings: &Settings, context: &StepContext) -> KeyLogListener {
    KeyLogListener {
        stores_all: settings.key_log.is_some(),
        context: context.clone(),
    }
}

fn protocols(names: &[Vec<u8>]) -> Result<Vec<ApplicationProtocol<'static>>> {
    /// The memory of a short name in rustls' copies, in bytes.
    const NAME: usize = 256;

    memory::probe(names.len() * NAME)?;
    let names = names.iter();
    Ok(names
        .map(|name| ApplicationProtocol::from(name.as_slice()).to_owned())
        .collect())
}

/// A session cache without sessions. A TLS 1.2 server sends a session ID nevertheless, as s2n-tls
/// does.
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
        true
    }
}
