//! Certificate chains and raw public keys, with their private keys.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};
use std::sync::{Arc, OnceLock};

use rustls::crypto::{
    CertificateIdentity, Credentials, Identity, SelectedCredential, SignatureScheme, Signer,
    SigningKey,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, SignatureVerificationAlgorithm};
use zeroize::Zeroizing;

use super::key_type::{self, KeyType};
use super::passphrase::{KeyLimits, Locked, Passphrase};
use super::signing::NoKey;
use crate::base::{lock, memory};
use crate::crypto::rsa_pss;
use crate::crypto::signature::verify;
use crate::error::{Code, Result};
use crate::policy::Policy;
use crate::process::fork::{ForkSafeMutex, critical_section};
use crate::x509::spki::PublicKey;
use crate::x509::{Certificate, KeyInfo, pem};

/// A certificate chain with its private key. Created empty, loaded later, and shared by configs.
#[derive(Default)]
pub struct CertChain {
    /// The application's pointer to this chain, which is only returned to it.
    name: AtomicUsize,
    /// The content that was set first; empty until then. All handshakes read it, without a lock.
    first: OnceLock<Content>,
    /// The content that has replaced the first one.
    later: ForkSafeMutex<Option<Content>>,
    is_replaced: AtomicBool,
    /// The OCSP response that is stapled to the leaf (RFC 6960).
    ocsp: ForkSafeMutex<Option<Arc<[u8]>>>,
    /// There is an OCSP response. Without one, handshakes take no lock.
    has_ocsp: AtomicBool,
}

#[derive(Clone)]
enum Content {
    Loaded(Arc<Loaded>),
    /// The certificates of a peer, in DER.
    Peer(Arc<[Box<[u8]>]>),
}

/// A loaded chain.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// Leaf first; at least one, unless there is a raw public key.
    certificates: Vec<Certificate<'static>>,

    /// The public key that is sent in place of certificates (RFC 7250).
    raw_key: Option<PublicKey>,

    /// The same certificates or key, in the form that rustls requires, with a key that cannot sign.
    credentials: Credentials,

    /// `None` if only the public part was loaded.
    pub(crate) key: Option<Arc<dyn SigningKey>>,

    pub(crate) key_type: KeyType,

    /// The signature schemes of the leaf's key, whether that is loaded or not.
    pub(crate) schemes: &'static [SignatureScheme],

    /// The domain names for which the chain is selected, in lower case.
    pub(crate) hosts: Vec<Vec<u8>>,
}

impl CertChain {
    /// Loads a chain in PEM, leaf first, and the private key of the leaf.
    pub fn load(&self, chain_pem: &[u8], key_pem: &[u8]) -> Result<()> {
        let key = load_key(pem::private_key(key_pem)?)?;
        self.set(pem::certificates(chain_pem)?, Some(key))
    }

    /// Loads a chain like [`Self::load`], with a private key that may be encrypted. The passphrase is
    /// read only if it is, and after everything else: the source may free or load this chain.
    pub fn load_encrypted(
        &self,
        chain_pem: &[u8],
        key_pem: &[u8],
        passphrase: &dyn Passphrase,
        limits: &KeyLimits,
    ) -> Result<()> {
        let key = Locked::parse(key_pem, limits)?;
        let chain = pem::certificates(chain_pem)?;
        self.set(chain, Some(load_key(key.unlock(passphrase)?)?))
    }

    /// Loads a chain without its private key, which the application holds.
    pub fn load_public(&self, chain_pem: &[u8]) -> Result<()> {
        self.set(pem::certificates(chain_pem)?, None)
    }

    /// Loads a raw public key: a SubjectPublicKeyInfo in DER or PEM, its private key in PEM, or both.
    /// Without the private key, the application holds it; without the public one, that of the private
    /// key is used.
    pub fn load_raw_key(&self, public_key: Option<&[u8]>, key_pem: Option<&[u8]>) -> Result<()> {
        if self.with_content(|content| content.is_some_and(|content| !content.is_raw())) {
            return Err(Code::InvalidArgument.rule("the chain has certificates already"));
        }
        let key = match key_pem {
            Some(pem) => Some(load_key(pem::private_key(pem)?)?),
            None => None,
        };
        let public_key = public_key.map(PublicKey::read).transpose()?;
        self.replace(Content::Loaded(Arc::new(Loaded::raw(public_key, key)?)));
        Ok(())
    }

