//! Which certificate we show.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hasher;
use std::sync::Arc;

use rustls::Tls12CipherSuite;
use rustls::client::{ClientCredentialResolver, CredentialRequest};
use rustls::crypto::{Credentials, SelectedCredential, SignatureScheme};
use rustls::enums::CertificateType;
use rustls::error::PeerIncompatible;
use rustls::server::{ClientHello, ServerCredentialResolver};

use super::Settings;
use super::certificates::ByType;
use super::requests::{AnswerRequest, CertificateRequest};
use super::signing::Signing;
use super::step_context::{self, Milestone, NameMatch, Request};
use crate::tls::certs::CertChain;
use crate::tls::error::{Code, Result};
use crate::tls::policy::Policy;

/// The chains of a config, ready to sign as a policy prefers.
pub(super) struct Chains {
    policy: &'static Policy,
    signing: Signing,
    defaults: ByType<Arc<Entry>>,
    domains: HashMap<Vec<u8>, ByType<Arc<Entry>>>,
    /// Client: chooses among them, or others.
    pub(super) answer_request: Option<Arc<dyn AnswerRequest>>,
}

struct Entry {
    chain: Arc<CertChain>,
    credentials: Credentials,
}

impl Chains {
    pub(super) fn new(settings: &Settings, policy: &'static Policy) -> Self {
        let signing = Signing::new(settings);
        let certificates = &settings.certificates;
        let mut entries = HashMap::new();
        let mut entry = |chain: &Arc<CertChain>| {
            let made = || Entry::new(policy, chain, &signing).map(Arc::new);
            let entry = entries.entry(Arc::as_ptr(chain)).or_insert_with(made);
            entry.clone()
        };
        let mut ready = |chains: &ByType<Arc<CertChain>>| -> ByType<Arc<Entry>> {
            chains.each_ref().map(|chain| entry(chain.as_ref()?))
        };
        Self {
            policy,
            defaults: ready(certificates.default_of()),
            domains: certificates
                .domains()
                .map(|(name, chains)| (name.to_vec(), ready(chains)))
                .collect(),
            answer_request: None,
            signing,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.domains.is_empty() && self.defaults.iter().all(Option::is_none)
    }

    /// The chains for a name: those that have it, else those that have its wildcard, else the defaults.
    fn for_name(&self, name: Option<&[u8]>) -> (&ByType<Arc<Entry>>, NameMatch) {
        let name = name.map(<[u8]>::to_ascii_lowercase);
        if let Some(chains) = name.as_ref().and_then(|name| self.domains.get(name)) {
            return (chains, NameMatch::Exact);
        }
        let wildcard = name.and_then(|name| {
            let dot = name.iter().position(|&byte| byte == b'.')?;
            Some([b"*", &name[dot..]].concat())
        });
        match wildcard.and_then(|name| self.domains.get(&name)) {
            Some(chains) => (chains, NameMatch::Wildcard),
            None => (&self.defaults, NameMatch::None),
        }
    }

    /// In TLS 1.3 the policy's first scheme that one of the keys can sign with decides.
    fn choose_tls13<'a>(
        &self,
        chains: &'a ByType<Arc<Entry>>,
        offered: &[SignatureScheme],
    ) -> Option<(&'a Entry, SelectedCredential)> {
        let schemes = self.policy.signature_schemes().iter();
        schemes
            .filter(|scheme| offered.contains(scheme))
            .find_map(|&scheme| {
                let mut chains = chains.iter().flatten();
                chains.find_map(|entry| Some((&**entry, entry.select(&[scheme])?)))
            })
    }

