//! Verification of a peer's identity: host names, certificate paths, revocation, and the callbacks
//! of the application. Checks run in the order of s2n-tls, so that of two errors the same one is
//! reported.

use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;

use self::chain_cache::{ChainCache, VerifiedChain};
use self::crl::{Crl, CrlLookup};
pub(crate) use self::moment::Moment;
use self::path::Path;
use self::rejection::{Check, Fault, Identity, MAX_NAMES, NameCheck, Rejected, Rejection};
use self::revocation::Revocation;
use self::trust_store::TrustStore;
use crate::base::{Clock, Mode, lock, memory};
use crate::error::{Code, Error, Reason, Result};
use crate::policy::Policy;
use crate::x509::{Certificate, Names, is_host};

pub(crate) mod chain_cache;
#[cfg(any(test, feature = "internal-test"))]
pub mod comparison;
pub mod crl;
mod moment;
mod ocsp;
mod path;
pub(crate) mod raw_key;
pub(crate) mod rejection;
mod revocation;
pub(crate) mod trust_store;
pub(crate) mod verifier;

/// Whether a server requests certificates of clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    None,
    Required,
    Optional,
}

/// A callback that verifies host names: accepts or rejects a name in the peer's certificate.
pub trait VerifyHostCallback: Send + Sync {
    /// Returns whether the name is accepted.
    fn verify(&self, host: &[u8]) -> bool;
}

/// A callback that looks up CRLs.
pub trait CrlLookupCallback: Send + Sync {
    /// Requests the CRL for one certificate, which may be provided later. False cancels the
    /// handshake.
    fn look_up(&self, lookup: &Arc<CrlLookup>) -> bool;
}

/// A callback that validates the peer's certificate after all other checks.
pub trait CertValidationCallback: Send + Sync {
    /// Requests the outcome, which may be set later. `name` is the application's pointer to the
    /// connection. False cancels the handshake.
    fn validate(&self, name: usize, validation: &Arc<Validation>) -> bool;
}

/// The outcome of the application's validation of a peer's certificate, once it is set.
#[derive(Default)]
pub struct Validation {
    accepted: std::sync::Mutex<Option<bool>>,
}

impl Validation {
    /// Sets the outcome, once.
    pub fn decide(&self, accepted: bool) -> Result<()> {
        let mut outcome = lock(&self.accepted);
        if outcome.is_some() {
            return Err(Code::InvalidState)?;
        }
        *outcome = Some(accepted);
        Ok(())
    }

    pub(crate) fn outcome(&self) -> Option<bool> {
        *lock(&self.accepted)
    }
}

/// Settings of a config for the verification of peers.
#[derive(Clone)]
pub(crate) struct Rules {
    /// False if verification is disabled.
    pub(crate) verifies: bool,
    /// Whether validity periods are checked, by the config's clock.
    pub(crate) checks_time: bool,
    /// Whether key usage and extended key usage must allow the peer's role.
    pub(crate) checks_intent: bool,
    /// Whether the status in a stapled OCSP response must be good.
    pub(crate) checks_ocsp: bool,
    pub(crate) allows_addresses_in_common_names: bool,
    /// Critical extensions that the application evaluates, as contents of their object identifiers.
    pub(crate) known_extensions: Vec<Box<[u8]>>,
    /// The maximum number of certificates that a peer may send.
    pub(crate) max_chain: u16,
    pub(crate) crl_lookup: Option<Arc<dyn CrlLookupCallback>>,
    pub(crate) cert_validation: Option<Arc<dyn CertValidationCallback>>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            verifies: true,
            checks_time: true,
            checks_intent: true,
            checks_ocsp: true,
            allows_addresses_in_common_names: false,
            known_extensions: Vec::new(),
            max_chain: 7,
            crl_lookup: None,
            cert_validation: None,
        }
    }
}

/// The certificate chain that a peer has sent, leaf first. Each certificate is parsed when it is
/// first needed, and kept for all steps of the verification.
pub(crate) struct Presented {
    chain: Vec<CertificateDer<'static>>,
    parsed: Vec<OnceCell<Result<Certificate<'static>, Code>>>,
}

impl Presented {
    pub(crate) fn new(chain: Vec<CertificateDer<'static>>) -> Self {
        Self {
            parsed: chain.iter().map(|_| OnceCell::new()).collect(),
            chain,
        }
    }