    fn set(&self, chain: Vec<Vec<u8>>, key: Option<Arc<dyn SigningKey>>) -> Result<()> {
        if self.with_content(|content| content.is_some_and(Content::is_raw)) {
            return Err(Code::InvalidArgument.rule("the chain has a raw public key already"));
        }
        self.replace(Content::Loaded(Arc::new(Loaded::new(chain, key)?)));
        Ok(())
    }

    /// Sets the content, and replaces that of before.
    fn replace(&self, content: Content) {
        let section = critical_section();
        let Err(content) = self.first.set(content) else {
            return;
        };
        drop(section);
        *lock(&self.later) = Some(content);
        self.is_replaced.store(true, Release);
    }

    /// Passes the content to `read`; `None` if the chain is empty.
    fn with_content<R>(&self, read: impl FnOnce(Option<&Content>) -> R) -> R {
        if self.is_replaced.load(Acquire) {
            let later = lock(&self.later).clone();
            return read(later.as_ref());
        }
        read(self.first.get())
    }

    pub fn is_empty(&self) -> bool {
        self.with_content(|content| content.is_none())
    }

    /// Sets the chain of a peer; fails if this chain has certificates.
    pub fn set_peer(&self, chain: Arc<[Box<[u8]>]>) -> Result<()> {
        let _section = critical_section();
        let set = self.first.set(Content::Peer(chain));
        Ok(set.map_err(|_| Code::InvalidArgument)?)
    }

    /// Returns the loaded chain; that of a peer is loaded without a private key. For an empty one the
    /// error is that of s2n-tls: an unsupported key type.
    pub(crate) fn loaded(&self) -> Result<Arc<Loaded>> {
        self.with_loaded(Arc::clone)
    }

    /// Passes the loaded chain to `read`, like [`Self::loaded`], without a change of its reference
    /// count: all handshakes read it.
    pub(crate) fn with_loaded<R>(&self, read: impl FnOnce(&Arc<Loaded>) -> R) -> Result<R> {
        self.with_content(|content| match content {
            Some(Content::Loaded(loaded)) => Ok(read(loaded)),
            Some(Content::Peer(chain)) => {
                let chain = chain.iter().map(|der| memory::copy(der));
                let loaded = Loaded::new(chain.collect::<Result<_>>()?, None)?;
                let loaded = Arc::new(loaded);
                self.replace(Content::Loaded(loaded.clone()));
                Ok(read(&loaded))
            }
            None => Err(Code::CertTypeUnsupported)?,
        })
    }

    /// Returns the private key, if it was loaded.
    pub(crate) fn key(&self) -> Option<Arc<dyn SigningKey>> {
        self.loaded().ok()?.key.clone()
    }

    /// Copies the certificates in DER, leaf first.
    pub fn certificates(&self) -> Result<Arc<[Box<[u8]>]>> {
        self.with_content(|content| match content {
            None => Err(Code::Null)?,
            Some(Content::Peer(chain)) => Ok(chain.clone()),
            Some(content) if content.is_raw() => Err(Code::Null)?,
            Some(Content::Loaded(loaded)) => {
                let certificates = loaded.certificates().iter().map(Certificate::der);
                memory::probe(certificates.clone().map(<[u8]>::len).sum())?;
                Ok(certificates.map(Box::from).collect())
            }
        })
    }

    /// Returns the number of certificates; fails if there are none.
    pub fn len(&self) -> Result<usize> {
        self.with_content(|content| match content {
            None => Err(Code::Null)?,
            Some(content) if content.is_raw() => Err(Code::Null)?,
            Some(Content::Peer(chain)) => Ok(chain.len()),
            Some(Content::Loaded(loaded)) => Ok(loaded.certificates.len()),
        })
    }

