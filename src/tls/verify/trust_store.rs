//! Whom a config trusts.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::{env, fs};

use crate::tls::base::lock;
use crate::tls::base::memory;
use crate::tls::error::{Code, Result};
use crate::tls::process::fork::ForkSafe;
use crate::tls::x509::{Certificate, canonical, pem};

/// Certificates that need nobody to vouch for them.
#[derive(Clone, Default)]
pub(crate) struct TrustStore {
    own: Roots,
    system: Option<Arc<Roots>>,
}

/// Trusted certificates, found by their subject.
#[derive(Clone, Default)]
pub(crate) struct Roots {
    certificates: Vec<Certificate<'static>>,
    /// The places of certificates, by the hash of the subject's canonical form.
    by_subject: HashMap<u32, Vec<usize>>,
}

impl Roots {
    /// Parses the certificates of a PEM file.
    pub(crate) fn from_pem(text: &[u8]) -> Result<Self> {
        let certs = pem::certificates(text).map_err(|error| match error.code() {
            Code::NoCertificateInPem => Code::InvalidPem,
            code => code,
        })?;
        let mut roots = Self::default();
        for cert in certs {
            roots.push(Certificate::parse(cert)?)?;
        }
        Ok(roots)
    }

    /// Parses the certificates of a file, and of all files of a directory.
    pub(crate) fn from_location(file: Option<&Path>, dir: Option<&Path>) -> Result<Self> {
        if file.is_none() && dir.is_none() {
            return Err(Code::X509TrustStore)?;
        }
        let mut roots = Self::default();
        if let Some(file) = file {
            let certs = read(file).and_then(|text| pem::trusted_certificates(&text));
            for cert in unless_short(certs)?.ok_or(Code::X509TrustStore)? {
                let cert = unless_short(Certificate::parse(cert))?;
                roots.push(cert.ok_or(Code::X509TrustStore)?)?;
            }
            if roots.certificates.is_empty() {
                return Err(Code::X509TrustStore)?;
            }
        }
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
        for entry in entries {
            let path = entry.map_err(|_| Code::X509TrustStore)?.path();
            if !path.is_file() {
                continue;
            }
            let certs = read(&path).and_then(|text| pem::trusted_certificates(&text));
            for cert in unless_short(certs)?.into_iter().flatten() {
                // A certificate is there under its own name and under the hash of its subject.
                if let Some(cert) = unless_short(Certificate::parse(cert))?
                    && !self.contains(&cert)
                {
                    self.push(cert)?;
                }
            }
        }
        Ok(())
    }

    fn push(&mut self, cert: Certificate<'static>) -> Result<()> {
        self.make_room(1)?;
        let hash = canonical::hash(cert.subject_form());
        let places = self.by_subject.entry(hash).or_default();
        memory::push(places, self.certificates.len())?;
        self.certificates.push(cert);
        Ok(())
    }

    fn make_room(&mut self, more: usize) -> Result<()> {
        memory::reserve(&mut self.certificates, more)?;
        memory::reserve_entries(&mut self.by_subject, more)
    }

    /// The certificates whose subject has this canonical form.
    fn of_subject(&self, form: &[u8]) -> impl Iterator<Item = &Certificate<'static>> {
        let places = self.by_subject.get(&canonical::hash(form));
        let certs = places
            .into_iter()
            .flatten()
            .map(|&place| &self.certificates[place]);
        certs.filter(move |cert| cert.subject_form() == form)
    }

    fn contains(&self, cert: &Certificate<'_>) -> bool {
        let mut same = self.of_subject(cert.subject_form());
        same.any(|root| root.der() == cert.der())
    }
}

/// Turns a failure that may be ignored into `None`; lack of memory may not, as no certificate is left out
/// for that.
fn unless_short<T>(outcome: Result<T>) -> Result<Option<T>> {
    match outcome {
        Err(error) if error.code() == Code::Alloc => Err(error),
        outcome => Ok(outcome.ok()),
    }
}

impl TrustStore {
    pub(crate) fn is_empty(&self) -> bool {
        self.roots().all(|roots| roots.certificates.is_empty())
    }

    pub(crate) fn has_system(&self) -> bool {
        self.system.is_some()
    }

    pub(crate) fn contains(&self, cert: &Certificate<'_>) -> bool {
        self.roots().any(|roots| roots.contains(cert))
    }

