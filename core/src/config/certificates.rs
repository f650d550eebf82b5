//! Settings of certificates and private keys.

use std::num::NonZeroU16;
use std::sync::Arc;

use super::{Config, Mode};
use crate::base::memory;
use crate::credentials::certificates::{Certificates, Owner};
use crate::credentials::{CertChain, CertCompression, CertTiebreak};
use crate::error::{Code, Result};
use crate::policy::Policy;

impl Config {
    /// Sets the policy, if the certificates comply with it.
    pub fn set_policy(&self, policy: &'static Policy) -> Result<()> {
        self.change(|settings| {
            check_chains(&settings.certificates, policy)?;
            settings.policy = policy;
            Ok(())
        })
    }

    /// Checks that the certificates comply with a policy.
    pub(crate) fn check_policy(&self, policy: &Policy) -> Result<()> {
        check_chains(&self.certificates(), policy)
    }

    /// Sets the algorithms of certificate compression (RFC 8879), most preferred first.
    pub fn set_cert_compression(&self, algorithms: Vec<CertCompression>) {
        self.change(|settings| settings.cert_compression = algorithms);
    }

    fn certificates(&self) -> Arc<Certificates> {
        self.read(|settings| settings.certificates.clone())
    }

    /// Adds a chain that the application owns.
    pub fn add_chain(&self, chain: &Arc<CertChain>) -> Result<()> {
        if self.read(|settings| settings.certificates.owner) == Owner::Library {
            return Err(Code::CertOwnership)?;
        }
        self.add(chain, Owner::Application)
    }

    /// Checks that the config has no chain, so that it can own one.
    pub fn check_has_no_chain(&self) -> Result<()> {
        match self.read(|settings| settings.certificates.owner) {
            Owner::None => Ok(()),
            _ => Err(Code::CertOwnership)?,
        }
    }

    /// Adds the only chain of a config, which then owns it.
    pub fn add_own_chain(&self, chain: &Arc<CertChain>) -> Result<()> {
        self.check_has_no_chain()?;
        let key_type = chain.loaded()?.key_type;
        if self.certificates().default_of()[key_type as usize].is_some() {
            return Err(Code::MultipleDefaultCertificatesPerAuthType)?;
        }
        self.add(chain, Owner::Library)
    }

    fn add(&self, chain: &Arc<CertChain>, owner: Owner) -> Result<()> {
        chain.loaded()?.check_policy(self.policy())?;
        let won = self.names_won(chain)?;
        self.change(|settings| {
            if Arc::strong_count(&settings.certificates) > 1 {
                memory::probe(settings.certificates.size())?;
            }
            let certificates = Arc::make_mut(&mut settings.certificates);
            certificates.add(chain, &won)?;
            certificates.owner = owner;
            Ok(())
        })
    }

    /// Returns the names for which the application's callback prefers a new chain to an earlier one.
    fn names_won(&self, chain: &CertChain) -> Result<Vec<Vec<u8>>> {
        let (tiebreak, certificates) = self.read(|settings| {
            let tiebreak = settings.cert_tiebreak.clone();
            (tiebreak, settings.certificates.clone())
        });
        let Some(tiebreak) = tiebreak else {
            return Ok(Vec::new());
        };
        let rivals = certificates.rivals(&*chain.loaded()?);
        let won = rivals.into_iter().filter(|(name, rival)| {
            let winner = tiebreak.winner(rival.name(), chain.name(), name);
            winner == chain.name()
        });
        Ok(won.map(|(name, _)| name).collect())
    }

    pub fn set_cert_tiebreak(&self, cert_tiebreak: Option<Arc<dyn CertTiebreak>>) {
        self.change(|settings| settings.cert_tiebreak = cert_tiebreak);
    }

    /// Sets the chains that are sent when no name matches.
    pub fn set_default_chains(&self, chains: &[Arc<CertChain>]) -> Result<()> {
        self.change(|settings| Arc::make_mut(&mut settings.certificates).set_defaults(chains))
    }

    /// Removes the chain that the config owns.
    pub fn free_own_chain(&self) {
        self.change(|settings| Arc::make_mut(&mut settings.certificates).remove_own());
    }

    /// Returns the chain that the config owns, for a call that changes it.
    pub fn own_chain(&self) -> Result<Arc<CertChain>> {
        let certificates = self.certificates();
        let chain = certificates.defaults().next();
        let chain = chain.ok_or(Code::UpdatingExtension)?;
        match certificates.owner {
            Owner::Library => Ok(chain.clone()),
            _ => Err(Code::CertOwnership)?,
        }
    }

    /// Checks that a connection of this mode can use the config. Returns the maximum of plaintext
    /// bytes in a record that it sends, if that is configured.
    pub fn use_for(&self, mode: Mode) -> Result<Option<NonZeroU16>> {
        self.read(|settings| {
            let certificates = &settings.certificates;
            let most = certificates
                .defaults()
                .count()
                .max(certificates.raw_keys().count());
            if mode == Mode::Client && most > 1 {
                return Err(Code::TooManyCertificates)?;
            }
            if certificates.lacks_a_key && settings.private_keys.is_none() {
                return Err(Code::NoPrivateKey)?;
            }
            Ok(settings.max_fragment_length)
        })
    }
}

fn check_chains(certificates: &Certificates, policy: &Policy) -> Result<()> {
    let mut chains = certificates.all();
    chains.try_for_each(|chain| chain.loaded()?.check_policy(policy))
}
