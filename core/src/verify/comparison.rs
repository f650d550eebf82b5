//! Verification of a chain without a connection, so that tests can compare its outcome with that of
//! other verifiers. Not part of a normal build.

use std::cell::RefCell;
use std::time::Duration;

use rustls::pki_types::CertificateDer;

use super::chain_cache::ChainCache;
use super::rejection::Rejection;
use super::trust_store::{Roots, TrustStore};
use super::{Moment, Presented, Rules, Verifier, VerifyHostCallback};
use crate::base::{Clock, Mode};
use crate::error::{Code, Error, Result};
use crate::policy::Policy;
use crate::x509::DerChain;

/// A trust store, and the settings of a verification: those of a new config.
pub struct Comparison {
    policy: &'static Policy,
    trust: TrustStore,
    rules: Rules,
    chains: ChainCache,
}

/// Why a chain is rejected.
#[derive(Debug)]
pub struct Refusal {
    pub code: Code,
    /// The check that has failed, as `rejection::Check` names it; empty without a rejection.
    pub check: String,
}

/// The time of a verification.
struct FixedClock(Duration);

impl Clock for FixedClock {
    fn now(&self) -> Option<Duration> {
        Some(self.0)
    }
}

struct AnyName;

impl VerifyHostCallback for AnyName {
    fn verify(&self, _: &[u8]) -> bool {
        true
    }
}

impl Comparison {
    /// Creates an empty trust store.
    pub fn new(policy: &'static Policy) -> Self {
        Self {
            policy,
            trust: TrustStore::default(),
            rules: Rules::default(),
            chains: ChainCache::new(false),
        }
    }

    /// Adds the trust anchors of a PEM file.
    pub fn trust(&mut self, pem: &[u8]) -> Result<()> {
        self.trust.add(Roots::from_pem(pem)?)
    }

    /// Verifies a chain, leaf first, for the peer of `mode`, with any name. Returns the path, from the
    /// leaf to the trust anchor.
    pub fn path(&self, chain: &[Vec<u8>], now: Duration, mode: Mode) -> Result<DerChain, Refusal> {
        let clock = FixedClock(now);
        let verifier = self.verifier(&clock, mode, Some(&AnyName));
        let presented = presented(chain);
        let found = verifier
            .check_presented(&presented, None, true)
            .and_then(|()| verifier.moment())
            .and_then(|moment: Moment| {
                let path = verifier.find_path(&presented, None, &moment)?;
                Ok(path.certificates())
            });
        found.map_err(|error| Refusal::of(&error, &verifier.rejection))
    }

    /// Verifies that the leaf of a chain is that of a server with this name, and that no extension of it
    /// is malformed, for which the search of a path rejects it.
    pub fn name(&self, chain: &[Vec<u8>], host: &[u8]) -> Result<(), Refusal> {
        let clock = FixedClock(Duration::ZERO);
        let verifier = self.verifier(&clock, Mode::Client, None);
        let presented = presented(chain);
        let checked = verifier.check_presented(&presented, Some(host), true);
        let checked = checked.and_then(|()| {
            let leaf = presented.leaf()?;
            Ok(leaf.check_form(&self.rules.known_extensions)?)
        });
        checked.map_err(|error| Refusal::of(&error, &verifier.rejection))
    }

    fn verifier<'a>(
        &'a self,
        clock: &'a FixedClock,
        mode: Mode,
        verify_host: Option<&'a dyn VerifyHostCallback>,
    ) -> Verifier<'a> {
        Verifier {
            clock,
            policy: self.policy,
            verify_host,
            rules: &self.rules,
            trust: &self.trust,
            chains: &self.chains,
            mode,
            rejection: RefCell::default(),
        }
    }
}

fn presented(chain: &[Vec<u8>]) -> Presented {
    let certificates = chain.iter().cloned().map(CertificateDer::from);
    Presented::new(certificates.collect())
}

impl Refusal {
    fn of(error: &Error, rejection: &RefCell<Option<Box<Rejection>>>) -> Self {
        let rejection = rejection.borrow();
        let check = rejection
            .as_ref()
            .map(|rejection| format!("{:?}", rejection.check));
        let check = check.unwrap_or_default();
        let end = check.find(|letter: char| !letter.is_ascii_alphanumeric());
        Self {
            code: error.code(),
            check: check[..end.unwrap_or(check.len())].to_owned(),
        }
    }
}
