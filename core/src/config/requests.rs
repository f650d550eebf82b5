//! Settings of certificate requests.

use std::sync::Arc;

use rustls::DistinguishedName;

use super::Config;
use crate::credentials::CertRequestCallback;
use crate::error::{Code, Result};

/// The maximum length of the certificate authorities in a CertificateRequest, in bytes.
const MAX_AUTHORITIES: usize = 20_000;

impl Config {
    pub fn set_cert_request(&self, callback: Option<Arc<dyn CertRequestCallback>>) {
        self.change(|settings| settings.cert_request = callback);
    }

    /// Sets the certificate authorities of a server's CertificateRequest from the present trust store.
    pub fn name_authorities(&self) -> Result<()> {
        let trust = self.read(|settings| settings.trust.clone());
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
