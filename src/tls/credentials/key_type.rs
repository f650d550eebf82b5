//! The kinds of keys in certificates, and how they sign.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ParsedPublicKey,
    VerificationAlgorithm,
};
use rustls::crypto::SignatureScheme;
use x509_parser::asn1_rs::Tag;
use x509_parser::der_parser::{Oid, oid};
use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_NIST_EC_P521,
    OID_PKCS1_RSAENCRYPTION, OID_PKCS1_RSASSAPSS, OID_SIG_ED25519,
};

use crate::tls::crypto::rsa_pss;
use crate::tls::error::{Code, Result};
use crate::tls::x509::Certificate;

/// The kinds of keys between which a server chooses.
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

/// What kind of key the certificate is for, and what such a key signs with. As in s2n-tls there are no
/// other kinds: Ed25519 is refused.
pub(super) fn of(cert: &Certificate<'_>) -> Result<(KeyType, &'static [SignatureScheme])> {
    let key = cert.public_key()?;
    let algorithm = &key.algorithm;
    let is = |oids: &[Oid<'_>]| oids.contains(&algorithm.algorithm);
    let curve = || algorithm.parameters.as_ref()?.as_oid().ok();
    Ok(match () {
        _ if is(&[OID_PKCS1_RSAENCRYPTION]) => (KeyType::Rsa, RSA),
        _ if is(&[OID_PKCS1_RSASSAPSS]) => {
            (KeyType::RsaPss, rsa_pss::schemes_of(cert.key_algorithm()))
        }
        _ if is(&[OID_KEY_TYPE_EC_PUBLIC_KEY]) => {
            (KeyType::Ecdsa, curve().map_or(&[], |oid| ecdsa(&oid)))
        }
        _ => match ML_DSA.iter().position(|oid| is(std::slice::from_ref(oid))) {
            Some(at) => (KeyType::MlDsa, &ML_DSA_SCHEMES[at..=at]),
            None => Err(Code::DecodeCertificate)?,
        },
    })
}

/// Fails if the key of a certificate of one's own chain is of no kind that there is, or no point of its curve.
pub(super) fn check(cert: &Certificate<'_>) -> Result<()> {
    let key = cert.public_key()?;
    if key.algorithm.algorithm == OID_SIG_ED25519 {
        return Ok(());
    }
    of(cert)?;
    if key.algorithm.algorithm != OID_KEY_TYPE_EC_PUBLIC_KEY {
        return Ok(());
    }
    // x509-parser reads an object identifier whatever its tag is.
    let parameters = key.algorithm.parameters.as_ref();
    let curve = parameters.filter(|curve| curve.tag() == Tag::Oid);
    let curve = curve.and_then(|curve| curve.as_oid().ok());
    let algorithm: &dyn VerificationAlgorithm = match curve.ok_or(Code::DecodeCertificate)? {
        oid if oid == OID_EC_P256 => &ECDSA_P256_SHA256_ASN1,
        oid if oid == OID_NIST_EC_P384 => &ECDSA_P384_SHA384_ASN1,
        oid if oid == OID_NIST_EC_P521 => &ECDSA_P521_SHA512_ASN1,
        // A peer that knows the curve can judge the key.
        oid if OTHER_CURVES.contains(&oid) => return Ok(()),
        _ => Err(Code::DecodeCertificate)?,
    };
    match ParsedPublicKey::new(algorithm, cert.key()) {
        Ok(_) => Ok(()),
        Err(_) => Err(Code::DecodeCertificate)?,
    }
}

/// P-224 and secp256k1.
const OTHER_CURVES: [Oid<'_>; 2] = [oid!(1.3.132.0.33), oid!(1.3.132.0.10)];

const RSA: &[SignatureScheme] = &[
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA512,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
];

/// RFC 8446, 4.2.3: a curve and a hash go together.
fn ecdsa(curve: &Oid<'_>) -> &'static [SignatureScheme] {
    match curve {
        oid if *oid == OID_EC_P256 => &[SignatureScheme::ECDSA_NISTP256_SHA256],
        oid if *oid == OID_NIST_EC_P384 => &[SignatureScheme::ECDSA_NISTP384_SHA384],
        oid if *oid == OID_NIST_EC_P521 => &[SignatureScheme::ECDSA_NISTP521_SHA512],
        _ => &[],
    }
}

/// RFC 9881, 2: ML-DSA-44, ML-DSA-65 and ML-DSA-87.
const ML_DSA: [Oid<'_>; 3] = [
    oid!(2.16.840.1.101.3.4.3.17),
    oid!(2.16.840.1.101.3.4.3.18),
    oid!(2.16.840.1.101.3.4.3.19),
];

const ML_DSA_SCHEMES: [SignatureScheme; 3] = [
    SignatureScheme::ML_DSA_44,
    SignatureScheme::ML_DSA_65,
    SignatureScheme::ML_DSA_87,
];