    /// Returns the type of the leaf's key, or of the raw public key, such as "rsa2048".
    pub fn key_name(&self) -> Result<Cow<'static, str>> {
        let name = self.with_loaded(|loaded| loaded.key_info().name())?;
        Ok(name.ok_or(Code::CertTypeUnsupported)?)
    }

    pub fn name(&self) -> usize {
        self.name.load(Relaxed)
    }

    pub fn set_name(&self, name: usize) {
        self.name.store(name, Relaxed);
    }

    pub(crate) fn ocsp(&self) -> Option<Arc<[u8]>> {
        match self.has_ocsp.load(Acquire) {
            true => lock(&self.ocsp).clone(),
            false => None,
        }
    }

    /// Sets the OCSP response that is stapled to the chain; empty for none.
    pub fn set_ocsp(&self, response: &[u8]) -> Result<()> {
        if self.with_content(|content| content.is_some_and(Content::is_raw)) {
            return Err(Code::CertTypeUnsupported.rule("a raw public key has no OCSP response"));
        }
        let response = match response {
            [] => None,
            response => Some(memory::to_arc(response)?),
        };
        let mut ocsp = lock(&self.ocsp);
        self.has_ocsp.store(response.is_some(), Release);
        *ocsp = response;
        Ok(())
    }
}

impl Content {
    fn is_raw(&self) -> bool {
        matches!(self, Self::Loaded(loaded) if loaded.is_raw())
    }
}

impl Loaded {
    fn new(chain: Vec<Vec<u8>>, key: Option<Arc<dyn SigningKey>>) -> Result<Self> {
        let mut certificates = Vec::new();
        memory::reserve_exact(&mut certificates, chain.len())?;
        for der in chain {
            let cert = Certificate::parse(der)?;
            // A peer would reject certificates that cannot be parsed, or have a key of an unknown
            // type.
            key_type::check(cert.key_info())?;
            certificates.push(cert);
        }
        let leaf = certificates.first().ok_or(Code::NoCertificateInPem)?;
        check_pair(key.as_deref(), leaf.spki())?;
        let (key_type, schemes) = KeyType::of(leaf.key_info())?;
        Ok(Self {
            credentials: Credentials::new_unchecked(
                Arc::new(identity(&certificates)?),
                Box::new(NoKey),
            ),
            key,
            key_type,
            schemes,
            hosts: leaf.names().server_names(),
            certificates,
            raw_key: None,
        })
    }

    /// A raw public key: the given one, else that of the private key.
    fn raw(public_key: Option<PublicKey>, key: Option<Arc<dyn SigningKey>>) -> Result<Self> {
        let raw_key = match (public_key, &key) {
            (Some(public_key), _) => public_key,
            (None, Some(key)) => {
                let spki = key.public_key().ok_or(Code::DecodePrivateKey)?;
                PublicKey::parse(memory::copy(&spki)?)?
            }
            (None, None) => Err(Code::Null)?,
        };
        check_pair(key.as_deref(), raw_key.der())?;
        let (key_type, schemes) = key_type::of_raw_key(raw_key.info())?;
        let identity = Identity::RawPublicKey(memory::copy(raw_key.der())?.into());
        Ok(Self {
            credentials: Credentials::new_unchecked(Arc::new(identity), Box::new(NoKey)),
            key,
            key_type,
            schemes,
            hosts: Vec::new(),
            certificates: Vec::new(),
            raw_key: Some(raw_key),
        })
    }

    /// Returns whether this is a raw public key, and so has no certificates.
    pub(crate) fn is_raw(&self) -> bool {
        self.raw_key.is_some()
    }

    /// Checks that the chain, or the raw public key, complies with a policy.
    pub(crate) fn check_policy(&self, policy: &Policy) -> Result<()> {
        match &self.raw_key {
            Some(key) => policy.check_local_key(key.info()),
            None => policy.check_local(&self.certificates),
        }
    }

    /// Returns the chain with a signer, for one handshake of rustls.
    pub(super) fn credential(&self, signer: Box<dyn Signer>) -> Option<SelectedCredential> {
        let mut credential = self.credentials.signer(&[signer.scheme()])?;
        credential.signer = signer;
        Some(credential)
    }

    /// Returns whether a signature by the leaf's key is valid, with the algorithm for that key.
    pub(crate) fn has_signed(
        &self,
        message: &[u8],
        signature: &[u8],
        algorithms: &[&dyn SignatureVerificationAlgorithm],
    ) -> bool {
        verify(self.spki(), algorithms, message, signature).is_ok()
    }

    /// Returns the certificates, leaf first.
    pub(crate) fn certificates(&self) -> &[Certificate<'static>] {
        &self.certificates
    }

