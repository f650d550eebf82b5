//! Selection of the certificate chain, by server name, signature schemes and cipher suites.

use std::fmt;
use std::hash::Hasher;
use std::sync::Arc;

use rustls::Tls12CipherSuite;
use rustls::client::{ClientCredentialResolver, CredentialRequest};
use rustls::crypto::{SelectedCredential, SignatureScheme};
use rustls::enums::CertificateType;
use rustls::error::PeerIncompatible;
use rustls::server::{ClientHello, ServerCredentialResolver};

use super::CertChain;
use super::cert_types::CertTypes;
use super::certificates::{ByType, Certificates};
use super::request::{CertRequestCallback, CertificateRequest};
use super::signing::{PolicyKey, Signing, timed};
use super::step_context::{CertRequest, Milestone, NameMatch, StepContext};
use crate::error::{Code, Result};
use crate::policy::Policy;

/// Selects among the chains of a config, in the order of a policy's preferences.
///
/// It shares the chains with the config, so that a config with many of them is built as fast as one
/// with few.
pub(crate) struct CertResolver {
    pub(crate) policy: &'static Policy,
    pub(crate) signing: Signing,
    pub(crate) certificates: Arc<Certificates>,
    /// Client: selects the chain.
    pub(crate) cert_request: Option<Arc<dyn CertRequestCallback>>,
}

/// A chain of a config, and its credential for one handshake.
type Selected<'a> = (&'a Arc<CertChain>, SelectedCredential);

impl CertResolver {
    /// Returns whether there is no chain to select.
    pub(crate) fn is_empty(&self) -> bool {
        !self.certificates.has_domains() && self.default().is_none() && self.raw_key().is_none()
    }

    /// Returns the certificate types for which there is a chain or a raw public key; X.509 if there
    /// is neither.
    fn types(&self) -> CertTypes {
        let certificates = &self.certificates;
        let types = CertTypes::new(certificates.has_certificates(), certificates.has_raw_keys());
        types.unwrap_or_default()
    }

    /// Returns the first of the raw public keys that can be used.
    fn raw_key(&self) -> Option<&Arc<CertChain>> {
        let mut keys = self.certificates.raw_keys();
        keys.find(|key| self.can_use(key))
    }

    /// Returns the first of the default chains that can be used.
    fn default(&self) -> Option<&Arc<CertChain>> {
        self.certificates
            .defaults()
            .find(|chain| self.can_use(chain))
    }

    fn can_use(&self, chain: &CertChain) -> bool {
        let usable = chain.with_loaded(|loaded| self.signing.can_use(loaded));
        usable.unwrap_or(false)
    }

    /// Returns the chains for a server name: those of an exact match, else of a wildcard, else the
    /// defaults.
    fn for_name(&self, name: Option<&[u8]>) -> (&ByType<Arc<CertChain>>, NameMatch) {
        let certificates = &self.certificates;
        let name = name.map(<[u8]>::to_ascii_lowercase);
        if let Some(chains) = name.as_ref().and_then(|name| certificates.of_domain(name)) {
            return (chains, NameMatch::Exact);
        }
        let wildcard = name.and_then(|name| {
            let dot = name.iter().position(|&byte| byte == b'.')?;
            Some([b"*", &name[dot..]].concat())
        });
        match wildcard.and_then(|name| certificates.of_domain(&name)) {
            Some(chains) => (chains, NameMatch::Wildcard),
            None => (certificates.default_of(), NameMatch::None),
        }
    }

    /// Returns a chain with a signer of one of these schemes; `None` if its key has none.
    ///
    /// Its content may have been replaced since it was added to the config, but not by one of the
    /// other type.
    fn credential(
        &self,
        chain: &CertChain,
        schemes: &[SignatureScheme],
        context: &StepContext,
    ) -> Option<SelectedCredential> {
        let selected = chain.with_loaded(|loaded| {
            let key = PolicyKey {
                chain: loaded,
                policy: self.policy,
                signing: &self.signing,
                context,
            };
            loaded.credential(key.select(schemes)?)
        });
        let mut selected = selected.ok()??;
        selected.ocsp = chain.ocsp();
        Some(selected)
    }

