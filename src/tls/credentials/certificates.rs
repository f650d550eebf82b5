//! The certificates of a config: which are for which names, and which for everybody else.

use std::collections::HashMap;
use std::sync::Arc;

use super::{CertChain, KeyType, Loaded};
use crate::tls::base::memory;
use crate::tls::error::{Code, Result};

/// At most one of something for each type of key.
pub(crate) type ByType<T> = [Option<T>; KeyType::COUNT];

/// Chooses between two certificates for the same name and type of key. Chains are known by the names
/// that the application has for them.
pub trait CertTiebreak: Send + Sync {
    fn winner(&self, first: usize, second: usize, host: &[u8]) -> usize;
}

/// The chains that a config has.
#[derive(Clone, Default)]
pub(crate) struct Certificates {
    defaults: ByType<Arc<CertChain>>,
    /// By the names in the certificates, in lower case; a wildcard is a name like another.
    domains: HashMap<Vec<u8>, ByType<Arc<CertChain>>>,
    /// The application has said which ones the defaults are.
    defaults_are_explicit: bool,
    pub(crate) owner: Owner,
    pub(crate) lacks_a_key: bool,
}

/// Whose chains a config has. Those of the library and those of the application do not mix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Owner {
    #[default]
    Nobody,
    Library,
    Application,
}

/// The memory that a name takes, in bytes.
const NAME: usize = 512;

impl Certificates {
    /// The names of a new chain for which there is a chain with the same type of key, and that one.
    pub(crate) fn rivals(&self, loaded: &Loaded) -> Vec<(Vec<u8>, Arc<CertChain>)> {
        let names = loaded.hosts.iter();
        names
            .filter_map(|name| {
                let rival = self.domains.get(name)?[loaded.key_type as usize].clone()?;
                Some((name.clone(), rival))
            })
            .collect()
    }

    /// Adds a chain. Of two with a name in common the first one stays, but for the names in `won`.
    pub(crate) fn add(&mut self, chain: &Arc<CertChain>, won: &[Vec<u8>]) -> Result<()> {
        let loaded = chain.loaded()?;
        let place = loaded.key_type as usize;
        memory::expect(loaded.hosts.len() * NAME)?;
        memory::reserve_entries(&mut self.domains, loaded.hosts.len())?;
        for name in &loaded.hosts {
            let wins = won.contains(name);
            let slot = &mut self.domains.entry(name.clone()).or_default()[place];
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

    /// Sets which chains are shown when no name matches: at most one for each type of key.
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

    /// Lets go of the library's own chain, if there is one.
    pub(crate) fn free_own(&mut self) {
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

    /// Every chain that may be shown; one with several names as often as it has names.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<CertChain>> {
        let of_domains = self.domains.values().flatten().flatten();
        self.defaults().chain(of_domains)
    }

    pub(crate) fn default_of(&self) -> &ByType<Arc<CertChain>> {
        &self.defaults
    }

    pub(crate) fn domains(&self) -> impl Iterator<Item = (&[u8], &ByType<Arc<CertChain>>)> {
        let domains = self.domains.iter();
        domains.map(|(name, chains)| (name.as_slice(), chains))
    }

    /// What a copy takes, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.domains.len() * NAME
    }
}
