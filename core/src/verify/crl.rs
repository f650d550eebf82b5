//! CRLs that the application loads, and lookups of them.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::base::{lock, memory};
use crate::error::{Code, Result};
use crate::process::fork;
use crate::x509::{Certificate, RevocationList, canonical, pem};

/// A certificate revocation list (RFC 5280, 5). Created empty, and loaded once.
#[derive(Default)]
pub struct Crl {
    loaded: OnceLock<Loaded>,
}

/// The memory for parsing a CRL, as a multiple of the length of its file: an entry of 29 bytes,
/// which are 39 characters, takes 760 bytes in x509-parser, whose vector grows by doubling.
const GROWTH: usize = 20;

struct Loaded {
    list: RevocationList,
    issuer: u32,
}

impl Crl {
    /// Loads the first CRL of a PEM file.
    pub fn load(&self, text: &[u8]) -> Result<()> {
        if self.loaded.get().is_some() {
            return Err(Code::InvalidArgument)?;
        }
        memory::probe(text.len() * GROWTH)?;
        let list = RevocationList::parse(pem::crl(text)?)?;
        let issuer = canonical::hash(list.issuer_form());
        let loaded = Loaded { list, issuer };
        let _section = fork::critical_section();
        self.loaded.set(loaded).map_err(|_| Code::InvalidArgument)?;
        Ok(())
    }

    fn loaded(&self) -> Result<&Loaded> {
        Ok(self.loaded.get().ok_or(Code::Null)?)
    }

    pub(crate) fn list(&self) -> Result<&RevocationList> {
        Ok(&self.loaded()?.list)
    }

    /// Returns the hash of the issuer's name.
    pub fn issuer_hash(&self) -> Result<u32> {
        Ok(self.loaded()?.issuer)
    }

    /// Fails if thisUpdate is in the future, by the system's clock.
    pub fn check_active(&self) -> Result<()> {
        match self.list()?.this_update() <= now() {
            true => Ok(()),
            false => Err(Code::CrlNotYetValid)?,
        }
    }

    /// Fails if nextUpdate has passed, by the system's clock.
    pub fn check_not_expired(&self) -> Result<()> {
        match self.list()?.next_update() {
            Some(next) if next <= now() => Err(Code::CrlExpired)?,
            _ => Ok(()),
        }
    }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs().try_into().unwrap_or(i64::MAX))
}

/// A request to the application for the CRL of one certificate.
pub struct CrlLookup {
    issuer: u32,
    answer: Mutex<Option<Answer>>,
}

/// A CRL, or `None` if the application has none.
type Answer = Option<Arc<Crl>>;

impl CrlLookup {
    pub(crate) fn new(certificate: &Certificate<'_>) -> Self {
        Self {
            issuer: canonical::hash(certificate.issuer_form()),
            answer: Mutex::default(),
        }
    }

    /// Returns the hash of the name of the certificate's issuer, for comparison with
    /// [`Crl::issuer_hash`].
    pub fn issuer_hash(&self) -> u32 {
        self.issuer
    }

    pub fn answer(&self, answer: Option<Arc<Crl>>) {
        *lock(&self.answer) = Some(answer);
    }

    pub(crate) fn answered(&self) -> Option<Answer> {
        lock(&self.answer).clone()
    }
}