    /// Returns the certificates in DER.
    pub(crate) fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    pub(crate) fn into_chain(self) -> Vec<CertificateDer<'static>> {
        self.chain
    }

    /// Creates a CRL lookup for each certificate.
    pub(crate) fn crl_lookups(&self) -> Result<Vec<Arc<CrlLookup>>> {
        let certificates = (0..self.chain.len()).map(|place| self.certificate(place));
        certificates
            .map(|cert| Ok(Arc::new(CrlLookup::new(cert?))))
            .collect()
    }

    fn leaf(&self) -> Result<&Certificate<'static>> {
        self.certificate(0)
    }

    fn certificate(&self, place: usize) -> Result<&Certificate<'static>> {
        let (Some(der), Some(parsed)) = (self.chain.get(place), self.parsed.get(place)) else {
            return Err(Code::NoCertFound)?;
        };
        let parse = || {
            let cert = memory::copy(der).and_then(Certificate::parse);
            cert.map_err(|error| error.code())
        };
        Ok(parsed.get_or_init(parse).as_ref().map_err(|&code| code)?)
    }

    /// Returns the intermediates that may have issued `cert`, each once.
    fn issuers_of<'s>(
        &'s self,
        cert: &'s Certificate<'_>,
    ) -> impl Iterator<Item = &'s Certificate<'static>> {
        let is_repeated = |place: usize| self.chain[..place].contains(&self.chain[place]);
        let others = (1..self.chain.len()).filter(move |&place| !is_repeated(place));
        let others = others.filter_map(|place| self.certificate(place).ok());
        others.filter(|other| cert.names_as_issuer(other))
    }

    /// Returns whether the chain has a certificate with the subject that the leaf names as its
    /// issuer.
    fn has_issuer(&self) -> Result<bool> {
        let leaf = self.leaf()?;
        let mut others = 1..self.chain.len();
        Ok(others.any(|place| {
            let other = self.certificate(place);
            other.is_ok_and(|other| other.subject() == leaf.issuer())
        }))
    }
}

/// Verifies the identity of one peer.
pub(crate) struct Verifier<'a> {
    pub(crate) clock: &'a dyn Clock,
    pub(crate) policy: &'static Policy,
    pub(crate) verify_host: Option<&'a dyn VerifyHostCallback>,
    pub(crate) rules: &'a Rules,
    pub(crate) trust: &'a TrustStore,
    /// The chains that were verified with these settings.
    pub(crate) chains: &'a ChainCache,
    /// The role of this side of the connection, not of the peer.
    pub(crate) mode: Mode,
    /// The certificate that was rejected, and why.
    pub(crate) rejection: RefCell<Option<Box<Rejection>>>,
}

