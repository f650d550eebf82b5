//! Settings of the verification of peers.

use std::sync::Arc;

use super::Config;
use crate::error::{Code, Result};
use crate::verify::{CertValidationCallback, CrlLookupCallback, Rules};
use crate::x509::extension;

impl Config {
    /// Changes the verification rules.
    fn change_rules(&self, change: impl FnOnce(&mut Rules)) {
        self.change(|settings| change(&mut settings.rules));
    }

    /// Disables the verification of certificates, and clears the trust store.
    pub fn disable_verification(&self) {
        self.change_rules(|rules| rules.verifies = false);
        self.wipe_trust();
    }

    pub fn disable_time_verification(&self) {
        self.change_rules(|rules| rules.checks_time = false);
    }

    pub fn disable_intent_verification(&self) {
        self.change_rules(|rules| rules.checks_intent = false);
    }

    pub fn set_checks_ocsp(&self, checks: bool) {
        self.change_rules(|rules| rules.checks_ocsp = checks);
    }

    pub fn allow_addresses_in_common_names(&self) {
        self.change_rules(|rules| rules.allows_addresses_in_common_names = true);
    }

    /// Registers a critical extension that the application evaluates, by its object identifier in dotted
    /// decimal form.
    pub fn add_known_extension(&self, oid: &[u8]) -> Result<()> {
        let oid = extension::oid(oid)?;
        self.change_rules(|rules| rules.known_extensions.push(oid));
        Ok(())
    }

    /// Sets the maximum number of certificates in a peer's chain.
    pub fn set_max_chain(&self, certificates: u16) -> Result<()> {
        if certificates == 0 {
            return Err(Code::InvalidArgument)?;
        }
        self.change_rules(|rules| rules.max_chain = certificates);
        Ok(())
    }

    pub fn set_crl_lookup_callback(&self, callback: Option<Arc<dyn CrlLookupCallback>>) {
        self.change_rules(|rules| rules.crl_lookup = callback);
    }

    pub fn set_cert_validation_callback(&self, callback: Option<Arc<dyn CertValidationCallback>>) {
        self.change_rules(|rules| rules.cert_validation = callback);
    }
}
