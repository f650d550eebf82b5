//! Public keys without a certificate: a SubjectPublicKeyInfo (RFC 5280, 4.1.2.7), as raw public keys
//! (RFC 7250) have it.

use std::fmt;

use x509_parser::asn1_rs::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::certificate::{Part, key_algorithm, part_of};
use super::pem;
use super::public_key::{KeyInfo, PublicKeyType};
use crate::base::{append_hex, memory};
use crate::crypto::digest::Algorithm;
use crate::error::{Code, Result};

/// A parsed SubjectPublicKeyInfo.
#[derive(Clone, Debug)]
pub(crate) struct PublicKey {
    der: Vec<u8>,
    algorithm: Part,
    key_type: PublicKeyType,
    key: Part,
}

impl PublicKey {
    /// Parses the DER of a SubjectPublicKeyInfo, or PEM with it ("PUBLIC KEY").
    pub(crate) fn read(text: &[u8]) -> Result<Self> {
        // A DER SEQUENCE begins with the digit "0", with which PEM may begin as well.
        match Self::parse(memory::copy(text)?) {
            Err(error) if error.code() == Code::Alloc => Err(error),
            Ok(key) => Ok(key),
            Err(undecodable) if text.first() == Some(&SEQUENCE) && !is_pem(text) => {
                Err(undecodable)
            }
            Err(_) => Self::parse(pem::first(text, b"PUBLIC KEY", Code::DecodeCertificate)?),
        }
    }

    /// Parses the DER of a SubjectPublicKeyInfo.
    pub(crate) fn parse(der: Vec<u8>) -> Result<Self> {
        let undecodable = || Code::DecodeCertificate.rule("a public key cannot be decoded");
        let Ok(([], parsed)) = SubjectPublicKeyInfo::from_der(&der) else {
            return Err(undecodable());
        };
        let algorithm = key_algorithm(&der).ok_or_else(undecodable)?;
        Ok(Self {
            algorithm: part_of(&der, algorithm),
            key_type: PublicKeyType::of(&parsed.algorithm),
            key: part_of(&der, &parsed.subject_public_key.data),
            der,
        })
    }

    pub(crate) fn der(&self) -> &[u8] {
        &self.der
    }

    pub(crate) fn info(&self) -> KeyInfo<'_> {
        KeyInfo {
            key_type: self.key_type,
            algorithm: &self.der[self.algorithm.clone()],
            key: &self.der[self.key.clone()],
        }
    }
}

/// The first byte of a SubjectPublicKeyInfo.
const SEQUENCE: u8 = 0x30;

fn is_pem(text: &[u8]) -> bool {
    text.windows(b"--BEGIN".len())
        .any(|part| part == b"--BEGIN")
}

/// The SHA-256 of a SubjectPublicKeyInfo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Computes the fingerprint of a SubjectPublicKeyInfo in DER.
    pub fn of(spki: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(Algorithm::Sha256.digest(spki).as_ref());
        Self(bytes)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(2 * self.0.len());
        append_hex(&mut text, &self.0);
        f.write_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{KeyPair, PublicKeyData};

    use super::*;
    use crate::x509::Curve;

    #[test]
    fn der_and_pem_are_read() {
        let key = KeyPair::generate().expect("a key");
        let der = key.subject_public_key_info();
        let parsed = PublicKey::read(&der).expect("DER");
        assert_eq!(parsed.der(), der);
        assert_eq!(parsed.info().key_type, PublicKeyType::Ec(Some(Curve::P256)));
        assert_eq!(parsed.info().key, key.public_key_raw());
        let pem = key.public_key_pem();
        assert_eq!(PublicKey::read(pem.as_bytes()).expect("PEM").der(), der);
        // Text before the section, which begins like DER.
        let pem = format!("0 is the number of this key\n{pem}");
        assert_eq!(PublicKey::read(pem.as_bytes()).expect("PEM").der(), der);
    }

    #[test]
    fn malformed_keys_are_rejected() {
        let key = KeyPair::generate().expect("a key");
        let der = key.subject_public_key_info();
        for len in 0..der.len() {
            let error = PublicKey::parse(der[..len].to_vec()).expect_err("truncated");
            assert_eq!(error.code(), Code::DecodeCertificate, "{len} bytes");
        }
        let longer = [&der[..], &[0]].concat();
        let error = PublicKey::read(&longer).expect_err("a trailing byte");
        assert_eq!(error.code(), Code::DecodeCertificate);
        for (text, code) in [
            (key.serialize_pem(), Code::InvalidPem),
            (String::new(), Code::InvalidPem),
            ("no key".to_owned(), Code::InvalidPem),
        ] {
            let error = PublicKey::read(text.as_bytes()).expect_err("no public key");
            assert_eq!(error.code(), code, "{text}");
        }
    }

    #[test]
    fn a_fingerprint_is_the_sha256_in_hex() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Fingerprint::of(b"abc").to_string(), expected);
    }
}
