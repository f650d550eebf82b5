//! Names of certificates and of algorithms as text, for messages.

use std::fmt::Write;

use x509_parser::asn1_rs::FromDer as _;
use x509_parser::der_parser::{Oid, oid};
use x509_parser::oid_registry::*;
use x509_parser::x509::X509Name;

use super::{Certificate, canonical};

/// The maximum length of a name that becomes text, in bytes.
const MAX_NAME: usize = 2048;

impl Certificate<'_> {
    /// Returns the subject, such as `C=DE, O=Example, CN=www.example.com`.
    pub(crate) fn subject_text(&self) -> String {
        text_of(self.subject())
    }

    /// Returns the issuer like [`Self::subject_text`].
    pub(crate) fn issuer_text(&self) -> String {
        text_of(self.issuer())
    }

    /// Returns the name of the signature's algorithm, or its object identifier.
    pub(crate) fn signature_algorithm_name(&self) -> String {
        let Ok((_, oid)) = Oid::from_der(self.signature_algorithm()) else {
            return "unknown".to_owned();
        };
        let mut known = ALGORITHMS.iter();
        match known.find(|(known, _)| *known == oid) {
            Some((_, name)) => (*name).to_owned(),
            None => oid.to_id_string(),
        }
    }
}

/// Returns a distinguished name as text, in the order of its encoding. Empty if it is too long.
fn text_of(der: &[u8]) -> String {
    let mut text = String::new();
    let Some((_, name)) = X509Name::from_der(der)
        .ok()
        .filter(|_| der.len() <= MAX_NAME)
    else {
        return text;
    };
    for attribute in name.iter_attributes() {
        if !text.is_empty() {
            text.push_str(", ");
        }
        let oid = attribute.attr_type();
        let mut known = ATTRIBUTES.iter();
        match known.find(|(known, _)| known == oid) {
            Some((_, name)) => text.push_str(name),
            None => text.push_str(&oid.to_id_string()),
        }
        let value = canonical::text(attribute.attr_value());
        // Writing to a string does not fail.
        let _ = write!(text, "={}", value.as_deref().unwrap_or("?"));
    }
    text
}

/// The abbreviations of RFC 4519, 2, and of certificates.
static ATTRIBUTES: [(Oid<'static>, &str); 9] = [
    (OID_X509_COMMON_NAME, "CN"),
    (OID_X509_COUNTRY_NAME, "C"),
    (OID_X509_LOCALITY_NAME, "L"),
    (OID_X509_STATE_OR_PROVINCE_NAME, "ST"),
    (OID_X509_ORGANIZATION_NAME, "O"),
    (OID_X509_ORGANIZATIONAL_UNIT, "OU"),
    (OID_X509_SERIALNUMBER, "serialNumber"),
    (OID_DOMAIN_COMPONENT, "DC"),
    (OID_PKCS9_EMAIL_ADDRESS, "emailAddress"),
];

static ALGORITHMS: [(Oid<'static>, &str); 15] = [
    (oid!(1.2.840.113549.1.1.4), "RSA with MD5"),
    (OID_PKCS1_SHA1WITHRSA, "RSA with SHA-1"),
    (OID_PKCS1_SHA224WITHRSA, "RSA with SHA-224"),
    (OID_PKCS1_SHA256WITHRSA, "RSA with SHA-256"),
    (OID_PKCS1_SHA384WITHRSA, "RSA with SHA-384"),
    (OID_PKCS1_SHA512WITHRSA, "RSA with SHA-512"),
    (OID_PKCS1_RSASSAPSS, "RSA-PSS"),
    (oid!(1.2.840.10045.4.1), "ECDSA with SHA-1"),
    (OID_SIG_ECDSA_WITH_SHA256, "ECDSA with SHA-256"),
    (OID_SIG_ECDSA_WITH_SHA384, "ECDSA with SHA-384"),
    (OID_SIG_ECDSA_WITH_SHA512, "ECDSA with SHA-512"),
    (OID_SIG_ED25519, "Ed25519"),
    (oid!(2.16.840.1.101.3.4.3.17), "ML-DSA-44"),
    (oid!(2.16.840.1.101.3.4.3.18), "ML-DSA-65"),
    (oid!(2.16.840.1.101.3.4.3.19), "ML-DSA-87"),
];
