//! Certificate revocation lists (RFC 5280, 5).

use std::sync::{Arc, Mutex, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use webpki::{CertRevocationList, OwnedCertRevocationList};
use x509_parser::prelude::{CertificateRevocationList, FromDer};

use super::{name_hash, names, pem};
use crate::tls::connection::lock;
use crate::tls::error::{Code, Result};

/// A list. Made empty, and loaded once.
#[derive(Default)]
pub struct Crl {
    loaded: OnceLock<Loaded>,
}

struct Loaded {
    /// What paths are checked with; or why they cannot be.
    list: Result<CertRevocationList<'static>, Code>,
    issuer: u32,
    /// Seconds since 1970.
    this_update: i64,
    next_update: Option<i64>,
}

impl Crl {
    /// Loads the first list of a PEM file.
    pub fn load(&self, text: &[u8]) -> Result<()> {
        if self.loaded.get().is_some() {
            return Err(Code::InvalidArgument)?;
        }
        let der = pem::crl(text)?;
        let Ok((_, list)) = CertificateRevocationList::from_der(&der) else {
            return Err(Code::InvalidPem)?;
        };
        let loaded = Loaded {
            list: OwnedCertRevocationList::from_der(&der)
                .map(CertRevocationList::Owned)
                .map_err(|error| unusable(&error)),
            issuer: name_hash::of(list.issuer()),
            this_update: list.last_update().timestamp(),
            next_update: list.next_update().map(|time| time.timestamp()),
        };
        self.loaded.set(loaded).map_err(|_| Code::InvalidArgument)?;
        Ok(())
    }

    fn loaded(&self) -> Result<&Loaded> {
        Ok(self.loaded.get().ok_or(Code::Null)?)
    }

    pub(crate) fn list(&self) -> Result<&CertRevocationList<'static>> {
        match &self.loaded()?.list {
            Ok(list) => Ok(list),
            Err(code) => Err(*code)?,
        }
    }

    /// A hash of the name of who made the list.
    pub fn issuer_hash(&self) -> Result<u32> {
        Ok(self.loaded()?.issuer)
    }

    /// Fails if the list is for later, by the system's clock.
    pub fn check_active(&self) -> Result<()> {
        match self.loaded()?.this_update <= now() {
            true => Ok(()),
            false => Err(Code::CrlNotYetValid)?,
        }
    }

    /// Fails if there should be a newer list, by the system's clock.
    pub fn check_not_expired(&self) -> Result<()> {
        match self.loaded()?.next_update {
            Some(next) if next <= now() => Err(Code::CrlExpired)?,
            _ => Ok(()),
        }
    }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs().try_into().unwrap_or(i64::MAX))
}

/// What is wrong with a list that cannot be used.
fn unusable(error: &webpki::Error) -> Code {
    match error {
        webpki::Error::UnsupportedCriticalExtension => Code::CrlUnhandledCriticalExtension,
        _ => Code::CrlLookupFailed,
    }
}

/// A question to the application: which list is about this certificate?
pub struct CrlLookup {
    issuer: u32,
    answer: Mutex<Option<Answer>>,
}

/// A list, or nothing if the application has none.
type Answer = Option<Arc<Crl>>;

impl CrlLookup {
    pub(crate) fn new(certificate: &[u8]) -> Result<Self> {
        let certificate = names::parse(certificate)?;
        Ok(Self {
            issuer: name_hash::of(certificate.issuer()),
            answer: Mutex::default(),
        })
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
