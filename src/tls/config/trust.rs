//! Whom a config trusts.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::{env, fs};

use rustls::pki_types::{CertificateDer, TrustAnchor};

use crate::tls::certs::pem;
use crate::tls::error::{Code, Result};

/// Certificates that need nobody to vouch for them.
#[derive(Clone, Default)]
pub(super) struct TrustStore {
    own: Roots,
    system: Option<Arc<Roots>>,
}

/// Trusted certificates, and the anchors that they make.
///
/// A certificate that is trusted and shown by the peer itself is recognized by its bytes, so they
/// are kept.
#[derive(Clone, Default)]
pub(super) struct Roots {
    pub(super) anchors: Vec<TrustAnchor<'static>>,
    pub(super) certificates: Vec<CertificateDer<'static>>,
}

impl Roots {
    /// Parses the certificates of a PEM file.
    pub(super) fn from_pem(text: &[u8]) -> Result<Self> {
        let certs = pem::certificates(text).map_err(|error| match error.code() {
            Code::NoCertificateInPem => Code::InvalidPem,
            code => code,
        })?;
        let mut roots = Self::default();
        for cert in certs {
            roots.add(cert)?;
        }
        Ok(roots)
    }

    /// Parses the certificates of a file, and of all files of a directory.
    pub(super) fn from_location(file: Option<&Path>, dir: Option<&Path>) -> Result<Self> {
        if file.is_none() && dir.is_none() {
            return Err(Code::X509TrustStore)?;
        }
        let mut roots = match file {
            Some(file) => {
                let text = fs::read(file).map_err(|_| Code::X509TrustStore)?;
                Self::from_pem(&text).map_err(|_| Code::X509TrustStore)?
            }
            None => Self::default(),
        };
        if let Some(dir) = dir {
            roots.add_directory(dir)?;
        }
        Ok(roots)
    }

    /// Adds the certificates that parse: such a directory holds links, lists and README files as well.
    ///
    /// s2n-tls looks into a directory only during handshakes, so one that cannot be read is no error
    /// here either: it leads to peers that are not trusted.
    fn add_directory(&mut self, dir: &Path) -> Result<()> {
        let Ok(entries) = fs::read_dir(dir) else {
            return Ok(());
        };
        // A certificate is there under its own name and under the hash of its subject.
        let mut known: HashSet<Vec<u8>> =
            self.certificates.iter().map(|cert| cert.to_vec()).collect();
        for entry in entries {
            let path = entry.map_err(|_| Code::X509TrustStore)?.path();
            if !path.is_file() {
                continue;
            }
            let certs = fs::read(&path).map(|text| pem::certificates(&text));
            for cert in certs.into_iter().flatten().flatten() {
                if known.insert(cert.to_vec()) {
                    let _ = self.add(cert);
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, cert: CertificateDer<'static>) -> Result<()> {
        let anchor =
            webpki::anchor_from_trusted_cert(&cert).map_err(|_| Code::DecodeCertificate)?;
        self.anchors.push(anchor.to_owned());
        self.certificates.push(cert);
        Ok(())
    }

    /// The certificates that make this anchor. More than one if an authority was renewed.
    pub(super) fn certificates_of(
        &self,
        anchor: &TrustAnchor<'_>,
    ) -> impl Iterator<Item = &CertificateDer<'static>> {
        let pairs = self.anchors.iter().zip(&self.certificates);
        pairs.filter_map(move |(known, cert)| (known == anchor).then_some(cert))
    }
}

impl TrustStore {
    pub(super) fn is_empty(&self) -> bool {
        self.roots().all(|roots| roots.anchors.is_empty())
    }

    pub(super) fn has_system(&self) -> bool {
        self.system.is_some()
    }

    pub(super) fn contains(&self, cert: &CertificateDer<'_>) -> bool {
        self.roots()
            .any(|roots| roots.certificates.iter().any(|root| root == cert))
    }

    pub(super) fn roots(&self) -> impl Iterator<Item = &Roots> {
        std::iter::once(&self.own).chain(self.system.as_deref())
    }

    /// Adds roots to those of the application. The cost depends on the new ones alone.
    pub(super) fn add(&mut self, mut roots: Roots) {
        self.own.anchors.append(&mut roots.anchors);
        self.own.certificates.append(&mut roots.certificates);
    }

    pub(super) fn add_system(&mut self, roots: Arc<Roots>) -> Result<()> {
        if self.system.is_some() {
            return Err(Code::X509TrustStore)?;
        }
        self.system = Some(roots);
        Ok(())
    }
}

/// The operating system's roots. They are many, so the process parses them once, and again if what the
/// environment says of their place has changed.
pub(super) fn system_roots() -> Arc<Roots> {
    static LOADED: Mutex<Option<(Places, Arc<Roots>)>> = Mutex::new(None);
    let places = ["SSL_CERT_FILE", "SSL_CERT_DIR"].map(env::var_os);
    // A thread that panicked here has left the value as it was.
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    match &*loaded {
        Some((known, roots)) if *known == places => roots.clone(),
        _ => {
            let roots = load_system_roots();
            *loaded = Some((places, roots.clone()));
            roots
        }
    }
}

/// The environment's file of certificates, and its directories.
type Places = [Option<OsString>; 2];

fn load_system_roots() -> Arc<Roots> {
    let mut roots = Roots::default();
    for cert in rustls_native_certs::load_native_certs().certs {
        // One that we cannot read is one that we do not trust.
        let _ = roots.add(cert);
    }
    Arc::new(roots)
}
