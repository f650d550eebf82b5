//! Settings of the verification of peers.

use std::sync::Arc;

use super::{Config, Overrides};
use crate::base::{Mode, lock};
use crate::error::{Code, Result};
use crate::verify::{LookUpCrl, Rules, Validate, Verifier};
use crate::x509::extension;

impl Config {
    /// Changes what is verified.
    fn change_rules(&self, change: impl FnOnce(&mut Rules)) {
        change(&mut lock(&self.settings).rules);
    }

    /// Accepts every certificate from now on, and forgets whom to trust.
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

    /// Accepts a critical extension, by its identifier in numbers and dots: the application evaluates it.
    pub fn add_known_extension(&self, oid: &[u8]) -> Result<()> {
        let oid = extension::oid(oid)?;
        self.change_rules(|rules| rules.known_extensions.push(oid));
        Ok(())
    }

    /// Sets how many certificates a peer may send.
    pub fn set_max_chain(&self, certificates: u16) -> Result<()> {
        if certificates == 0 {
            return Err(Code::InvalidArgument)?;
        }
        self.change_rules(|rules| rules.max_chain = certificates);
        Ok(())
    }

    pub fn set_look_up_crl(&self, callback: Option<Arc<dyn LookUpCrl>>) {
        self.change_rules(|rules| rules.look_up_crl = callback);
    }

    pub fn set_validate(&self, callback: Option<Arc<dyn Validate>>) {
        self.change_rules(|rules| rules.validate = callback);
    }

    /// What is verified, as it is now.
    pub(crate) fn verifier(&self, over: &Overrides, mode: Mode) -> Verifier {
        let settings = self.settings();
        Verifier {
            clock: settings.wall_clock,
            policy: over.policy.unwrap_or(settings.policy),
            verify_host: over.verify_host.clone().or(settings.verify_host),
            rules: settings.rules,
            trust: settings.trust,
            mode,
        }
    }
}
