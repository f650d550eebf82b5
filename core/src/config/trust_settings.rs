//! Settings of the verification of peers.

use std::sync::Arc;

use super::{Config, Settings};
use crate::credentials::cert_types::CertTypes;
use crate::error::{Code, Result};
use crate::verify::raw_key::accepted_types;
use crate::verify::{CertValidationCallback, ClientAuth, CrlLookupCallback, Rules};
use crate::x509::extension;
use crate::x509::spki::PublicKey;

impl Settings {
    /// Returns the certificate types that are accepted of peers.
    pub(super) fn accepted_types(&self) -> CertTypes {
        accepted_types(&self.trust, &self.rules)
    }

    /// Returns whether a client has raw public keys alone for one of the sides, which TLS 1.2 does not
    /// have.
    pub(super) fn client_requires_tls13(&self) -> bool {
        let accepts_certificates = self.accepted_types().has_x509();
        !accepts_certificates || self.sends_raw_keys_alone()
    }

    /// Returns whether a server has raw public keys alone for one of the sides that must
    /// authenticate.
    pub(super) fn server_requires_tls13(&self, client_auth: ClientAuth) -> bool {
        let accepts_certificates = self.accepted_types().has_x509();
        client_auth == ClientAuth::Required && !accepts_certificates || self.sends_raw_keys_alone()
    }

    fn sends_raw_keys_alone(&self) -> bool {
        let certificates = &self.certificates;
        certificates.has_raw_keys() && !certificates.has_certificates()
    }
}

impl Config {
    /// Adds a raw public key that authenticates peers (RFC 7250): a SubjectPublicKeyInfo in DER or
    /// PEM.
    pub fn trust_key(&self, public_key: &[u8]) -> Result<()> {
        let key = PublicKey::read(public_key)?;
        self.change_trust(|trust| trust.add_key(key))
    }

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
