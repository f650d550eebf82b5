//! CertificateRequests of servers, for the application's callback.

use std::sync::atomic::{AtomicUsize, Ordering::*};
use std::sync::{Arc, Mutex};

use super::CertChain;
use crate::base::lock;

/// Callback that selects the certificate chain of a client. `name` is the application's pointer to
/// the connection.
pub trait CertRequestCallback: Send + Sync {
    /// Selects a chain with [`CertificateRequest::answer`]. False cancels the handshake.
    fn answer(&self, name: usize, request: &CertificateRequest) -> bool;
}

/// A CertificateRequest, and the chain that the application has selected.
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

    /// Sets the selected chain.
    pub fn answer(&self, chain: Arc<CertChain>) {
        *lock(&self.answer) = Some(chain);
    }

    /// Returns the selected chain.
    pub(super) fn answered(self) -> Option<Arc<CertChain>> {
        lock(&self.answer).take()
    }
}

/// The certificate authorities of a CertificateRequest, as distinguished names in DER, read one
/// after another.
pub struct Authorities {
    names: Vec<Vec<u8>>,
    next: AtomicUsize,
}

impl Authorities {
    pub fn has_next(&self) -> bool {
        self.next.load(Relaxed) < self.names.len()
    }

    /// Returns the next name.
    pub fn next(&self) -> Option<&[u8]> {
        let name = self.names.get(self.next.load(Relaxed))?;
        self.next.fetch_add(1, Relaxed);
        Some(name)
    }

    /// Restarts at the first name.
    pub fn reread(&self) {
        self.next.store(0, Relaxed);
    }
}
