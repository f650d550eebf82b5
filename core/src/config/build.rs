//! rustls configs, built from a snapshot of the settings when a handshake needs them, and kept in it.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use std::{fmt, ptr};

use rustls::client::{ClientConfig, EchMode, Resumption};
use rustls::compress::{CertCompressor, CertDecompressor, CompressionCache};
use rustls::crypto::CryptoProvider;
use rustls::enums::ApplicationProtocol;
use rustls::server::{
    InvalidSniPolicy, ServerConfig, ServerSessionKey, StoresServerSessions, Tls13Tickets,
};

use super::ech::grease;
use super::{ClientAuth, EchOffer, Overrides, Settings, Snapshot};
use crate::base::{lock, memory};
use crate::credentials::clock::StepClock;
use crate::credentials::key_log::KeyLogListener;
use crate::credentials::resolver::{CertResolver, StepResolver};
use crate::credentials::step_context::StepContext;
use crate::credentials::{Offload, PrivateKeys};
use crate::error::Result;
use crate::policy::Policy;
use crate::process::fork::{ForkSafeMutex, critical_section};
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
            has_certificates: built.has_certificates,
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

/// The rustls configs that are built from one version of the settings.
#[derive(Default)]
pub(super) struct RustlsConfigs {
    clients: Cache<ClientConfig>,
    servers: Cache<ServerConfig>,
}

/// The rustls configs of one mode.
struct Cache<C> {
    /// The one that was built first. It is usually the only one, and read without a lock.
    first: OnceLock<Built<C>>,
    others: ForkSafeMutex<Vec<Built<C>>>,
}

impl<C> Default for Cache<C> {
    fn default() -> Self {
        Self {
            first: OnceLock::new(),
            others: ForkSafeMutex::default(),
        }
    }
}

impl<C> Cache<C> {
    fn find(&self, policy: &'static Policy, client_auth: ClientAuth) -> Option<Built<C>> {
        let is_wanted =
            |built: &&Built<C>| ptr::eq(built.policy, policy) && built.client_auth == client_auth;
        let first = self.first.get()?;
        if is_wanted(&first) {
            return Some(first.clone());
        }
        lock(&self.others).iter().find(is_wanted).cloned()
    }

    fn add(&self, built: Built<C>) {
        let section = critical_section();
        let Err(built) = self.first.set(built) else {
            return;
        };
        drop(section);
        lock(&self.others).push(built);
    }
}

/// A rustls config for a policy, and for the client authentication of a server.
struct Built<C> {
    policy: &'static Policy,
    client_auth: ClientAuth,
    config: Arc<C>,
    /// There is a certificate to select.
    has_certificates: bool,
}

impl<C> Clone for Built<C> {
    fn clone(&self) -> Self {
        Self {
            policy: self.policy,
            client_auth: self.client_auth,
            config: self.config.clone(),
            has_certificates: self.has_certificates,
        }
    }
}

/// A rustls config, of a client or a server.
trait RustlsConfig: Clone {
    fn cache(configs: &RustlsConfigs) -> &Cache<Self>;

    /// Whether a server requests a certificate of the client.
    fn client_auth(overrides: &Overrides, settings: &Settings) -> ClientAuth;

    fn build(
        settings: &Settings,
        policy: &'static Policy,
        client_auth: ClientAuth,
        resolver: CertResolver,
        context: StepContext,
    ) -> Result<Self>;

    fn set_alpn(&mut self, protocols: Vec<ApplicationProtocol<'static>>);
}

impl Snapshot {
    /// Returns the config of a client's handshake.
    pub(crate) fn client(&self, overrides: &Overrides) -> Result<HandshakeConfig<ClientConfig>> {
        match &overrides.ech {
            None => self.handshake_config(overrides),
            Some(offer) => self.build_with_ech(overrides, offer),
        }
    }

    /// Returns the config with which a server answers a ClientHello.
    pub(crate) fn server(&self, overrides: &Overrides) -> Result<HandshakeConfig<ServerConfig>> {
        self.handshake_config(overrides)
    }

