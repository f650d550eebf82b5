//! Snapshots of the settings of a config: all of them at one moment, with the rustls configs that
//! are built from them. A handshake shares one, and reads it without a lock.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use super::build::RustlsConfigs;
use super::{
    ClientAuth, ClientHelloCallback, KeyLogCallback, Overrides, Settings, alpn::Protocols,
};
use crate::base::{Clock, Mode};
use crate::credentials::cert_types::CertTypes;
use crate::error::{Code, Result};
use crate::policy::Policy;
use crate::resumption::nanoseconds;
use crate::verify::Verifier;
use crate::verify::chain_cache::ChainCache;

/// The maximum length of a message with certificates in bytes, which is that of rustls.
const MAX_CERTIFICATE_MESSAGE: usize = 64 * 1024;

/// The settings of a config at one moment.
pub(crate) struct Snapshot {
    pub(super) settings: Settings,
    pub(super) rustls_configs: RustlsConfigs,
    /// The chains that were verified with these settings.
    chains: ChainCache,
    /// Counts the changes of settings.
    generation: u64,
}

impl Snapshot {
    pub(super) fn new(settings: Settings, chains: ChainCache) -> Self {
        Self {
            settings,
            rustls_configs: RustlsConfigs::default(),
            chains,
            generation: 0,
        }
    }

    /// Drops the rustls configs and the verified chains, and returns the settings for a change, with the number of the
    /// snapshot that it makes.
    pub(super) fn begin_change(&mut self) -> (&mut Settings, u64) {
        self.rustls_configs = RustlsConfigs::default();
        self.chains = ChainCache::new(self.chains.is_on());
        self.generation += 1;
        (&mut self.settings, self.generation)
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) fn policy(&self) -> &'static Policy {
        self.settings.policy
    }

    pub(crate) fn client_auth(&self) -> Option<ClientAuth> {
        self.settings.client_auth
    }

    pub(crate) fn alpn(&self) -> &Protocols {
        &self.settings.alpn
    }

    pub(crate) fn client_hello_callback(&self) -> Option<&Arc<dyn ClientHelloCallback>> {
        self.settings.client_hello.as_ref()
    }

    pub(crate) fn key_log_callback(&self) -> Option<&Arc<dyn KeyLogCallback>> {
        self.settings.key_log.as_ref()
    }

    pub(crate) fn wall_clock(&self) -> &Arc<dyn Clock> {
        &self.settings.wall_clock
    }

    /// Returns the time since 1970.
    pub(crate) fn wall_now(&self) -> Result<Duration> {
        Ok(self.settings.wall_clock.now().ok_or(Code::Cancelled)?)
    }

    /// Returns the wall clock's time in nanoseconds since 1970.
    pub(crate) fn wall_nanoseconds(&self) -> Result<u64> {
        Ok(nanoseconds(self.wall_now()?))
    }

    /// Returns the memory that rustls may allocate in a step to decompress certificates, in bytes.
    pub(crate) fn decompression_memory(&self) -> usize {
        match self.settings.cert_compression.is_empty() {
            true => 0,
            false => MAX_CERTIFICATE_MESSAGE,
        }
    }

    /// Returns whether a client requests an OCSP response.
    pub(crate) fn requests_ocsp(&self) -> bool {
        self.settings.requests_ocsp()
    }

    /// Returns whether a client uses tickets in TLS 1.2.
    pub(crate) fn requests_tickets(&self) -> bool {
        self.settings.requests_tickets
    }

    /// Returns whether a client sends GREASE in place of an encrypted ClientHello.
    pub(crate) fn sends_ech_grease(&self) -> bool {
        self.settings.ech_grease
    }

    pub(crate) fn is_serializable(&self) -> bool {
        self.settings.serializable
    }

    /// Whether a signature of the application is verified when it is applied.
    pub(crate) fn verifies_private_keys(&self) -> bool {
        self.settings.verifies_private_keys || self.settings.verifies_after_sign
    }

    /// Returns whether a client cannot use TLS 1.2, because of raw public keys.
    pub(crate) fn client_requires_tls13(&self) -> bool {
        self.settings.client_requires_tls13()
    }

    /// Returns whether a server cannot use TLS 1.2, because of raw public keys.
    pub(crate) fn server_requires_tls13(&self, client_auth: ClientAuth) -> bool {
        self.settings.server_requires_tls13(client_auth)
    }

    /// Returns the certificate types that a server can send; `None` without certificates and keys.
    pub(crate) fn sent_types(&self) -> Option<CertTypes> {
        let certificates = &self.settings.certificates;
        CertTypes::new(certificates.has_certificates(), certificates.has_raw_keys())
    }

    /// Returns the certificate types that are accepted of peers.
    pub(crate) fn accepted_types(&self) -> CertTypes {
        self.settings.accepted_types()
    }

    /// Returns the verifier of a peer.
    pub(crate) fn verifier<'a>(&'a self, over: &'a Overrides, mode: Mode) -> Verifier<'a> {
        let settings = &self.settings;
        let verify_host = over.verify_host.as_ref().or(settings.verify_host.as_ref());
        Verifier {
            clock: &*settings.wall_clock,
            policy: over.policy.unwrap_or(settings.policy),
            verify_host: verify_host.map(|callback| &**callback),
            rules: &settings.rules,
            trust: &settings.trust,
            chains: &self.chains,
            mode,
            rejection: RefCell::default(),
        }
    }
}

