//! Key types of certificate chains, and the signature schemes of each.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ParsedPublicKey,
    VerificationAlgorithm,
};
use rustls::crypto::SignatureScheme;

use crate::crypto::rsa_pss;
use crate::error::{Code, Result};
use crate::x509::{Curve, KeyInfo, PublicKeyType};

/// The key types for which a server has separate chains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyType {
    Rsa,
    Ecdsa,
    RsaPss,
    MlDsa,
}

impl KeyType {
    pub(crate) const COUNT: usize = 4;
}

impl KeyType {
    /// Returns the type of a key, and the schemes with which such a key signs. As in
    /// s2n-tls there are no other types: Ed25519 is rejected.
    pub(super) fn of(key: KeyInfo<'_>) -> Result<(Self, &'static [SignatureScheme])> {
        Ok(match key.key_type {
            PublicKeyType::Rsa => (Self::Rsa, RSA),
            PublicKeyType::RsaPss => (Self::RsaPss, rsa_pss::schemes_of(key.algorithm)),
            PublicKeyType::Ec(curve) => (Self::Ecdsa, curve.map_or(&[], ecdsa)),
            PublicKeyType::MlDsa44 => (Self::MlDsa, &[SignatureScheme::ML_DSA_44]),
            PublicKeyType::MlDsa65 => (Self::MlDsa, &[SignatureScheme::ML_DSA_65]),
            PublicKeyType::MlDsa87 => (Self::MlDsa, &[SignatureScheme::ML_DSA_87]),
            PublicKeyType::Ed25519 | PublicKeyType::Other => Err(Code::DecodeCertificate)?,
        })
    }
}

/// Checks a key that the application loads, in a certificate or alone: fails for an unknown type
/// or curve, and for a point that is not on its curve.
pub(super) fn check(key: KeyInfo<'_>) -> Result<()> {
    let curve = match key.key_type {
        PublicKeyType::Other => Err(Code::DecodeCertificate)?,
        PublicKeyType::Ec(curve) => curve.ok_or(Code::DecodeCertificate)?,
        _ => return Ok(()),
    };
    let algorithm: &dyn VerificationAlgorithm = match curve {
        Curve::P256 => &ECDSA_P256_SHA256_ASN1,
        Curve::P384 => &ECDSA_P384_SHA384_ASN1,
        Curve::P521 => &ECDSA_P521_SHA512_ASN1,
        // A peer that supports the curve validates the key.
        Curve::P224 | Curve::Secp256k1 => return Ok(()),
    };
    match ParsedPublicKey::new(algorithm, key.key) {
        Ok(_) => Ok(()),
        Err(_) => Err(Code::DecodeCertificate)?,
    }
}

/// Checks that a raw public key can be decoded, and sign handshakes; returns its type and schemes.
pub(crate) fn of_raw_key(key: KeyInfo<'_>) -> Result<(KeyType, &'static [SignatureScheme])> {
    let unsupported = || {
        Code::CertTypeUnsupported.rule(
            "keys of this type are not supported: RSA, RSA-PSS, ML-DSA, and ECDSA with P-256, P-384 \
             or P-521 are",
        )
    };
    if matches!(
        key.key_type,
        PublicKeyType::Ed25519 | PublicKeyType::Other | PublicKeyType::Ec(None)
    ) {
        return Err(unsupported());
    }
    check(key)?;
    let (key_type, schemes) = KeyType::of(key)?;
    match schemes.is_empty() {
        true => Err(unsupported()),
        false => Ok((key_type, schemes)),
    }
}

const RSA: &[SignatureScheme] = &[
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA512,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
];

/// Returns the schemes of a curve, which determines the hash function (RFC 8446, 4.2.3).
fn ecdsa(curve: Curve) -> &'static [SignatureScheme] {
    match curve {
        Curve::P256 => &[SignatureScheme::ECDSA_NISTP256_SHA256],
        Curve::P384 => &[SignatureScheme::ECDSA_NISTP384_SHA384],
        Curve::P521 => &[SignatureScheme::ECDSA_NISTP521_SHA512],
        Curve::P224 | Curve::Secp256k1 => &[],
    }
}
