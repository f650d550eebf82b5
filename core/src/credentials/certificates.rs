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

    /// Sets the chains that are sent when no domain name matches: at most one for each key type.
    pub(crate) fn set_defaults(&mut self, chains: &[Arc<CertChain>]) -> Result<()> {
        if chains.is_empty() || chains.len() > KeyType::COUNT {
            return Err(Code::NumDefaultCertificates)?;
        }
        if self.owner == Owner::Library {
            return Err(Code::CertOwnership)?;
        }
        let mut defaults = ByType::default();
        for chain in chains {
            let key_type = chain.loaded()?.key_type;
            let slot = &mut defaults[key_type as usize];
            if slot.replace(chain.clone()).is_some() {
                return Err(Code::MultipleDefaultCertificatesPerAuthType)?;
            }
        }
        self.defaults = defaults;
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
        !self.domains.is_empty() || self.defaults().next().is_some()
    }

    pub(crate) fn defaults(&self) -> impl Iterator<Item = &Arc<CertChain>> {
        self.defaults.iter().flatten()
    }

    /// Returns every chain that may be sent; one with several domain names once for each.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<CertChain>> {
        let of_domains = self.domains.values().flatten().flatten();
        self.defaults().chain(of_domains)
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
