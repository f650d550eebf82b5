//! Which certificate we show.

use std::cell::Cell;
use std::hash::Hasher;
use std::sync::Arc;

use rustls::Tls12CipherSuite;
use rustls::client::{ClientCredentialResolver, CredentialRequest};
use rustls::crypto::{Credentials, SelectedCredential, SignatureScheme, Signer, SigningKey};
use rustls::enums::CertificateType;
use rustls::error::{Error, PeerIncompatible};
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::server::{ClientHello, ServerCredentialResolver};

use crate::tls::certs::Loaded;
use crate::tls::certs::names::Match;
use crate::tls::policy::Policy;

/// The chains of a config, ready to sign as a policy prefers.
#[derive(Debug)]
pub(super) struct Chains {
    policy: &'static Policy,
    chains: Vec<(Arc<Loaded>, Credentials)>,
}

impl Chains {
    pub(super) fn new(policy: &'static Policy, chains: Vec<Arc<Loaded>>) -> Self {
        let chains = chains.into_iter().filter_map(|chain| {
            let key = PolicyKey {
                key: chain.key.clone()?,
                policy,
            };
            let identity = chain.identity.clone();
            let credentials = Credentials::new_unchecked(identity, Box::new(key));
            Some((chain, credentials))
        });
        Self {
            policy,
            chains: chains.collect(),
        }
    }

    /// The first of the chains that the client can use.
    fn first_usable<'a>(
        &'a self,
        chains: impl Iterator<Item = &'a (Arc<Loaded>, Credentials)>,
        hello: &ClientHello<'_>,
    ) -> Option<SelectedCredential> {
        chains
            .filter_map(|(_, credentials)| credentials.signer(hello.signature_schemes()))
            .find(|selected| self.suits_a_suite(selected, hello))
    }

    /// Why no chain can be used: no suite in common goes with one of our keys, or the client's
    /// signature schemes do not suit.
    ///
    /// The suites come first. rustls tells us only of schemes that a suite in common can use.
    fn why_none(&self, hello: &ClientHello<'_>) -> PeerIncompatible {
        let signs = |schemes: &[SignatureScheme]| {
            let mut chains = self.chains.iter();
            chains.any(|(_, credentials)| credentials.signer(schemes).is_some())
        };
        let suites_fit =
            self.offers_tls13(hello) || self.common_tls12(hello).any(|suite| signs(suite.sign));
        match suites_fit || self.chains.is_empty() {
            true => PeerIncompatible::NoSignatureSchemesInCommon,
            false => PeerIncompatible::NoCipherSuitesInCommon,
        }
    }

    fn offers_tls13(&self, hello: &ClientHello<'_>) -> bool {
        let suites = self.policy.provider().tls13_cipher_suites.iter();
        suites
            .map(|suite| suite.common.suite)
            .any(|suite| hello.cipher_suites().contains(&suite))
    }

    fn common_tls12(&self, hello: &ClientHello<'_>) -> impl Iterator<Item = &Tls12CipherSuite> {
        let suites = self.policy.provider().tls12_cipher_suites.iter();
        suites
            .copied()
            .filter(|suite| hello.cipher_suites().contains(&suite.common.suite))
    }

    /// Before TLS 1.3 the cipher suite says what kind of key signs.
    fn suits_a_suite(&self, selected: &SelectedCredential, hello: &ClientHello<'_>) -> bool {
        let scheme = selected.signer.scheme();
        self.offers_tls13(hello)
            || self
                .common_tls12(hello)
                .any(|suite| suite.sign.contains(&scheme))
    }
}

impl ServerCredentialResolver for Chains {
    /// By name, exact before wildcard; else the chain that was added first.
    fn resolve(&self, hello: &ClientHello<'_>) -> Result<SelectedCredential, Error> {
        let by_name = |kind| {
            let name = hello.server_name()?;
            let chains = self
                .chains
                .iter()
                .filter(move |(chain, _)| chain.names.matches(name.as_ref().as_bytes(), kind));
            self.first_usable(chains, hello)
        };
        by_name(Match::Exact)
            .or_else(|| by_name(Match::Wildcard))
            .or_else(|| self.first_usable(self.chains.iter(), hello))
            .ok_or_else(|| self.why_none(hello).into())
    }
}

impl ClientCredentialResolver for Chains {
    fn resolve(&self, request: &CredentialRequest<'_>) -> Option<SelectedCredential> {
        let selected = self
            .chains
            .iter()
            .find_map(|(_, credentials)| credentials.signer(request.signature_schemes()));
        REQUEST.set(match selected {
            Some(_) => Request::Answered,
            None => Request::Declined,
        });
        selected
    }

    fn supported_certificate_types(&self) -> &'static [CertificateType] {
        &[CertificateType::X509]
    }

    fn hash_config(&self, h: &mut dyn Hasher) {
        for (chain, _) in &self.chains {
            let address = Arc::as_ptr(chain).addr();
            h.write_usize(address);
        }
    }
}

/// Whether a server asked for our certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Request {
    #[default]
    None,
    /// It asked, and we have none that it can use.
    Declined,
    Answered,
}

thread_local! {
    /// rustls shares a config's resolver between connections, and does not say for which one it
    /// asks. A step of a handshake does not leave its thread.
    static REQUEST: Cell<Request> = const { Cell::new(Request::None) };
}

/// Runs a step of a handshake, and says whether the server asked for a certificate in it.
pub(crate) fn watch_requests<R>(step: impl FnOnce() -> R) -> (R, Request) {
    REQUEST.set(Request::None);
    let outcome = step();
    (outcome, REQUEST.take())
}

/// A key that signs in the order of a policy's schemes, not of its own.
#[derive(Debug)]
struct PolicyKey {
    key: Arc<dyn SigningKey>,
    policy: &'static Policy,
}

impl SigningKey for PolicyKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        self.policy
            .signature_schemes()
            .iter()
            .filter(|scheme| offered.contains(scheme))
            .find_map(|&scheme| self.key.choose_scheme(&[scheme]))
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        self.key.public_key()
    }
}
