//! A server's request for a certificate, as the application sees it.

use std::sync::atomic::{AtomicUsize, Ordering::*};
use std::sync::{Arc, Mutex};

use rustls::DistinguishedName;

use super::Config;
use crate::tls::base::lock;
use crate::tls::certs::CertChain;
use crate::tls::error::{Code, Result};

/// Chooses the certificate that a client shows. `name` is the application's for the connection.
pub trait AnswerRequest: Send + Sync {
    /// False ends the handshake.
    fn answer(&self, name: usize, request: &CertificateRequest) -> bool;
}

/// What a server asks for, and what it gets.
pub struct CertificateRequest {
    pub authorities: Authorities,
    answer: Mutex<Option<Arc<CertChain>>>,
}

impl CertificateRequest {
    pub(super) fn new(authorities: Vec<Vec<u8>>) -> Self {
        Self {
            authorities: Authorities {
                names: authorities,
                next: AtomicUsize::new(0),
            },
            answer: Mutex::default(),
        }
    }

    pub fn answer(&self, chain: Arc<CertChain>) {
        *lock(&self.answer) = Some(chain);
    }

    pub(super) fn answered(self) -> Option<Arc<CertChain>> {
        lock(&self.answer).take()
    }
}

/// The names (DER) of the authorities that a server accepts, read one by one.
pub struct Authorities {
    names: Vec<Vec<u8>>,
    next: AtomicUsize,
}

impl Authorities {
    pub fn has_next(&self) -> bool {
        self.next.load(Relaxed) < self.names.len()
    }

    pub fn next(&self) -> Option<&[u8]> {
        let name = self.names.get(self.next.load(Relaxed))?;
        self.next.fetch_add(1, Relaxed);
        Some(name)
    }

    pub fn reread(&self) {
        self.next.store(0, Relaxed);
    }
}

/// How long the list may be that a server sends, in bytes.
const MAX_AUTHORITIES: usize = 20_000;

impl Config {
    pub fn set_answer_request(&self, callback: Option<Arc<dyn AnswerRequest>>) {
        self.change(|settings| settings.answer_request = callback);
    }

    /// Makes servers name those who are trusted now when they ask for a certificate.
    pub fn name_authorities(&self) -> Result<()> {
        let trust = lock(&self.settings).trust.clone();
        if trust.has_system() {
            return Err(Code::InvalidState)?;
        }
        let mut authorities = Vec::new();
        let mut size = 0;
        for subject in trust.subjects() {
            let name = DistinguishedName::from(subject.to_vec());
            size += 2 + name.as_ref().len();
            if size > MAX_AUTHORITIES {
                return Err(Code::TooManyCas)?;
            }
            authorities.push(name);
        }
        self.change(|settings| settings.authorities = authorities.into());
        Ok(())
    }
}