    fn handshake_config<C: RustlsConfig>(
        &self,
        overrides: &Overrides,
    ) -> Result<HandshakeConfig<C>> {
        let policy = overrides.policy.unwrap_or(self.settings.policy);
        let client_auth = C::client_auth(overrides, &self.settings);
        let mut config = match self.settings.is_asynchronous() {
            true => self.build_asynchronous::<C>(policy, client_auth)?,
            false => HandshakeConfig::synchronous(self.find_or_build(policy, client_auth)?),
        };
        use_alpn(&mut config, overrides)?;
        Ok(config)
    }

    /// Builds the config of one client, which encrypts its ClientHello. rustls has the key of the
    /// server in the config, so no other client can use it.
    fn build_with_ech(
        &self,
        overrides: &Overrides,
        offer: &EchOffer,
    ) -> Result<HandshakeConfig<ClientConfig>> {
        let settings = &self.settings;
        let policy = overrides.policy.unwrap_or(settings.policy);
        let step_context = match settings.is_asynchronous() {
            true => StepContext::new_coroutine(),
            false => StepContext::Thread,
        };
        let context = step_context.clone();
        let resolver = settings.resolver(policy);
        let has_certificates = !resolver.is_empty();
        let rustls = build_client(settings, policy, resolver, context, Some(offer.mode()))?;
        let mut config = HandshakeConfig {
            rustls: Arc::new(rustls),
            private_keys: settings.signer(),
            offload: settings.offload.clone(),
            has_certificates,
            step_context,
        };
        use_alpn(&mut config, overrides)?;
        Ok(config)
    }

    fn find_or_build<C: RustlsConfig>(
        &self,
        policy: &'static Policy,
        client_auth: ClientAuth,
    ) -> Result<Built<C>> {
        let cache = C::cache(&self.rustls_configs);
        if let Some(built) = cache.find(policy, client_auth) {
            return Ok(built);
        }
        let resolver = self.settings.resolver(policy);
        let has_certificates = !resolver.is_empty();
        let context = StepContext::Thread;
        let config = C::build(&self.settings, policy, client_auth, resolver, context)?;
        let built = Built {
            policy,
            client_auth,
            config: Arc::new(config),
            has_certificates,
        };
        cache.add(built.clone());
        Ok(built)
    }

    /// Builds a config for one handshake, whose callbacks of rustls need the context of its
    /// coroutine.
    fn build_asynchronous<C: RustlsConfig>(
        &self,
        policy: &'static Policy,
        client_auth: ClientAuth,
    ) -> Result<HandshakeConfig<C>> {
        let step_context = StepContext::new_coroutine();
        let context = step_context.clone();
        let resolver = self.settings.resolver(policy);
        let has_certificates = !resolver.is_empty();
        let config = C::build(&self.settings, policy, client_auth, resolver, context)?;
        Ok(HandshakeConfig {
            rustls: Arc::new(config),
            private_keys: self.settings.signer(),
            offload: self.settings.offload.clone(),
            has_certificates,
            step_context,
        })
    }
}

/// Replaces the list of protocols by that of a connection, if it has one.
fn use_alpn<C: RustlsConfig>(config: &mut HandshakeConfig<C>, overrides: &Overrides) -> Result<()> {
    if !overrides.alpn.is_empty() {
        let protocols = protocols(&overrides.alpn)?;
        Arc::make_mut(&mut config.rustls).set_alpn(protocols);
    }
    Ok(())
}

impl RustlsConfig for ClientConfig {
    fn cache(configs: &RustlsConfigs) -> &Cache<Self> {
        &configs.clients
    }

    fn client_auth(_: &Overrides, _: &Settings) -> ClientAuth {
        ClientAuth::None
    }

    fn build(
        settings: &Settings,
        policy: &'static Policy,
        _: ClientAuth,
        resolver: CertResolver,
        context: StepContext,
    ) -> Result<Self> {
        let ech = settings.ech_grease.then(grease).transpose()?;
        build_client(settings, policy, resolver, context, ech)
    }