    /// Selects the first of the chains that has a signer of one of these schemes.
    fn first_with<'a>(
        &self,
        chains: &'a ByType<Arc<CertChain>>,
        schemes: &[SignatureScheme],
        context: &StepContext,
    ) -> Option<Selected<'a>> {
        let mut chains = chains.iter().flatten();
        chains.find_map(|chain| Some((chain, self.credential(chain, schemes, context)?)))
    }

    /// Selects a chain for TLS 1.3: the one whose key supports the policy's most preferred scheme.
    fn select_tls13<'a>(
        &self,
        chains: &'a ByType<Arc<CertChain>>,
        offered: &[SignatureScheme],
        context: &StepContext,
    ) -> Option<Selected<'a>> {
        let schemes = self.policy.signature_schemes().iter();
        schemes
            .filter(|scheme| offered.contains(scheme))
            .find_map(|&scheme| self.first_with(chains, &[scheme], context))
    }

    /// Selects a chain for TLS 1.2, where the cipher suite implies the key type: the one that the
    /// policy's most preferred suite can use.
    fn select_tls12<'a>(
        &self,
        chains: &'a ByType<Arc<CertChain>>,
        hello: &ClientHello<'_>,
        context: &StepContext,
    ) -> Option<Selected<'a>> {
        self.common_tls12(hello).find_map(|suite| {
            let offered = hello.signature_schemes().iter().copied();
            let usable: Vec<_> = offered
                .filter(|scheme| suite.sign.contains(scheme))
                .collect();
            self.first_with(chains, &usable, context)
        })
    }

    /// Returns the error if no chain was selected: no common suite can be used with one of the
    /// keys, or the client supports none of their signature schemes.
    ///
    /// The suites are checked first: rustls reports only schemes that a common suite can use.
    fn selection_error(
        &self,
        chains: &ByType<Arc<CertChain>>,
        hello: &ClientHello<'_>,
        context: &StepContext,
    ) -> PeerIncompatible {
        let signs =
            |schemes: &[SignatureScheme]| self.first_with(chains, schemes, context).is_some();
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

impl fmt::Debug for CertResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let defaults = self.certificates.defaults();
        f.debug_list()
            .entries(defaults.map(|chain| chain.name()))
            .finish()
    }
}

/// The credential resolver of one handshake, with the context of its steps.
#[derive(Debug)]
pub(crate) struct StepResolver {
    pub(crate) chains: CertResolver,
    pub(crate) context: StepContext,
}

impl ServerCredentialResolver for StepResolver {
    fn resolve(&self, hello: &ClientHello<'_>) -> Result<SelectedCredential, rustls::Error> {
        let own = &self.chains;
        let context = &self.context;
        let (chains, name_match) = match self.selects_raw_key(hello)? {
            true => (own.certificates.raw_key_of(), NameMatch::None),
            false => own.for_name(hello.server_name().map(|name| name.as_ref().as_bytes())),
        };
        let selected = match own.offers_tls13(hello) {
            true => own.select_tls13(chains, hello.signature_schemes(), context),
            false => own.select_tls12(chains, hello, context),
        };
        let selected = selected.ok_or_else(|| own.selection_error(chains, hello, context))?;
        let selected = self.record(selected, name_match);
        self.context.reach(Milestone::CertSelected);
        Ok(selected)
    }

    fn supported_certificate_types(&self) -> &'static [CertificateType] {
        self.chains.types().list()
    }
}

impl StepResolver {
    /// Returns whether a server sends a raw public key: the credential must have the type that
    /// rustls selects. Before TLS 1.3 rustls would send the key as though it were a certificate.
    fn selects_raw_key(&self, hello: &ClientHello<'_>) -> Result<bool, rustls::Error> {
        let types = self.chains.types();
        if !types.has_raw_keys() || !self.context.hello_types().is_tls13 {
            return Ok(false);
        }
        let selected = types.select(hello.server_cert_types());
        let selected = selected.ok_or(PeerIncompatible::IncorrectCertificateTypeExtension)?;
        Ok(selected == CertificateType::RawPublicKey)
    }

    /// Records a selection in the context of the step.
    fn record(
        &self,
        (chain, mut selected): Selected<'_>,
        name_match: NameMatch,
    ) -> SelectedCredential {
        let scheme = selected.signer.scheme();
        selected.signer = timed(selected.signer, &self.context);
        self.context.select(|selection| {
            selection.chain = Some(chain.clone());
            selection.name_match = name_match;
            selection.local_scheme = Some(scheme.0);
        });
        selected
    }

    /// Selects the chain for a CertificateRequest; `None` if there is none that can be used.
    fn answer(&self, request: &CredentialRequest<'_>) -> Result<Option<Arc<CertChain>>> {
        let own = &self.chains;
        let is_raw = request.negotiated_type() == CertificateType::RawPublicKey;
        let default = match is_raw {
            true if !self.context.hello_types().is_tls13 => None,
            true => own.raw_key(),
            false => own.default(),
        };
        let Some(default) = default else {
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
        if chain.with_loaded(|loaded| loaded.is_raw() != is_raw)? {
            return Err(Code::CertTypeUnsupported.rule(
                "the chain that the callback has selected is not of the type that the server has \
                 selected: certificates, or a raw public key",
            ));
        }
        Ok(Some(chain).filter(|chain| own.can_use(chain)))
    }
}

impl ClientCredentialResolver for StepResolver {
    fn resolve(&self, request: &CredentialRequest<'_>) -> Option<SelectedCredential> {
        let answer = self.answer(request);
        let selected = match &answer {
            Ok(Some(chain)) => self
                .chains
                .credential(chain, request.signature_schemes(), &self.context)
                .map(|selected| self.record((chain, selected), NameMatch::None)),
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
        let types = self.chains.types();
        types.of_client(self.context.hello_types())
    }

    fn hash_config(&self, h: &mut dyn Hasher) {
        let certificates = &self.chains.certificates;
        for chain in certificates.defaults().chain(certificates.raw_keys()) {
            h.write_usize(Arc::as_ptr(chain).addr());
        }
    }
}
