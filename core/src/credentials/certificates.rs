//! The certificate chains of a config: by domain name and key type, and the defaults.

use std::sync::Arc;

use super::domains::DomainMap;
use super::{CertChain, KeyType, Loaded};
use crate::error::{Code, Result};

/// At most one value for each key type.
pub(crate) type ByType<T> = [Option<T>; KeyType::COUNT];

/// A callback that selects one of two chains with the same domain name and key type. Chains are
/// passed as the application's pointers to them.
pub trait CertTiebreak: Send + Sync {
    /// Returns the selected chain: `first` or `second`.
    fn winner(&self, first: usize, second: usize, host: &[u8]) -> usize;
}

/// The chains of a config.
#[derive(Clone, Default)]
pub(crate) struct Certificates {
    defaults: ByType<Arc<CertChain>>,
    /// By the domain names in the certificates, in lower case; wildcards are stored like other
    /// names.
    domains: DomainMap<ByType<Arc<CertChain>>>,
    /// Raw public keys, which have no names.
    raw_keys: ByType<Arc<CertChain>>,
    /// The application has set the defaults.
    defaults_are_explicit: bool,
    pub(crate) owner: Owner,
    pub(crate) lacks_a_key: bool,
}

/// The owner of a config's chains. Chains of the library and of the application cannot be mixed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Owner {
    #[default]
    None,
    Library,
    Application,
}

impl Certificates {
    /// Returns the domain names of a new chain that are in use by a chain with the same key type,
    /// and that chain.
    pub(crate) fn rivals(&self, loaded: &Loaded) -> Vec<(Vec<u8>, Arc<CertChain>)> {
        let names = loaded.hosts.iter();
        names
            .filter_map(|name| {
                let rival = self.domains.get(name)?[loaded.key_type as usize].clone()?;
                Some((name.clone(), rival))
            })
            .collect()
    }

    /// Adds a chain. Of two chains with a common name the first one is kept, except for the names
    /// in `won`.
    pub(crate) fn add(&mut self, chain: &Arc<CertChain>, won: &[Vec<u8>]) -> Result<()> {
        let loaded = chain.loaded()?;
        let place = loaded.key_type as usize;
        if loaded.is_raw() {
            self.raw_keys[place].get_or_insert_with(|| chain.clone());
            self.lacks_a_key |= loaded.key.is_none();
            return Ok(());
        }
        self.domains.reserve(&loaded.hosts)?;
        for name in &loaded.hosts {
            let wins = won.contains(name);
            let slot = &mut self.domains.entry(name)[place];
            if wins || slot.is_none() {
                *slot = Some(chain.clone());
            }
        }
        if !self.defaults_are_explicit {
            self.defaults[place].get_or_insert_with(|| chain.clone());
        }
        self.lacks_a_key |= loaded.key.is_none();
        Ok(())
    }

    /// Sets the chains that are sent when no domain name matches: at most one for each key type. Raw
    /// public keys among them replace those of before, if there are any.
    pub(crate) fn set_defaults(&mut self, chains: &[Arc<CertChain>]) -> Result<()> {
        if chains.is_empty() || chains.len() > KeyType::COUNT {
            return Err(Code::NumDefaultCertificates)?;
        }
        if self.owner == Owner::Library {
            return Err(Code::CertOwnership)?;
        }
        let (mut defaults, mut raw_keys) = (ByType::default(), ByType::default());
        for chain in chains {
            let loaded = chain.loaded()?;
            let slots = match loaded.is_raw() {
                true => &mut raw_keys,
                false => &mut defaults,
            };
            if slots[loaded.key_type as usize]
                .replace(chain.clone())
                .is_some()
            {
                return Err(Code::MultipleDefaultCertificatesPerAuthType)?;
            }
        }
        self.defaults = defaults;
        if raw_keys.iter().any(Option::is_some) {
            self.raw_keys = raw_keys;
        }
        self.defaults_are_explicit = true;
        self.owner = Owner::Application;
        Ok(())
    }

    /// Removes the chain that the library owns, if there is one.
    pub(crate) fn remove_own(&mut self) {
        if self.owner == Owner::Library {
            *self = Self::default();
        }
    }

    pub(crate) fn has_any(&self) -> bool {
        self.has_certificates() || self.has_raw_keys()
    }

    /// Returns whether there is a chain of certificates.
    pub(crate) fn has_certificates(&self) -> bool {
        !self.domains.is_empty() || self.defaults().next().is_some()
    }

    /// Returns whether there is a raw public key.
    pub(crate) fn has_raw_keys(&self) -> bool {
        self.raw_keys().next().is_some()
    }

    pub(crate) fn raw_keys(&self) -> impl Iterator<Item = &Arc<CertChain>> {
        self.raw_keys.iter().flatten()
    }

    pub(crate) fn raw_key_of(&self) -> &ByType<Arc<CertChain>> {
        &self.raw_keys
    }

    pub(crate) fn defaults(&self) -> impl Iterator<Item = &Arc<CertChain>> {
        self.defaults.iter().flatten()
    }

    /// Returns every chain that may be sent; one with several domain names once for each.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<CertChain>> {
        let of_domains = self.domains.values().flatten().flatten();
        self.defaults().chain(self.raw_keys()).chain(of_domains)
    }

    pub(crate) fn default_of(&self) -> &ByType<Arc<CertChain>> {
        &self.defaults
    }

    /// Returns the chains with a domain name, which is in lower case.
    pub(crate) fn of_domain(&self, name: &[u8]) -> Option<&ByType<Arc<CertChain>>> {
        self.domains.get(name)
    }

    pub(crate) fn has_domains(&self) -> bool {
        !self.domains.is_empty()
    }

    /// Estimates the memory of a copy, in bytes.
    pub(crate) fn size(&self) -> usize {
        size_of::<Self>() + self.domains.copy_size()
    }
}
