//! Raw public keys of peers (RFC 7250): a key is authenticated by its presence among the trusted ones
//! of the config, which replaces the path, the names and the validity period of a certificate.

use super::Verifier;
use super::rejection::{Check, Rejected};
use crate::credentials::cert_types::CertTypes;
use crate::error::{Code, Error, Result};
use crate::verify::Rules;
use crate::verify::trust_store::TrustStore;
use crate::x509::spki::Fingerprint;

/// Returns the certificate types that a config accepts of peers.
///
/// With trusted keys, and without trust anchors, certificates are not accepted, even if their
/// verification is disabled: that is a setting for certificates, and must not make the keys
/// ineffective.
pub(crate) fn accepted_types(trust: &TrustStore, rules: &Rules) -> CertTypes {
    let has_keys = !trust.keys().is_empty();
    let verifies_certificates = rules.verifies && !trust.is_empty();
    CertTypes::new(verifies_certificates || !has_keys, has_keys).unwrap_or_default()
}

impl Verifier<'_> {
    /// Fails if the config accepts raw public keys alone.
    pub(crate) fn check_accepts_certificates(&self) -> Result<()> {
        match accepted_types(self.trust, self.rules).has_x509() {
            true => Ok(()),
            false => Err(self.reject_for(
                Code::CertTypeUnsupported,
                Rejected::Chain,
                Check::CertificateType,
            )),
        }
    }

    /// Checks that the key of a peer is trusted, byte for byte, and that the policy permits it.
    pub(crate) fn check_raw_key(&self, spki: &[u8]) -> Result<()> {
        let trusted = self.trust.keys();
        let Some(key) = trusted.iter().find(|trusted| trusted.der() == spki) else {
            let check = Check::UntrustedKey {
                trusted: trusted.len(),
            };
            return Err(self.reject_key(Code::CertUntrusted, spki, check));
        };
        let checked = self.policy.check_peer_key(key.info());
        checked.map_err(|error| {
            let name = key.info().name();
            let check = Check::Key {
                policy: self.policy.label(),
                key: name.unwrap_or("of an unknown type".into()).into(),
            };
            self.reject_key(error.code(), spki, check)
        })
    }

    /// Records why a raw public key is rejected, and returns the error.
    #[track_caller]
    pub(crate) fn reject_key(&self, code: Code, spki: &[u8], check: Check) -> Error {
        let rejected = Rejected::RawKey(Fingerprint::of(spki));
        self.reject_for(code, rejected, check)
    }
}
