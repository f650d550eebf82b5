//! Whether a peer is who it says it is, in the order in which s2n-tls finds out.

use std::cell::OnceCell;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;

use self::crl::{Crl, CrlLookup};
use self::path::Path;
use self::revocation::Revocation;
use self::trust_store::TrustStore;
use crate::tls::base::{Clock, Mode, lock, memory};
use crate::tls::error::{Code, Result};
use crate::tls::policy::Policy;
use crate::tls::x509::{Certificate, is_host};

pub mod crl;
mod ocsp;
mod path;
mod revocation;
pub(crate) mod trust_store;
pub(crate) mod verifier;

/// Whether certificates of clients are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    None,
    Required,
    Optional,
}

/// Answers whether a name in the peer's certificate is acceptable.
pub trait VerifyHost: Send + Sync {
    fn verify(&self, host: &[u8]) -> bool;
}

/// Finds certificate revocation lists.
pub trait LookUpCrl: Send + Sync {
    /// Asks for the list about one certificate, which may be answered later; false ends the handshake.
    fn look_up(&self, lookup: &Arc<CrlLookup>) -> bool;
}

/// Has the last word about a peer's certificate. `name` is the application's for the connection.
pub trait Validate: Send + Sync {
    /// Asks for a verdict, which may come later; false ends the handshake.
    fn validate(&self, name: usize, validation: &Arc<Validation>) -> bool;
}

/// A verdict about a peer's certificate, once it is there.
#[derive(Default)]
pub struct Validation {
    accepted: std::sync::Mutex<Option<bool>>,
}

impl Validation {
    pub fn decide(&self, accepted: bool) -> Result<()> {
        let mut verdict = lock(&self.accepted);
        if verdict.is_some() {
            return Err(Code::InvalidState)?;
        }
        *verdict = Some(accepted);
        Ok(())
    }

    pub(crate) fn verdict(&self) -> Option<bool> {
        *lock(&self.accepted)
    }
}

/// What a config says about the verification of peers.
#[derive(Clone)]
pub(crate) struct Rules {
    /// Whether anything is verified at all.
    pub(crate) verifies: bool,
    /// Whether it must be the right time, by the config's clock.
    pub(crate) checks_time: bool,
    /// Whether certificates must be meant for servers, or clients.
    pub(crate) checks_intent: bool,
    /// Whether an OCSP response that comes with a certificate must be good.
    pub(crate) checks_ocsp: bool,
    pub(crate) allows_addresses_in_common_names: bool,
    /// Critical extensions that the application evaluates itself, by the content of their identifiers.
    pub(crate) known_extensions: Vec<Box<[u8]>>,
    /// The most certificates that a peer may send.
    pub(crate) max_chain: u16,
    pub(crate) look_up_crl: Option<Arc<dyn LookUpCrl>>,
    pub(crate) validate: Option<Arc<dyn Validate>>,
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
            look_up_crl: None,
            validate: None,
        }
    }
}

/// The certificates that a peer has sent, the first its own. Each is parsed when it is first needed, and kept for
/// all steps of the verification.
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

    /// The certificates in DER.
    pub(crate) fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    pub(crate) fn into_chain(self) -> Vec<CertificateDer<'static>> {
        self.chain
    }

    /// Makes a lookup of a CRL for each certificate.
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

    /// The certificates behind the peer's own that may have issued another one, each once.
    fn issuers_of<'s>(
        &'s self,
        cert: &'s Certificate<'_>,
    ) -> impl Iterator<Item = &'s Certificate<'static>> {
        let is_repeated = |place: usize| self.chain[..place].contains(&self.chain[place]);
        let others = (1..self.chain.len()).filter(move |&place| !is_repeated(place));
        let others = others.filter_map(|place| self.certificate(place).ok());
        others.filter(|other| cert.names_as_issuer(other))
    }

    /// Whether one of the others bears the name of the issuer of the first.
    fn has_issuer(&self) -> Result<bool> {
        let leaf = self.leaf()?;
        let mut others = 1..self.chain.len();
        Ok(others.any(|place| {
            let other = self.certificate(place);
            other.is_ok_and(|other| other.subject() == leaf.issuer())
        }))
    }
}

/// Verifies one peer.
pub(crate) struct Verifier {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) policy: &'static Policy,
    pub(crate) verify_host: Option<Arc<dyn VerifyHost>>,
    pub(crate) rules: Rules,
    pub(crate) trust: Arc<TrustStore>,
    /// Which side we are; the peer is the other one.
    pub(crate) mode: Mode,
}

impl Verifier {
    /// Returns the seconds since 1970 by the application's clock.
    fn unix_time(&self) -> Result<u64> {
        let now = self.clock.now().ok_or(Code::Cancelled)?;
        Ok(now.as_secs())
    }

    pub(crate) fn is_off(&self) -> bool {
        !self.rules.verifies
    }

    pub(crate) fn look_up_crl(&self) -> Option<&Arc<dyn LookUpCrl>> {
        self.rules.look_up_crl.as_ref()
    }

    pub(crate) fn validate(&self) -> Option<&Arc<dyn Validate>> {
        self.rules.validate.as_ref()
    }

    /// Whether a chain may be looked at, and is for the right name: the server's that the client has asked
    /// for, on either side, unless a callback decides.
    pub(crate) fn check_presented(
        &self,
        presented: &Presented,
        server_name: Option<&[u8]>,
        is_tls13: bool,
    ) -> Result<()> {
        if self.trust.is_empty() {
            return Err(Code::CertUntrusted)?;
        }
        let chain = presented.chain();
        if self.policy.has_rules_for_certificates() {
            for place in 0..chain.len().min(self.rules.max_chain.into()) {
                self.policy
                    .check_peer(presented.certificate(place)?, is_tls13)?;
            }
        }
        if chain.len() > self.rules.max_chain.into() {
            return Err(Code::CertMaxChainDepthExceeded)?;
        }
        let names = presented.leaf()?.names();
        let addresses = self.rules.allows_addresses_in_common_names;
        let accepted = match &self.verify_host {
            Some(callback) => names.any(addresses, |name| callback.verify(name)),
            None => {
                let host = server_name.unwrap_or_default();
                names.any(addresses, |name| is_host(name, host))
            }
        };
        match accepted {
            true => Ok(()),
            false => Err(Code::CertInvalidHostname)?,
        }
    }

    /// Finds the path from a chain's leaf to a certificate that is trusted. With lists of revoked
    /// certificates every certificate must be covered by one, and not be in it.
    pub(crate) fn find_path<'a>(
        &'a self,
        presented: &'a Presented,
        crls: Option<&[Arc<Crl>]>,
    ) -> Result<Path<'a>> {
        let revocation = crls.map(Revocation::new);
        let path = Path::find(self, presented, revocation.as_ref())?;
        self.policy.check_root(path.anchor())?;
        Ok(path)
    }

    /// Checks an OCSP response that came with the leaf of a path.
    pub(crate) fn check_ocsp(&self, path: &Path<'_>, response: &[u8]) -> Result<()> {
        match self.rules.checks_ocsp {
            true => ocsp::check(self, path, response),
            false => Ok(()),
        }
    }
}
