//! Selection of the certificate chain, by server name, signature schemes and cipher suites.

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

use super::CertChain;
use super::certificates::{ByType, Certificates};
use super::request::{CertRequestCallback, CertificateRequest};
use super::signing::{PolicyKey, Signing};
use super::step_context::{CertRequest, Milestone, NameMatch, StepContext};
use crate::base::memory;
use crate::error::{Code, Result};
use crate::policy::Policy;

/// Selects among the chains of a config, in the order of a policy's preferences.
pub(crate) struct CertResolver {
    policy: &'static Policy,
    signing: Signing,
    defaults: ByType<Arc<Entry>>,
    domains: HashMap<Vec<u8>, ByType<Arc<Entry>>>,
    /// Client: selects the chain.
    pub(crate) cert_request: Option<Arc<dyn CertRequestCallback>>,
}

struct Entry {
    chain: Arc<CertChain>,
    key: PolicyKey,
    credentials: Credentials,
}

impl CertResolver {
    pub(crate) fn new(
        certificates: &Certificates,
        signing: Signing,
        policy: &'static Policy,
    ) -> Result<Self> {
        memory::probe(2 * certificates.size())?;
        let mut entries = HashMap::new();
        let mut entry = |chain: &Arc<CertChain>| {
            let made = || Entry::new(policy, chain, &signing).map(Arc::new);
            let entry = entries.entry(Arc::as_ptr(chain)).or_insert_with(made);
            entry.clone()
        };
        let mut ready = |chains: &ByType<Arc<CertChain>>| -> ByType<Arc<Entry>> {
            chains.each_ref().map(|chain| entry(chain.as_ref()?))
        };
        Ok(Self {
            policy,
            defaults: ready(certificates.default_of()),
            domains: certificates
                .domains()
                .map(|(name, chains)| (name.to_vec(), ready(chains)))
                .collect(),
            cert_request: None,
            signing,
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.domains.is_empty() && self.defaults.iter().all(Option::is_none)
    }

    /// Returns the chains for a server name: those of an exact match, else of a wildcard, else the
    /// defaults.
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

    /// Selects a chain for TLS 1.3: the one whose key supports the policy's most preferred scheme.
    fn select_tls13<'a>(
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

    /// Selects a chain for TLS 1.2, where the cipher suite implies the key type: the one that the
    /// policy's most preferred suite can use.
    fn select_tls12<'a>(
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

    /// Returns the error if no chain was selected: no common suite can be used with one of the
    /// keys, or the client supports none of their signature schemes.
    ///
    /// The suites are checked first: rustls reports only schemes that a common suite can use.
    fn selection_error(
        &self,
        chains: &ByType<Arc<Entry>>,
        hello: &ClientHello<'_>,
    ) -> PeerIncompatible {
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
            credentials: key.clone().credentials(),
            key,
        })
    }

    fn select(&self, schemes: &[SignatureScheme]) -> Option<SelectedCredential> {
        let mut selected = self.credentials.signer(schemes)?;
        selected.ocsp = self.chain.ocsp();
        Some(selected)
    }

    /// Binds the selected signer to the context of a step, and records the selection there.
    fn bind(
        &self,
        mut selected: SelectedCredential,
        name_match: NameMatch,
        context: &StepContext,
    ) -> SelectedCredential {
        let scheme = selected.signer.scheme();
        selected.signer = self.key.within(context, selected.signer);
        context.select(|selection| {
            selection.chain = Some(self.chain.clone());
            selection.name_match = name_match;
            selection.local_scheme = Some(scheme.0);
        });
        selected
    }
}

impl fmt::Debug for CertResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.defaults.iter().flatten();
        f.debug_list()
            .entries(keys.map(|entry| &entry.credentials.key))
            .finish()
    }
}

/// The credential resolver of one handshake, with the context of its steps.
#[derive(Debug)]
pub(crate) struct StepResolver {
    pub(crate) chains: Arc<CertResolver>,
    pub(crate) context: StepContext,
}

impl ServerCredentialResolver for StepResolver {
    fn resolve(&self, hello: &ClientHello<'_>) -> Result<SelectedCredential, rustls::Error> {
        let own = &self.chains;
        let name = hello.server_name().map(|name| name.as_ref().as_bytes());
        let (chains, name_match) = own.for_name(name);
        let chosen = match own.offers_tls13(hello) {
            true => own.select_tls13(chains, hello.signature_schemes()),
            false => own.select_tls12(chains, hello),
        };
        let (entry, selected) = chosen.ok_or_else(|| own.selection_error(chains, hello))?;
        let selected = entry.bind(selected, name_match, &self.context);
        self.context.reach(Milestone::CertSelected);
        Ok(selected)
    }
}

impl StepResolver {
    /// Selects the chain for a CertificateRequest.
    fn answer(&self, request: &CredentialRequest<'_>) -> Result<Option<Arc<Entry>>> {
        let own = &self.chains;
        let Some(default) = own.defaults.iter().flatten().next() else {
            return Ok(None);
        };
        let Some(callback) = own.cert_request.clone() else {
            return Ok(Some(default.clone()));
        };
        let authorities = request.root_hint_subjects().iter();
        let request =
            CertificateRequest::new(authorities.map(|name| name.as_ref().into()).collect());
        let name = self.context.name();
        let answered = self.context.call(move || {
            let accepted = callback.answer(name, &request);
            accepted.then(|| request.answered())
        });
        let chain = answered.flatten().ok_or(Code::Cancelled)?;
        let chain = chain.ok_or(Code::NoCertFound)?;
        Ok(Entry::new(own.policy, &chain, &own.signing).map(Arc::new))
    }
}

impl ClientCredentialResolver for StepResolver {
    fn resolve(&self, request: &CredentialRequest<'_>) -> Option<SelectedCredential> {
        let answer = self.answer(request);
        let selected = match &answer {
            Ok(Some(entry)) => entry
                .select(request.signature_schemes())
                .map(|selected| entry.bind(selected, NameMatch::None, &self.context)),
            _ => None,
        };
        if let Err(error) = answer {
            self.context.fail(error);
        }
        self.context.select(|selection| {
            selection.request = match selected {
                Some(_) => CertRequest::Answered,
                None => CertRequest::Declined,
            };
        });
        self.context.reach(Milestone::CertSelected);
        selected
    }

    fn supported_certificate_types(&self) -> &'static [CertificateType] {
        &[CertificateType::X509]
    }

    fn hash_config(&self, h: &mut dyn Hasher) {
        for entry in self.chains.defaults.iter().flatten() {
            h.write_usize(Arc::as_ptr(&entry.chain).addr());
        }
    }
}