    /// Before TLS 1.3 the cipher suite says what kind of key signs, and the policy's first one
    /// decides.
    fn choose_tls12<'a>(
        &self,
        chains: &'a ByType<Arc<Entry>>,
        hello: &ClientHello<'_>,
    ) -> Option<(&'a Entry, SelectedCredential)> {
        self.common_tls12(hello).find_map(|suite| {
            let offered = hello.signature_schemes().iter().copied();
            let usable: Vec<_> = offered
                .filter(|scheme| suite.sign.contains(scheme))
                .collect();
            let mut chains = chains.iter().flatten();
            chains.find_map(|entry| Some((&**entry, entry.select(&usable)?)))
        })
    }

    /// Why no chain can be used: no suite in common goes with one of our keys, or the client's
    /// signature schemes do not suit.
    ///
    /// The suites come first. rustls tells us only of schemes that a suite in common can use.
    fn why_none(&self, chains: &ByType<Arc<Entry>>, hello: &ClientHello<'_>) -> PeerIncompatible {
        let signs = |schemes: &[SignatureScheme]| {
            let mut chains = chains.iter().flatten();
            chains.any(|entry| entry.select(schemes).is_some())
        };
        let suites_fit =
            self.offers_tls13(hello) || self.common_tls12(hello).any(|suite| signs(suite.sign));
        match suites_fit {
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
}

impl Entry {
    fn new(policy: &'static Policy, chain: &Arc<CertChain>, signing: &Signing) -> Option<Self> {
        let loaded = chain.loaded().ok()?;
        let key = signing.key(&loaded, policy)?;
        Some(Self {
            chain: chain.clone(),
            credentials: Credentials::new_unchecked(loaded.identity.clone(), Box::new(key)),
        })
    }

    fn select(&self, schemes: &[SignatureScheme]) -> Option<SelectedCredential> {
        let mut selected = self.credentials.signer(schemes)?;
        selected.ocsp = self.chain.ocsp();
        Some(selected)
    }

    fn note(&self, selected: &SelectedCredential, name_match: NameMatch) {
        step_context::note(|choices| {
            choices.chain = Some(self.chain.clone());
            choices.name_match = name_match;
            choices.our_scheme = Some(selected.signer.scheme().0);
        });
    }
}

impl fmt::Debug for Chains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.defaults.iter().flatten();
        f.debug_list()
            .entries(keys.map(|entry| &entry.credentials.key))
            .finish()
    }
}

impl ServerCredentialResolver for Chains {
    fn resolve(&self, hello: &ClientHello<'_>) -> Result<SelectedCredential, rustls::Error> {
        let name = hello.server_name().map(|name| name.as_ref().as_bytes());
        let (chains, name_match) = self.for_name(name);
        let chosen = match self.offers_tls13(hello) {
            true => self.choose_tls13(chains, hello.signature_schemes()),
            false => self.choose_tls12(chains, hello),
        };
        let (entry, selected) = chosen.ok_or_else(|| self.why_none(chains, hello))?;
        entry.note(&selected, name_match);
        step_context::reach(Milestone::Chosen);
        Ok(selected)
    }
}

impl Chains {
    /// The certificate for a server that asks for one.
    fn answer(&self, request: &CredentialRequest<'_>) -> Result<Option<Arc<Entry>>> {
        let Some(default) = self.defaults.iter().flatten().next() else {
            return Ok(None);
        };
        let Some(callback) = &self.answer_request else {
            return Ok(Some(default.clone()));
        };
        let authorities = request.root_hint_subjects().iter();
        let request =
            CertificateRequest::new(authorities.map(|name| name.as_ref().into()).collect());
        if !callback.answer(step_context::name(), &request) {
            return Err(Code::Cancelled)?;
        }
        let chain = request.answered().ok_or(Code::NoCertFound)?;
        Ok(Entry::new(self.policy, &chain, &self.signing).map(Arc::new))
    }
}

impl ClientCredentialResolver for Chains {
    fn resolve(&self, request: &CredentialRequest<'_>) -> Option<SelectedCredential> {
        let answer = self.answer(request);
        let selected = match &answer {
            Ok(Some(entry)) => entry
                .select(request.signature_schemes())
                .inspect(|selected| {
                    entry.note(selected, NameMatch::None);
                }),
            _ => None,
        };
        step_context::note(|choices| {
            choices.failure = answer.err();
            choices.request = match selected {
                Some(_) => Request::Answered,
                None => Request::Declined,
            };
        });
        step_context::reach(Milestone::Chosen);
        selected
    }

    fn supported_certificate_types(&self) -> &'static [CertificateType] {
        &[CertificateType::X509]
    }

    fn hash_config(&self, h: &mut dyn Hasher) {
        for entry in self.defaults.iter().flatten() {
            h.write_usize(Arc::as_ptr(&entry.chain).addr());
        }
    }
}
