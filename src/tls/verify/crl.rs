//! Certificate revocation lists (RFC 5280, 5).

use std::sync::{Arc, Mutex, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::tls::base::lock;
use crate::tls::base::memory;
use crate::tls::error::{Code, Result};
use crate::tls::process::fork;
use crate::tls::x509::{Certificate, RevocationList, canonical, pem};

/// A list. Made empty, and loaded once.
#[derive(Default)]
pub struct Crl {
    loaded: OnceLock<Loaded>,
}

/// How many times the length of its file a list takes while it is parsed: an entry of 29 bytes, which are 39
/// characters, takes 760 bytes of x509-parser's, whose list grows by doubling.
const GROWTH: usize = 20;

struct Loaded {
    list: RevocationList,
    issuer: u32,
}

impl Crl {
    /// Loads the first list of a PEM file.
    pub fn load(&self, text: &[u8]) -> Result<()> {
        if self.loaded.get().is_some() {
            return Err(Code::InvalidArgument)?;
        }
        memory::expect(text.len() * GROWTH)?;
        let list = RevocationList::parse(pem::crl(text)?)?;
        let issuer = canonical::hash(list.issuer_form());
        let loaded = Loaded { list, issuer };
        let _section = fork::section();
        self.loaded.set(loaded).map_err(|_| Code::InvalidArgument)?;
        Ok(())
    }

    fn loaded(&self) -> Result<&Loaded> {
        Ok(self.loaded.get().ok_or(Code::Null)?)
    }

    pub(crate) fn list(&self) -> Result<&RevocationList> {
        Ok(&self.loaded()?.list)
    }

    /// A hash of the name of who made the list.
    pub fn issuer_hash(&self) -> Result<u32> {
        Ok(self.loaded()?.issuer)
    }

    /// Fails if the list is for later, by the system's clock.
    pub fn check_active(&self) -> Result<()> {
        match self.list()?.this_update() <= now() {
            true => Ok(()),
            false => Err(Code::CrlNotYetValid)?,
        }
    }

    /// Fails if there should be a newer list, by the system's clock.
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

/// A question to the application: which list is about this certificate?
pub struct CrlLookup {
    issuer: u32,
    answer: Mutex<Option<Answer>>,
}

/// A list, or nothing if the application has none.
type Answer = Option<Arc<Crl>>;

impl CrlLookup {
    pub(crate) fn new(certificate: &Certificate<'_>) -> Self {
        Self {
            issuer: canonical::hash(certificate.issuer_form()),
            answer: Mutex::default(),
        }
    }

    /// A hash of the name of the certificate's issuer, to be compared with [`Crl::issuer_hash`].
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
