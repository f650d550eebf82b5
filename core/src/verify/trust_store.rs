//! The trust store of a config: trust anchors of the application and of the operating system, and raw
//! public keys.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::{env, fs};

use crate::base::{lock, memory};
use crate::credentials::key_type::of_raw_key;
use crate::error::{Code, Error, Result};
use crate::process::fork::ForkSafeMutex;
use crate::x509::spki::PublicKey;
use crate::x509::{Certificate, canonical, pem};

/// Trust anchors, whose certificates are trusted without a signature, and trusted raw public keys.
#[derive(Clone, Default)]
pub(crate) struct TrustStore {
    own: Roots,
    system: Option<Arc<Roots>>,
    /// The raw public keys that are trusted (RFC 7250).
    keys: Vec<PublicKey>,
}

/// Trusted certificates, indexed by subject.
#[derive(Clone, Default)]
pub(crate) struct Roots {
    certificates: Vec<Certificate<'static>>,
    /// Indices into `certificates`, by the hash of the subject's canonical form.
    by_subject: HashMap<u32, Vec<usize>>,
    /// Indices by the length of the encoding, to find a certificate without the canonical form of
    /// its subject.
    by_length: HashMap<usize, Vec<usize>>,
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

    /// Parses the certificates of a file, and of all files in a directory.
    pub(crate) fn from_location(file: Option<&Path>, dir: Option<&Path>) -> Result<Self> {
        if file.is_none() && dir.is_none() {
            return Err(Code::X509TrustStore)?;
        }
        let mut roots = Self::default();
        if let Some(file) = file {
            let certs = read(file).and_then(|text| pem::trusted_certificates(&text));
            for cert in ignore_unless_exhausted(certs)?.ok_or(Code::X509TrustStore)? {
                let cert = ignore_unless_exhausted(Certificate::parse(cert))?;
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

    /// Adds the certificates that can be parsed: such a directory has symbolic links, CRLs and
    /// README files as well.
    ///
    /// s2n-tls reads a directory only during handshakes, so one that cannot be read is no error
    /// here either: the peers are untrusted then.
    fn add_directory(&mut self, dir: &Path) -> Result<()> {
        let entries = fs::read_dir(dir).map_err(|error| unreadable(&error));
        let entries = ignore_unless_exhausted(entries)?;
        for entry in entries.into_iter().flatten() {
            let path = entry.map_err(|_| Code::X509TrustStore)?.path();
            if !path.is_file() {
                continue;
            }
            let certs = read(&path).and_then(|text| pem::trusted_certificates(&text));
            for cert in ignore_unless_exhausted(certs)?.into_iter().flatten() {
                // A certificate has two entries: its own name, and the hash of its subject.
                if let Some(cert) = ignore_unless_exhausted(Certificate::parse(cert))?
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
        let place = self.certificates.len();
        let of_subject = self.by_subject.entry(hash).or_default();
        memory::reserve(of_subject, 1)?;
        let of_length = self.by_length.entry(cert.der().len()).or_default();
        memory::push(of_length, place)?;
        of_subject.push(place);
        self.certificates.push(cert);
        Ok(())
    }

    fn make_room(&mut self, more: usize) -> Result<()> {
        memory::reserve(&mut self.certificates, more)?;
        memory::reserve_entries(&mut self.by_subject, more)?;
        memory::reserve_entries(&mut self.by_length, more)
    }

    /// Returns the certificates whose subject has this canonical form.
    fn of_subject(&self, form: &[u8]) -> impl Iterator<Item = &Certificate<'static>> {
        let places = self.by_subject.get(&canonical::hash(form));
        let certs = places
            .into_iter()
            .flatten()
            .map(|&place| &self.certificates[place]);
        certs.filter(move |cert| cert.subject_form() == form)
    }

    fn contains(&self, cert: &Certificate<'_>) -> bool {
        let places = self.by_length.get(&cert.der().len());
        let mut places = places.into_iter().flatten();
        places.any(|&place| self.certificates[place].der() == cert.der())
    }
}

/// Turns an error into `None`, unless memory or descriptors are exhausted: no certificate is skipped
/// for lack of them.
fn ignore_unless_exhausted<T>(outcome: Result<T>) -> Result<Option<T>> {
    match outcome {
        Err(error) if error.code() == Code::Alloc || error.os_error().is_some() => Err(error),
        outcome => Ok(outcome.ok()),
    }
}

/// Converts the error of a file that cannot be read. It sets `errno` if no descriptor is free.
fn unreadable(error: &io::Error) -> Error {
    match (error.kind(), error.raw_os_error()) {
        (io::ErrorKind::OutOfMemory, _) => Code::Alloc.into(),
        (_, Some(number @ (EMFILE | ENFILE))) => Error::transport(Code::X509TrustStore, number),
        _ => Code::X509TrustStore.into(),
    }
}

/// The process, or the system, has no free descriptor; the same numbers on all supported systems.
const EMFILE: i32 = 24;
const ENFILE: i32 = 23;

impl TrustStore {
    /// Returns whether there are no trust anchors.
    pub(crate) fn is_empty(&self) -> bool {
        self.roots().all(|roots| roots.certificates.is_empty())
    }

    /// Returns the trusted raw public keys.
    pub(crate) fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// Adds a raw public key, if it can sign handshakes.
    pub(crate) fn add_key(&mut self, key: PublicKey) -> Result<()> {
        of_raw_key(key.info())?;
        match self.keys.iter().any(|known| known.der() == key.der()) {
            true => Ok(()),
            false => memory::push(&mut self.keys, key),
        }
    }

    pub(crate) fn has_system(&self) -> bool {
        self.system.is_some()
    }

    pub(crate) fn contains(&self, cert: &Certificate<'_>) -> bool {
        self.roots().any(|roots| roots.contains(cert))
    }

    /// Returns the trust anchors that may have issued `cert`: those of the application before those
    /// of the system.
    pub(crate) fn issuers_of<'s>(
        &'s self,
        cert: &'s Certificate<'_>,
    ) -> impl Iterator<Item = &'s Certificate<'static>> {
        let named = self
            .roots()
            .flat_map(|roots| roots.of_subject(cert.issuer_form()));
        named.filter(|root| cert.names_as_issuer(root))
    }

    /// Returns the encoded subjects of all trust anchors.
    pub(crate) fn subjects(&self) -> impl Iterator<Item = &[u8]> {
        let certs = self.roots().flat_map(|roots| &roots.certificates);
        certs.map(Certificate::subject)
    }

    fn roots(&self) -> impl Iterator<Item = &Roots> {
        std::iter::once(&self.own).chain(self.system.as_deref())
    }

    /// Adds trust anchors of the application. The cost depends on the number of new ones alone.
    pub(crate) fn add(&mut self, roots: Roots) -> Result<()> {
        self.own.make_room(roots.certificates.len())?;
        for cert in roots.certificates {
            self.own.push(cert)?;
        }
        Ok(())
    }

    /// Estimates the memory of a copy of the application's trust anchors and keys, in bytes. The parsed
    /// parts of a certificate usually take no more than its encoding.
    pub(crate) fn size(&self) -> usize {
        let certificates = self.own.certificates.iter();
        let of_each = size_of::<(Certificate<'_>, u32, [Vec<usize>; 2])>();
        let certificates: usize = certificates
            .map(|cert| of_each + 2 * cert.der().len())
            .sum();
        let keys = self.keys.iter();
        let keys: usize = keys
            .map(|key| size_of::<PublicKey>() + key.der().len())
            .sum();
        certificates + keys
    }

    pub(crate) fn add_system(&mut self, roots: Arc<Roots>) -> Result<()> {
        if self.system.is_some() {
            return Err(Code::X509TrustStore)?;
        }
        self.system = Some(roots);
        Ok(())
    }
}

/// The operating system's trust anchors, as last loaded.
static SYSTEM_ROOTS: ForkSafeMutex<Option<Arc<SystemRoots>>> = ForkSafeMutex::new(None);

struct SystemRoots {
    places: Places,
    roots: Arc<Roots>,
}

/// Returns the operating system's trust anchors. They are many, so the process parses them once,
/// and again if the environment variables with their location have changed. Threads that need them
/// at the same time may each parse them.
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

/// Drops the cache of the operating system's trust anchors. Configs with these share their
/// ownership.
pub(crate) fn free_system_roots() {
    let roots = lock(&SYSTEM_ROOTS).take();
    drop(roots);
}

/// The certificate file and the directories that the environment sets.
type Places = [Option<OsString>; 2];

fn load_system_roots() -> Result<Arc<Roots>> {
    /// Usual systems have 150 trust anchors, in a file of 220 kB.
    const SIZE: usize = 1024 * 1024;

    memory::probe(SIZE)?;
    let loaded = rustls_native_certs::load_native_certs();
    for error in &loaded.errors {
        // A file that does not exist or has another format is skipped. A result that lacks files for
        // want of a descriptor must not be kept for later configs.
        if let rustls_native_certs::ErrorKind::Io { inner, .. } = &error.kind {
            ignore_unless_exhausted(Err::<(), _>(unreadable(inner)))?;
        }
    }
    let mut roots = Roots::default();
    for cert in loaded.certs {
        // A certificate that cannot be parsed is not trusted.
        if let Some(cert) = ignore_unless_exhausted(Certificate::parse(memory::copy(&cert)?))? {
            roots.push(cert)?;
        }
    }
    Ok(Arc::new(roots))
}

/// The maximum size of a certificate file, in bytes.
const MAX_FILE: u64 = 16 << 20;

/// Reads a certificate file of limited size.
fn read(path: &Path) -> Result<Vec<u8>> {
    let failed = |error: io::Error| unreadable(&error);
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

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::process;

    use super::*;
    use crate::testing::pki;

    /// A folder of a test, which is removed at its end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = env::temp_dir().join(format!("rs2n-{name}-{}", process::id()));
            fs::create_dir(&folder).expect("a new folder");
            Self(folder)
        }

        fn write(&self, name: &str, text: &str) -> PathBuf {
            let path = self.0.join(name);
            fs::write(&path, text).expect("the folder is writable");
            path
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn count(file: Option<&Path>, dir: Option<&Path>) -> Result<usize, Code> {
        let roots = Roots::from_location(file, dir).map_err(|error| error.code())?;
        Ok(roots.certificates.len())
    }

    #[test]
    fn a_directory_is_read_as_far_as_it_has_certificates() {
        let folder = Folder::new("trust-directory");
        let (one, other) = (&pki().ca, &pki().server.0);
        folder.write("one.pem", one);
        // The name by the hash of the subject.
        folder.write("0a1b2c3d.0", one);
        folder.write("both.pem", &format!("{one}{other}"));
        folder.write("README", "no certificate");
        folder.write(
            "broken.pem",
            "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n",
        );
        fs::create_dir(folder.0.join("more")).expect("a new folder");
        assert_eq!(count(None, Some(&folder.0)), Ok(2));
        let file = folder.write("file", other);
        assert_eq!(count(Some(&file), Some(&folder.0)), Ok(2));
        assert_eq!(count(Some(&file), None), Ok(1));
        // s2n-tls reads directories only during handshakes.
        assert_eq!(count(None, Some(&folder.0.join("absent"))), Ok(0));
    }

    #[test]
    fn a_file_must_have_certificates() {
        let folder = Folder::new("trust-file");
        let broken = format!(
            "{}-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n",
            pki().ca
        );
        let failed = Err(Code::X509TrustStore);
        for text in ["", "no certificate", &broken] {
            let file = folder.write("file", text);
            assert_eq!(count(Some(&file), None), failed, "{text}");
            assert_eq!(count(Some(&file), Some(&folder.0)), failed, "{text}");
        }
        assert_eq!(count(Some(&folder.0.join("absent")), None), failed);
        assert_eq!(count(None, None), failed);
    }

    #[test]
    fn a_file_has_a_maximum_size() {
        let folder = Folder::new("trust-size");
        for (size, expected) in [(MAX_FILE, Ok(1)), (MAX_FILE + 1, Err(Code::X509TrustStore))] {
            let file = folder.write("file", &pki().ca);
            let padding = " ".repeat(size as usize - pki().ca.len());
            let mut text = fs::read(&file).expect("readable");
            text.extend(padding.into_bytes());
            fs::write(&file, text).expect("writable");
            assert_eq!(count(Some(&file), None), expected);
        }
    }

    #[test]
    fn the_anchors_of_the_system_are_added_once() {
        let code = |outcome: Result<()>| outcome.map_err(|error| error.code());
        let roots = Arc::new(Roots::from_pem(pki().ca.as_bytes()).expect("a root"));
        let mut store = TrustStore::default();
        assert!(!store.has_system() && store.is_empty());
        assert_eq!(code(store.add_system(roots.clone())), Ok(()));
        assert!(store.has_system() && !store.is_empty());
        assert_eq!(code(store.add_system(roots)), Err(Code::X509TrustStore));
    }

    #[test]
    fn the_size_is_that_of_certificates_and_keys() {
        // A certificate has its DER and as much for its parts.
        let mut store = TrustStore::default();
        let mut expected = 0..=0;
        let mut add = |store: &TrustStore, least: usize| {
            let (start, end) = (*expected.start() + least, *expected.end() + least + 1000);
            expected = start..=end;
            assert!(
                expected.contains(&store.size()),
                "{} {expected:?}",
                store.size()
            );
        };
        add(&store, 0);
        for pem in [&pki().ca, &pki().server.0] {
            let roots = Roots::from_pem(pem.as_bytes()).expect("a certificate");
            let len = roots.certificates[0].der().len();
            store.add(roots).expect("memory");
            add(&store, 2 * len);
        }
        for _ in 0..2 {
            let key = rcgen::KeyPair::generate().expect("a key");
            let key = PublicKey::read(key.public_key_pem().as_bytes()).expect("a key");
            let len = key.der().len();
            store.add_key(key).expect("of a known type");
            add(&store, len);
        }
        // Those of the system are shared.
        let roots = Roots::from_pem(pki().ca.as_bytes()).expect("a certificate");
        let before = store.size();
        store.add_system(Arc::new(roots)).expect("the first");
        assert_eq!(store.size(), before);
    }

    /// Other tests of the process may free them at the same time.
    #[test]
    fn the_anchors_of_the_system_are_kept_until_they_are_freed() {
        let load = || system_roots().expect("memory and descriptors");
        assert!((0..100).any(|_| Arc::ptr_eq(&load(), &load())));
        let is_loaded_again = |_| {
            let first = load();
            free_system_roots();
            !Arc::ptr_eq(&first, &load())
        };
        assert!((0..100).any(is_loaded_again));
    }

    /// Certificates are skipped if they cannot be read, and not if that could be repeated.
    #[test]
    fn errors_are_ignored_unless_memory_or_descriptors_are_exhausted() {
        use io::ErrorKind::*;

        for (error, code, number) in [
            (io::Error::from(OutOfMemory), Some(Code::Alloc), None),
            (
                io::Error::from_raw_os_error(EMFILE),
                Some(Code::X509TrustStore),
                Some(EMFILE),
            ),
            (
                io::Error::from_raw_os_error(ENFILE),
                Some(Code::X509TrustStore),
                Some(ENFILE),
            ),
            (io::Error::from_raw_os_error(libc::ENOENT), None, None),
            (io::Error::from_raw_os_error(libc::EACCES), None, None),
            (io::Error::from(InvalidData), None, None),
        ] {
            let text = error.to_string();
            let error = unreadable(&error);
            assert_eq!(error.os_error(), number, "{text}");
            match ignore_unless_exhausted(Err::<(), _>(error)) {
                Ok(ignored) => assert!(ignored.is_none() && code.is_none(), "{text}"),
                Err(error) => assert_eq!(Some(error.code()), code, "{text}"),
            }
        }
        let kept = ignore_unless_exhausted(Ok(7));
        assert_eq!(kept.expect("no error"), Some(7));
    }
}