    /// The trusted certificates that may have issued another one: the application's own, then those of the
    /// system.
    pub(crate) fn issuers_of<'s>(
        &'s self,
        cert: &'s Certificate<'_>,
    ) -> impl Iterator<Item = &'s Certificate<'static>> {
        let named = self
            .roots()
            .flat_map(|roots| roots.of_subject(cert.issuer_form()));
        named.filter(|root| cert.names_as_issuer(root))
    }

    /// The encoded names of the trusted certificates.
    pub(crate) fn subjects(&self) -> impl Iterator<Item = &[u8]> {
        let certs = self.roots().flat_map(|roots| &roots.certificates);
        certs.map(Certificate::subject)
    }

    fn roots(&self) -> impl Iterator<Item = &Roots> {
        std::iter::once(&self.own).chain(self.system.as_deref())
    }

    /// Adds roots to those of the application. The cost depends on the new ones alone.
    pub(crate) fn add(&mut self, roots: Roots) -> Result<()> {
        self.own.make_room(roots.certificates.len())?;
        for cert in roots.certificates {
            self.own.push(cert)?;
        }
        Ok(())
    }

    /// What a copy of the application's roots takes, in bytes: what is kept of a certificate beside its
    /// encoding takes no more than that, usually.
    pub(crate) fn size(&self) -> usize {
        let certificates = self.own.certificates.iter();
        let of_each = size_of::<(Certificate<'_>, u32, Vec<usize>)>();
        certificates
            .map(|cert| of_each + 2 * cert.der().len())
            .sum()
    }

    pub(crate) fn add_system(&mut self, roots: Arc<Roots>) -> Result<()> {
        if self.system.is_some() {
            return Err(Code::X509TrustStore)?;
        }
        self.system = Some(roots);
        Ok(())
    }
}

/// The operating system's roots, as they were loaded last.
static SYSTEM_ROOTS: ForkSafe<Option<Arc<SystemRoots>>> = ForkSafe::new(None);

struct SystemRoots {
    places: Places,
    roots: Arc<Roots>,
}

/// The operating system's roots. They are many, so the process parses them once, and again if what the
/// environment says of their place has changed. Threads that want them at the same time may each do so.
pub(crate) fn system_roots() -> Result<Arc<Roots>> {
    let places = ["SSL_CERT_FILE", "SSL_CERT_DIR"].map(env::var_os);
    let known = lock(&SYSTEM_ROOTS).clone();
    if let Some(known) = known
        && known.places == places
    {
        return Ok(known.roots.clone());
    }
    let roots = load_system_roots()?;
    let loaded = Arc::new(SystemRoots {
        places,
        roots: roots.clone(),
    });
    let old = lock(&SYSTEM_ROOTS).replace(loaded);
    drop(old);
    Ok(roots)
}

/// Gives up the operating system's roots. They live as long as configs trust them.
pub(crate) fn free_system_roots() {
    let roots = lock(&SYSTEM_ROOTS).take();
    drop(roots);
}

/// The environment's file of certificates, and its directories.
type Places = [Option<OsString>; 2];

fn load_system_roots() -> Result<Arc<Roots>> {
    /// Usual systems have 150 roots, in a file of 220 kB.
    const SIZE: usize = 1024 * 1024;

    memory::expect(SIZE)?;
    let mut roots = Roots::default();
    for cert in rustls_native_certs::load_native_certs().certs {
        // One that cannot be parsed is not trusted.
        if let Some(cert) = unless_short(Certificate::parse(memory::copy(&cert)?))? {
            roots.push(cert)?;
        }
    }
    Ok(Arc::new(roots))
}

/// The most bytes that are read of a file of certificates.
const MAX_FILE: u64 = 16 << 20;

/// Reads a file that is not larger than one of certificates can be.
fn read(path: &Path) -> Result<Vec<u8>> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::OutOfMemory => Code::Alloc,
        _ => Code::X509TrustStore,
    };
    let file = fs::File::open(path).map_err(failed)?;
    let len = file.metadata().map_err(failed)?.len();
    let mut text = Vec::new();
    memory::reserve_exact(&mut text, len.min(MAX_FILE) as usize)?;
    let mut file = file.take(MAX_FILE + 1);
    file.read_to_end(&mut text).map_err(failed)?;
    match text.len() as u64 <= MAX_FILE {
        true => Ok(text),
        false => Err(Code::X509TrustStore)?,
    }
}