impl Verifier<'_> {
    /// Returns the seconds since 1970 by the application's clock.
    fn unix_time(&self) -> Result<u64> {
        let now = self.clock.now().ok_or(Code::Cancelled)?;
        Ok(now.as_secs())
    }

    /// Records the fault of a certificate, and returns its error.
    #[track_caller]
    fn reject(&self, fault: Fault<'_>) -> Error {
        self.reject_for(fault.code, Some(Identity::of(fault.cert)), fault.check)
    }

    #[track_caller]
    fn reject_for(&self, code: Code, rejected: impl Into<Rejected>, check: Check) -> Error {
        let rejected = rejected.into();
        let rejection = Rejection { rejected, check };
        self.rejection.replace(Some(Box::new(rejection)));
        code.because(Reason::Certificate)
    }

    /// Records that the application rejects the leaf, and returns the error.
    #[track_caller]
    pub(crate) fn reject_leaf(
        &self,
        code: Code,
        presented: &Presented,
        reason: &'static str,
    ) -> Error {
        let leaf = presented.leaf().ok().map(Identity::of);
        self.reject_for(code, leaf, Check::Application(reason))
    }

    pub(crate) fn is_off(&self) -> bool {
        !self.rules.verifies
    }

    /// Reads the clock, if validity periods are checked.
    pub(crate) fn moment(&self) -> Result<Moment> {
        match self.rules.checks_time {
            true => Ok(Moment::at(self.unix_time()?)),
            false => Ok(Moment::any()),
        }
    }

    pub(crate) fn crl_lookup_callback(&self) -> Option<&Arc<dyn CrlLookupCallback>> {
        self.rules.crl_lookup.as_ref()
    }

    pub(crate) fn cert_validation_callback(&self) -> Option<&Arc<dyn CertValidationCallback>> {
        self.rules.cert_validation.as_ref()
    }

    /// Checks a chain before a path is built: the policy's requirements, the length, and the name
    /// in the leaf. The name is compared with the server name that the client requested, on either
    /// side, unless a callback verifies it.
    pub(crate) fn check_presented(
        &self,
        presented: &Presented,
        server_name: Option<&[u8]>,
        is_tls13: bool,
    ) -> Result<()> {
        if self.trust.is_empty() {
            return Err(self.reject_for(
                Code::CertUntrusted,
                Rejected::Chain,
                Check::NoTrustAnchors,
            ));
        }
        let (chain, most) = (presented.chain(), self.rules.max_chain);
        if self.policy.restricts_certificates() {
            for place in 0..chain.len().min(most.into()) {
                let cert = presented.certificate(place)?;
                let checked = self.policy.check_peer(cert, is_tls13);
                checked.map_err(|error| self.reject_by_policy(&error, cert))?;
            }
        }
        if chain.len() > most.into() {
            let len = chain.len();
            let check = Check::ChainTooLong { len, most };
            return Err(self.reject_for(Code::CertMaxChainDepthExceeded, Rejected::Chain, check));
        }
        let leaf = presented.leaf();
        let leaf =
            leaf.map_err(|error| self.reject_for(error.code(), Rejected::Chain, Check::Malformed))?;
        self.check_names(leaf.names(), presented, server_name)
    }

    /// Records which part of a certificate the policy does not permit.
    #[track_caller]
    fn reject_by_policy(&self, error: &Error, cert: &Certificate<'_>) -> Error {
        let policy = self.policy.label();
        let check = match self.policy.permits_key_of(cert) {
            // The code of no other requirement.
            _ if error.code() == Code::CertUntrusted => Check::Sha1Signature,
            true => Check::SignatureAlgorithm {
                policy,
                algorithm: cert.signature_algorithm_name(),
            },
            false => Check::Key {
                policy,
                key: cert
                    .key_info()
                    .name()
                    .unwrap_or("of an unknown type".into())
                    .into(),
            },
        };
        self.reject_for(error.code(), Some(Identity::of(cert)), check)
    }

    /// Checks the names of a leaf.
    fn check_names(
        &self,
        names: &Names,
        presented: &Presented,
        server_name: Option<&[u8]>,
    ) -> Result<()> {
        let addresses = self.rules.allows_addresses_in_common_names;
        let accepted = match self.verify_host {
            Some(callback) => names.any(addresses, |name| callback.verify(name)),
            None => {
                let host = server_name.unwrap_or_default();
                names.any(addresses, |name| is_host(name, host))
            }
        };
        match accepted {
            true => Ok(()),
            false => Err(self.reject_names(names, presented, server_name)),
        }
    }

    #[track_caller]
    fn reject_names(
        &self,
        names: &Names,
        presented: &Presented,
        server_name: Option<&[u8]>,
    ) -> Error {
        let (mut shown, mut more) = (Vec::new(), 0);
        names.each_host(|name| match shown.len() < MAX_NAMES {
            true => shown.push(String::from_utf8_lossy(name).chars().take(256).collect()),
            false => more += 1,
        });
        let check = NameCheck {
            expected: match self.verify_host {
                Some(_) => None,
                None => Some(server_name.unwrap_or_default().to_vec()),
            },
            names: shown,
            more,
        };
        let leaf = presented.leaf().ok().map(Identity::of);
        self.reject_for(
            Code::CertInvalidHostname,
            leaf,
            Check::Name(Box::new(check)),
        )
    }

    /// Checks the names of a chain whose path is known, like [`Self::check_presented`].
    pub(crate) fn check_known(
        &self,
        known: &VerifiedChain,
        presented: &Presented,
        server_name: Option<&[u8]>,
    ) -> Result<()> {
        self.check_names(known.names(), presented, server_name)
    }

    /// Builds and validates the path from the leaf to a trust anchor. With CRLs, each certificate
    /// must be covered by one, and not be listed in it.
    pub(crate) fn find_path<'a>(
        &'a self,
        presented: &'a Presented,
        crls: Option<&[Arc<Crl>]>,
        moment: &Moment,
    ) -> Result<Path<'a>> {
        let revocation = crls.map(Revocation::new);
        let path = Path::find(self, presented, revocation.as_ref(), moment)?;
        let root = path.anchor();
        let checked = self.policy.check_root(root);
        checked.map_err(|error| self.reject_by_policy(&error, root))?;
        Ok(path)
    }

    /// Checks the OCSP response that was stapled to the leaf of a path.
    pub(crate) fn check_ocsp(&self, path: &Path<'_>, response: &[u8]) -> Result<()> {
        if !self.rules.checks_ocsp {
            return Ok(());
        }
        ocsp::check(self, path, response).map_err(|error| {
            let Reason::Rule(reason) = error.reason() else {
                return error;
            };
            let leaf = Identity::of(path.leaf());
            self.reject_for(error.code(), Some(leaf), Check::Ocsp(reason))
        })
    }
}