/// A copy for a change: without the rustls configs and the verified chains.
impl Clone for Snapshot {
    fn clone(&self) -> Self {
        Self {
            settings: self.settings.clone(),
            rustls_configs: RustlsConfigs::default(),
            chains: ChainCache::new(self.chains.is_on()),
            generation: self.generation,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::Config;

    #[test]
    fn a_handshake_keeps_its_settings() {
        let config = Config::new_minimal();
        let snapshot = config.snapshot();
        assert!(config.is_current(&snapshot));
        config.set_client_auth(ClientAuth::Required);
        assert!(!config.is_current(&snapshot));
        assert_eq!(snapshot.client_auth(), None);
        assert_eq!(config.snapshot().client_auth(), Some(ClientAuth::Required));
    }

    #[test]
    fn settings_that_no_handshake_uses_are_changed_in_place() {
        let config = Config::new_minimal();
        let place = Arc::as_ptr(&config.snapshot());
        config.set_client_auth(ClientAuth::Required);
        let snapshot = config.snapshot();
        assert_eq!(Arc::as_ptr(&snapshot), place);
        config.set_client_auth(ClientAuth::None);
        assert_ne!(Arc::as_ptr(&config.snapshot()), place);
    }

    #[test]
    fn a_rustls_config_is_built_once_for_its_settings() {
        let config = Config::new_minimal();
        let built = |config: &Config, client_auth| {
            let over = Overrides {
                client_auth: Some(client_auth),
                ..Overrides::default()
            };
            let built = config.snapshot().server(&over).expect("a config");
            built.rustls
        };
        let first = built(&config, ClientAuth::None);
        let other = built(&config, ClientAuth::Required);
        assert!(!Arc::ptr_eq(&first, &other));
        assert!(Arc::ptr_eq(&first, &built(&config, ClientAuth::None)));
        assert!(Arc::ptr_eq(&other, &built(&config, ClientAuth::Required)));
        config.set_requires_forward_secrecy(true);
        assert!(!Arc::ptr_eq(&first, &built(&config, ClientAuth::None)));
    }

    #[test]
    fn a_rustls_config_shares_the_certificates() {
        let config = Config::new_minimal();
        let snapshot = config.snapshot();
        let certificates = &snapshot.settings.certificates;
        let before = Arc::strong_count(certificates);
        let over = Overrides::default();
        let _built = snapshot.server(&over).expect("a config");
        assert_eq!(Arc::strong_count(certificates), before + 1);
    }
}
