//! Generation of certificates, valid or with a single defect.

use std::path::Path;

pub mod der;
pub mod extensions;
pub mod keys;

use der::{bits, explicit, integer, oid, sequence, set, tlv};
use extensions::Extension;
use keys::{Identifier, Key, Kind, Signing};

/// The time at which certificates are valid by default: 2027-01-15 08:00:00.
pub const NOW: i64 = 1_800_000_000;
pub const DAY: i64 = 86_400;

/// The fields of a certificate.
#[derive(Clone)]
pub struct Cert {
    /// 2 for version 3.
    pub version: u8,
    pub serial: Vec<u8>,
    /// An encoded Name.
    pub subject: Vec<u8>,
    /// The issuer field, if it differs from the issuer's subject.
    pub issuer_name: Option<Vec<u8>>,
    /// The encoded validity period.
    pub times: [Vec<u8>; 2],
    pub extensions: Vec<Extension>,
    pub key: Kind,
    pub unknown_key: bool,
    /// The certificate whose key signs, by name.
    pub issuer: &'static str,
    pub signing: Signing,
    /// A signature algorithm identifier in the signed part that differs from the outer one.
    pub inner_identifier: Option<Identifier>,
    /// Corrupts the signature.
    pub damaged: bool,
}

impl Cert {
    fn new(name: &str, issuer: &'static str, extensions: Vec<Extension>) -> Self {
        Self {
            version: 2,
            serial: vec![1, 2, 3],
            subject: common_name(name),
            issuer_name: None,
            times: [der::time(NOW - DAY), der::time(NOW + DAY)],
            extensions,
            key: Kind::P256,
            unknown_key: false,
            issuer,
            signing: Signing::Default,
            inner_identifier: None,
            damaged: false,
        }
    }

    pub fn authority(name: &str, issuer: &'static str) -> Self {
        let extensions = vec![
            extensions::authority(None),
            extensions::key_usage(&[extensions::CERT_SIGN, extensions::CRL_SIGN]),
        ];
        Self::new(name, issuer, extensions)
    }

    /// A certificate for servers and clients.
    pub fn leaf(name: &str, issuer: &'static str) -> Self {
        let extensions = vec![
            extensions::key_usage(&[extensions::DIGITAL_SIGNATURE]),
            extensions::purposes(&[extensions::SERVER, extensions::CLIENT]),
            extensions::names(&[extensions::dns("leaf.test")]),
        ];
        Self::new(name, issuer, extensions)
    }

    /// Replaces the extension of the same type, or appends it.
    pub fn with(&mut self, extension: Extension) -> &mut Self {
        self.without(extension.oid).extensions.push(extension);
        self
    }

    pub fn without(&mut self, oid: &str) -> &mut Self {
        self.extensions.retain(|extension| extension.oid != oid);
        self
    }

    pub fn valid(&mut self, from: i64, until: i64) -> &mut Self {
        self.times = [der::time(from), der::time(until)];
        self
    }

    /// Signs the certificate and returns its DER encoding.
    pub fn sign(&self, key: &Key, issuer: &Cert, issuer_key: &Key, dir: &Path) -> Vec<u8> {
        let identifier = issuer_key.identifier(self.signing).der();
        let inner = self
            .inner_identifier
            .map_or(identifier.clone(), Identifier::der);
        let issuer_name = self.issuer_name.as_ref().unwrap_or(&issuer.subject);
        let public = match self.unknown_key {
            true => keys::unknown_public_key(),
            false => key.public(),
        };
        let mut parts = vec![
            integer(&self.serial),
            inner,
            issuer_name.clone(),
            sequence(&self.times),
            self.subject.clone(),
            public,
        ];
        if self.version > 0 {
            parts.insert(0, explicit(0, &integer(&[self.version])));
        }
        if !self.extensions.is_empty() {
            let list: Vec<Vec<u8>> = self.extensions.iter().map(Extension::der).collect();
            parts.push(explicit(3, &sequence(&list)));
        }
        let signed = sequence(&parts);
        let mut signature = issuer_key.sign(self.signing, &signed, dir);
        if self.damaged {
            *signature.last_mut().expect("not empty") ^= 1;
        }
        sequence(&[signed, identifier, bits(&signature)])
    }
}

/// A Name with a single common name, as UTF8String.
pub fn common_name(text: &str) -> Vec<u8> {
    name(&[("2.5.4.3", 0x0c, text.as_bytes())])
}

/// A Name of attributes: type, string tag, value.
pub fn name(attributes: &[(&str, u8, &[u8])]) -> Vec<u8> {
    let attributes = attributes.iter();
    let parts: Vec<Vec<u8>> = attributes
        .map(|(kind, tag, value)| set(&[sequence(&[oid(kind), tlv(*tag, value)])]))
        .collect();
    sequence(&parts)
}