    fn set_alpn(&mut self, protocols: Vec<ApplicationProtocol<'static>>) {
        self.alpn_protocols = protocols;
    }
}

impl RustlsConfig for ServerConfig {
    fn cache(configs: &RustlsConfigs) -> &Cache<Self> {
        &configs.servers
    }

    fn client_auth(overrides: &Overrides, settings: &Settings) -> ClientAuth {
        let client_auth = overrides.client_auth.or(settings.client_auth);
        client_auth.unwrap_or(ClientAuth::None)
    }

    fn build(
        settings: &Settings,
        policy: &'static Policy,
        client_auth: ClientAuth,
        resolver: CertResolver,
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
        config.cert_compressors = settings.cert_compressors();
        config.cert_decompressors = settings.cert_decompressors();
        config.cert_compression_cache = Arc::new(CompressionCache::Disabled);
        // s2n-tls does not check the form of the server_name.
        config.invalid_sni_policy = InvalidSniPolicy::IgnoreAll;
        Ok(config)
    }

    fn set_alpn(&mut self, protocols: Vec<ApplicationProtocol<'static>>) {
        self.alpn_protocols = protocols;
    }
}

impl Settings {
    /// Returns whether the handshake may be suspended for the application.
    fn is_asynchronous(&self) -> bool {
        self.signer().is_some() || self.offload.is_some()
    }

    /// Returns whether a client requests an OCSP response.
    pub(super) fn requests_ocsp(&self) -> bool {
        self.ocsp_requested || self.ocsp_implied
    }

    fn resolver(&self, policy: &'static Policy) -> CertResolver {
        CertResolver {
            policy,
            signing: self.signing(),
            certificates: self.certificates.clone(),
            cert_request: None,
        }
    }

    // Both replace the lists of rustls, which are those of its crate features.
    fn cert_compressors(&self) -> Vec<&'static dyn CertCompressor> {
        let algorithms = self.cert_compression.iter();
        algorithms.map(|algorithm| algorithm.compressor()).collect()
    }

    fn cert_decompressors(&self) -> Vec<&'static dyn CertDecompressor> {
        let algorithms = self.cert_compression.iter();
        algorithms
            .map(|algorithm| algorithm.decompressor())
            .collect()
    }

    /// Returns the maximum size of rustls' records, which are those of the handshake. It includes the
    /// header, and has a minimum.
    fn max_fragment_size(&self) -> Option<usize> {
        const MIN: usize = 32;

        let length = self.max_fragment_length?;
        Some((usize::from(length.get()) + Header::LEN).max(MIN))
    }
}

/// Returns a provider without the cipher suites of TLS 1.2.
fn tls13_alone(provider: &CryptoProvider) -> CryptoProvider {
    CryptoProvider {
        tls12_cipher_suites: Cow::Borrowed(&[]),
        ..provider.clone()
    }
}

/// Builds the config of a client. With ECH, or GREASE for it, it has no TLS 1.2.
fn build_client(
    settings: &Settings,
    policy: &'static Policy,
    resolver: CertResolver,
    context: StepContext,
    ech: Option<EchMode>,
) -> Result<ClientConfig> {
    let verifier = SignatureVerifier {
        requests_ocsp: settings.requests_ocsp(),
        authorities: Arc::new([]),
        ..verifier(settings, policy, ClientAuth::None, &context)
    };
    let clock = Arc::new(clock(settings, &context));
    let key_log = Arc::new(key_log(settings, &context));
    let provider = match settings.client_requires_tls13() || ech.is_some() {
        true => Arc::new(tls13_alone(policy.provider())),
        false => policy.provider().clone(),
    };
    let mut builder = ClientConfig::builder_with_details(provider, clock);
    if let Some(mode) = ech {
        builder = builder.with_ech(mode);
    }
    let mut config = builder
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_credential_resolver(Arc::new(StepResolver {
            chains: CertResolver {
                cert_request: settings.cert_request.clone(),
                ..resolver
            },
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
    config.cert_compressors = settings.cert_compressors();
    config.cert_decompressors = settings.cert_decompressors();
    config.cert_compression_cache = Arc::new(CompressionCache::Disabled);
    Ok(config)
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
        types: settings.accepted_types(),
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