    fn key_info(&self) -> KeyInfo<'_> {
        match &self.raw_key {
            Some(key) => key.info(),
            None => self.certificates[0].key_info(),
        }
    }

    /// Returns the SubjectPublicKeyInfo of the leaf, or the raw public key.
    fn spki(&self) -> &[u8] {
        match &self.raw_key {
            Some(key) => key.der(),
            None => self.certificates[0].spki(),
        }
    }
}

/// Checks that a private key, if there is one, is that of a SubjectPublicKeyInfo.
fn check_pair(key: Option<&dyn SigningKey>, spki: &[u8]) -> Result<()> {
    let Some(key) = key else {
        return Ok(());
    };
    match key.public_key().is_some_and(|public| *public == *spki) {
        true => Ok(()),
        false => Err(Code::KeyMismatch)?,
    }
}

/// Copies a chain into the form that rustls requires.
fn identity(chain: &[Certificate<'_>]) -> Result<Identity<'static>> {
    let (leaf, others) = chain.split_first().ok_or(Code::NoCertificateInPem)?;
    let copy = |cert: &Certificate<'_>| memory::copy(cert.der()).map(CertificateDer::from);
    let mut intermediates = Vec::new();
    memory::reserve_exact(&mut intermediates, others.len())?;
    for other in others {
        intermediates.push(copy(other)?);
    }
    Ok(Identity::X509(CertificateIdentity::new(
        copy(leaf)?,
        intermediates,
    )))
}

/// Loads a private key: tries each candidate format.
fn load_key(formats: Vec<PrivateKeyDer<'static>>) -> Result<Arc<dyn SigningKey>> {
    for key in formats {
        if let Some(pss) = rsa_pss::Key::read(&key) {
            drop(Zeroizing::new(key));
            return Ok(Arc::new(pss));
        }
        if let Ok(key) = rustls_aws_lc_rs::DEFAULT_KEY_PROVIDER.load_private_key(key) {
            return Ok(key.into());
        }
    }
    Err(Code::DecodePrivateKey)?
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;
    use crate::x509::PARSED;

    #[test]
    fn certificates_are_parsed_once() {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(["example".to_owned()]).expect("a name");
        let leaf = params.self_signed(&key).expect("a certificate").pem();
        let other = CertificateParams::default();
        let other = other.self_signed(&key).expect("a certificate").pem();
        let chain = CertChain::default();
        let before = PARSED.get();
        let pem = [leaf, other].concat();
        let loaded = chain.load(pem.as_bytes(), key.serialize_pem().as_bytes());
        loaded.expect("a chain and its key");
        assert_eq!(PARSED.get(), before + 2);

        let loaded = chain.loaded().expect("a chain");
        assert_eq!(loaded.hosts, [b"example"]);
        assert_eq!(loaded.key_type, KeyType::Ecdsa);
        assert!(!loaded.has_signed(b"message", b"no signature", &[]));
        let strict = Policy::find(b"rfc9151").expect("a policy");
        assert!(loaded.check_policy(strict).is_err());
        assert_eq!(chain.certificates().expect("copies").len(), 2);
        assert_eq!(PARSED.get(), before + 2);
    }

    #[test]
    fn a_chain_that_is_loaded_again_replaces_the_first() {
        let chain = CertChain::default();
        assert!(chain.is_empty());
        assert_eq!(
            chain.loaded().unwrap_err().code(),
            Code::CertTypeUnsupported
        );
        for host in ["first.example", "second.example", "third.example"] {
            let key = KeyPair::generate().expect("a key");
            let params = CertificateParams::new([host.to_owned()]).expect("a name");
            let cert = params.self_signed(&key).expect("a certificate").pem();
            let loaded = chain.load(cert.as_bytes(), key.serialize_pem().as_bytes());
            loaded.expect("a chain and its key");
            assert_eq!(chain.loaded().expect("loaded").hosts, [host.as_bytes()]);
        }
        assert!(!chain.is_empty());
        let refused = chain.set_peer(Arc::new([])).unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }

    #[test]
    fn an_ocsp_response_is_stapled_until_it_is_removed() {
        let chain = CertChain::default();
        assert!(chain.ocsp().is_none());
        chain.set_ocsp(b"response").expect("memory");
        assert_eq!(chain.ocsp().as_deref(), Some(&b"response"[..]));
        chain.set_ocsp(b"").expect("memory");
        assert!(chain.ocsp().is_none());
    }
}
