//! Public key types of a SubjectPublicKeyInfo (RFC 5280, 4.1.2.7).

use std::borrow::Cow;

use x509_parser::asn1_rs::{Any, FromDer, Tag};
use x509_parser::der_parser::{Oid, oid};
use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_NIST_EC_P521,
    OID_PKCS1_RSAENCRYPTION, OID_PKCS1_RSASSAPSS, OID_SIG_ED25519,
};
use x509_parser::public_key::RSAPublicKey;
use x509_parser::x509::AlgorithmIdentifier;

/// The type of a public key, with its curve or parameter set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PublicKeyType {
    Rsa,
    RsaPss,
    /// `None` for a curve that is unknown, or not named.
    Ec(Option<Curve>),
    Ed25519,
    MlDsa44,
    MlDsa65,
    MlDsa87,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    P224,
    P256,
    P384,
    P521,
    Secp256k1,
}

impl PublicKeyType {
    /// Reads the type from the algorithm of a SubjectPublicKeyInfo.
    pub(crate) fn of(algorithm: &AlgorithmIdentifier<'_>) -> Self {
        if algorithm.algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY {
            return Self::Ec(algorithm.parameters.as_ref().and_then(Curve::of));
        }
        let known = TYPES.iter().find(|(oid, _)| *oid == algorithm.algorithm);
        known.map_or(Self::Other, |&(_, found)| found)
    }
}

/// The parts of a SubjectPublicKeyInfo.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyInfo<'a> {
    pub(crate) key_type: PublicKeyType,
    /// The content of the AlgorithmIdentifier.
    pub(crate) algorithm: &'a [u8],
    /// The content of the BIT STRING.
    pub(crate) key: &'a [u8],
}

impl KeyInfo<'_> {
    /// Returns the type of the key in the API, such as "rsa2048"; `None` for a type that the API does
    /// not have.
    pub(crate) fn name(&self) -> Option<Cow<'static, str>> {
        Some(Cow::Borrowed(match self.key_type {
            PublicKeyType::Rsa | PublicKeyType::RsaPss => {
                return Some(Cow::Owned(format!("rsa{}", rsa_bits(self.key)?)));
            }
            PublicKeyType::Ec(Some(Curve::P256)) => "ecdsa_secp256r1",
            PublicKeyType::Ec(Some(Curve::P384)) => "ecdsa_secp384r1",
            PublicKeyType::Ec(Some(Curve::P521)) => "ecdsa_secp521r1",
            PublicKeyType::MlDsa44 => "mldsa44",
            PublicKeyType::MlDsa65 => "mldsa65",
            PublicKeyType::MlDsa87 => "mldsa87",
            PublicKeyType::Ec(_) | PublicKeyType::Ed25519 | PublicKeyType::Other => return None,
        }))
    }
}

static TYPES: [(Oid<'static>, PublicKeyType); 6] = [
    (OID_PKCS1_RSAENCRYPTION, PublicKeyType::Rsa),
    (OID_PKCS1_RSASSAPSS, PublicKeyType::RsaPss),
    (OID_SIG_ED25519, PublicKeyType::Ed25519),
    // RFC 9881, 2
    (oid!(2.16.840.1.101.3.4.3.17), PublicKeyType::MlDsa44),
    (oid!(2.16.840.1.101.3.4.3.18), PublicKeyType::MlDsa65),
    (oid!(2.16.840.1.101.3.4.3.19), PublicKeyType::MlDsa87),
];

impl Curve {
    /// Reads the curve from the parameters of an elliptic curve key (RFC 5480, 2.1.1).
    fn of(parameters: &Any<'_>) -> Option<Self> {
        // asn1-rs reads an object identifier whatever its tag is.
        if parameters.tag() != Tag::Oid {
            return None;
        }
        let named = parameters.as_oid().ok()?;
        let known = CURVES.iter().find(|(oid, _)| *oid == named);
        known.map(|&(_, curve)| curve)
    }
}

static CURVES: [(Oid<'static>, Curve); 5] = [
    (oid!(1.3.132.0.33), Curve::P224),
    (OID_EC_P256, Curve::P256),
    (OID_NIST_EC_P384, Curve::P384),
    (OID_NIST_EC_P521, Curve::P521),
    (oid!(1.3.132.0.10), Curve::Secp256k1),
];

/// Returns the length of an RSA key's modulus in bits, for the content of the BIT STRING.
pub(crate) fn rsa_bits(key: &[u8]) -> Option<usize> {
    let (_, key) = RSAPublicKey::from_der(key).ok()?;
    let first = key.modulus.iter().position(|&byte| byte != 0)?;
    let modulus = &key.modulus[first..];
    Some(modulus.len() * 8 - modulus[0].leading_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_an_rsa_key_is_that_of_its_modulus() {
        for (modulus, expected) in [
            (&[0][..], None),
            (&[1], Some(1)),
            (&[0x7f], Some(7)),
            (&[0, 0x80], Some(8)),
            (&[1, 0], Some(9)),
            (&[0, 0x80, 0, 1], Some(24)),
        ] {
            let numbers = [&[2, modulus.len() as u8], modulus, &[2, 1, 3]].concat();
            let key = [&[0x30, numbers.len() as u8][..], &numbers].concat();
            assert_eq!(rsa_bits(&key), expected, "{modulus:?}");
        }
        assert_eq!(rsa_bits(b"no key"), None);
    }
}
