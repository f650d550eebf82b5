//! Certificate chains and the keys that belong to them.

use std::sync::{Arc, Mutex};

use rustls::crypto::{CertificateIdentity, Identity, SigningKey};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use webpki::EndEntityCert;

use crate::tls::connection::lock;
use crate::tls::error::{Code, Result};

pub(crate) mod names;
pub(crate) mod pem;

use self::names::Names;

/// A chain, and its key. Made empty, loaded later, and shared by configs.
#[derive(Default)]
pub struct CertChain {
    loaded: Mutex<Option<Arc<Loaded>>>,
}

/// What a PEM file held.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) identity: Arc<Identity<'static>>,

    /// Nothing if only the public part was loaded.
    pub(crate) key: Option<Arc<dyn SigningKey>>,

    pub(crate) key_type: KeyType,

    /// The names that the leaf is good for.
    pub(crate) names: Names,
}

/// The kinds of keys between which a server chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyType {
    Rsa,
    RsaPss,
    Ecdsa,
    Other,
}

impl CertChain {
    /// Loads a chain, leaf first, and the private key of the leaf.
    pub fn load(&self, chain_pem: &[u8], key_pem: &[u8]) -> Result<()> {
        let key = load_key(pem::private_key(key_pem)?)?;
        let loaded = Loaded::new(pem::certificates(chain_pem)?, Some(key))?;
        *lock(&self.loaded) = Some(Arc::new(loaded));
        Ok(())
    }

    /// Loads a chain whose key is elsewhere.
    pub fn load_public(&self, chain_pem: &[u8]) -> Result<()> {
        let loaded = Loaded::new(pem::certificates(chain_pem)?, None)?;
        *lock(&self.loaded) = Some(Arc::new(loaded));
        Ok(())
    }

    /// What was loaded; an empty chain serves no type of key, as s2n-tls puts it.
    pub(crate) fn loaded(&self) -> Result<Arc<Loaded>> {
        Ok(lock(&self.loaded)
            .clone()
            .ok_or(Code::CertTypeUnsupported)?)
    }
}

impl Loaded {
    fn new(
        mut chain: Vec<CertificateDer<'static>>,
        key: Option<Arc<dyn SigningKey>>,
    ) -> Result<Self> {
        let leaf = chain.remove(0);
        let parsed = EndEntityCert::try_from(&leaf).map_err(|_| Code::DecodeCertificate)?;
        let spki = parsed.subject_public_key_info();
        if let Some(key) = &key
            && key.public_key().is_none_or(|public| public != spki)
        {
            return Err(Code::KeyMismatch)?;
        }
        let names = Names::of(&leaf)?;
        let key_type = names::key_type(&leaf)?;
        Ok(Self {
            identity: Arc::new(Identity::X509(CertificateIdentity::new(leaf, chain))),
            key,
            key_type,
            names,
        })
    }
}

fn load_key(key: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>> {
    let key = rustls_aws_lc_rs::DEFAULT_KEY_PROVIDER
        .load_private_key(key)
        .map_err(|_| Code::DecodePrivateKey)?;
    Ok(key.into())
}
