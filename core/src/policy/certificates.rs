//! Certificate requirements of policies: signature algorithms and key types.
//!
//! A peer's chain is checked against them before all other checks. Local chains are checked by the
//! calls that combine a chain with a policy.

use x509_parser::asn1_rs::{FromDer, Oid};
use x509_parser::der_parser::oid;
use x509_parser::oid_registry::*;

use super::table::{Definition, Scheme};
use super::{CertificateKey, Policy};
use crate::error::{Code, Result};
use crate::x509::{Certificate, Curve, KeyInfo, PublicKeyType, rsa_bits};

impl Policy {
    /// Returns whether the policy restricts certificates of peers.
    pub(crate) fn restricts_certificates(&self) -> bool {
        let definition = self.definition;
        definition.certificate_schemes.is_some() || definition.certificate_keys.is_some()
    }

    /// Checks one certificate of a peer's chain. The signature algorithm of a self-issued
    /// certificate is ignored: its signature proves nothing.
    pub(crate) fn check_peer(&self, cert: &Certificate<'_>, is_tls13: bool) -> Result<()> {
        let definition = self.definition;
        if !self.restricts_certificates() {
            return Ok(());
        }
        if cert.issuer() != cert.subject() {
            if is_tls13 && signature_algorithm(cert).is_some_and(|oid| SHA1.contains(&oid)) {
                return Err(Code::CertUntrusted)?;
            }
            definition.check_signature(cert)?;
        }
        definition.check_key(cert.key_info())
    }

    /// Returns whether the policy permits the key of a certificate.
    pub(crate) fn permits_key_of(&self, cert: &Certificate<'_>) -> bool {
        self.check_peer_key(cert.key_info()).is_ok()
    }

    /// Checks the raw public key of a peer.
    pub(crate) fn check_peer_key(&self, key: KeyInfo<'_>) -> Result<()> {
        self.definition.check_key(key)
    }

    /// Checks the key of the trust anchor of a peer's path.
    pub(crate) fn check_root(&self, root: &Certificate<'_>) -> Result<()> {
        match self.definition.certificate_keys {
            Some(_) => self.definition.check_key(root.key_info()),
            None => Ok(()),
        }
    }

    /// Checks a local chain, if the policy restricts those as well.
    pub(crate) fn check_local(&self, chain: &[Certificate<'_>]) -> Result<()> {
        if !self.definition.checks_local_certificates {
            return Ok(());
        }
        for cert in chain {
            self.definition.check_key(cert.key_info())?;
            self.definition.check_signature(cert)?;
        }
        Ok(())
    }

    /// Checks a local raw public key, if the policy restricts local certificates.
    pub(crate) fn check_local_key(&self, key: KeyInfo<'_>) -> Result<()> {
        match self.definition.checks_local_certificates {
            true => self.definition.check_key(key),
            false => Ok(()),
        }
    }
}

impl Definition {
    fn check_signature(&self, cert: &Certificate<'_>) -> Result<()> {
        let algorithm = signature_algorithm(cert);
        let matches =
            |scheme: &Scheme| algorithm.is_some() && scheme.certificate_oid() == algorithm;
        match self.certificate_schemes {
            Some(schemes) if !schemes.iter().any(matches) => {
                Err(Code::SecurityPolicyIncompatibleCert)?
            }
            _ => Ok(()),
        }
    }

    fn check_key(&self, key: KeyInfo<'_>) -> Result<()> {
        let Some(allowed) = self.certificate_keys else {
            return Ok(());
        };
        match CertificateKey::of(key.key_type, key.key) {
            Some(key) if allowed.contains(&key) => Ok(()),
            _ => Err(Code::SecurityPolicyIncompatibleCert)?,
        }
    }
}

impl CertificateKey {
    /// Returns the key type of policies that a key has, if any.
    fn of(key_type: PublicKeyType, key: &[u8]) -> Option<Self> {
        Some(match key_type {
            PublicKeyType::Rsa => match rsa_bits(key)? {
                2048 => Self::Rsa2048,
                3072 => Self::Rsa3072,
                4096 => Self::Rsa4096,
                _ => return None,
            },
            PublicKeyType::RsaPss => match rsa_bits(key)? {
                2048 => Self::RsaPss2048,
                3072 => Self::RsaPss3072,
                4096 => Self::RsaPss4096,
                _ => return None,
            },
            PublicKeyType::Ec(Some(Curve::P256)) => Self::EcdsaP256,
            PublicKeyType::Ec(Some(Curve::P384)) => Self::EcdsaP384,
            PublicKeyType::Ec(Some(Curve::P521)) => Self::EcdsaP521,
            PublicKeyType::Ec(_) | PublicKeyType::Other => return None,
            PublicKeyType::Ed25519 => Self::Ed25519,
            PublicKeyType::MlDsa44 => Self::MlDsa44,
            PublicKeyType::MlDsa65 => Self::MlDsa65,
            PublicKeyType::MlDsa87 => Self::MlDsa87,
        })
    }
}

/// Returns the signature algorithm of a certificate.
fn signature_algorithm<'a>(cert: &'a Certificate<'_>) -> Option<Oid<'a>> {
    let (_, oid) = Oid::from_der(cert.signature_algorithm()).ok()?;
    Some(oid)
}

impl Scheme {
    /// Returns the object identifier of this scheme in a certificate. For RSASSA-PSS the hash
    /// function is not part of it, and is ignored.
    fn certificate_oid(self) -> Option<Oid<'static>> {
        Some(match self {
            Self::Pkcs1Sha1 => OID_PKCS1_SHA1WITHRSA,
            Self::Pkcs1S224 => OID_PKCS1_SHA224WITHRSA,
            Self::Pkcs1S256 => OID_PKCS1_SHA256WITHRSA,
            Self::Pkcs1S384 => OID_PKCS1_SHA384WITHRSA,
            Self::Pkcs1S512 => OID_PKCS1_SHA512WITHRSA,
            Self::EcdsaSha1 => ECDSA_SHA1,
            Self::Ecdsa224 => OID_SIG_ECDSA_WITH_SHA224,
            Self::Ecdsa256 => OID_SIG_ECDSA_WITH_SHA256,
            Self::Ecdsa384 => OID_SIG_ECDSA_WITH_SHA384,
            Self::Ecdsa512 => OID_SIG_ECDSA_WITH_SHA512,
            Self::PssRsae256 | Self::PssRsae384 | Self::PssRsae512 => OID_PKCS1_RSASSAPSS,
            Self::PssPss256 | Self::PssPss384 | Self::PssPss512 => OID_PKCS1_RSASSAPSS,
            Self::MlDsa44 => ML_DSA_44,
            Self::MlDsa65 => ML_DSA_65,
            Self::MlDsa87 => ML_DSA_87,
            Self::Md5Sha1 => return None,
        })
    }
}

const ML_DSA_44: Oid<'static> = oid!(2.16.840.1.101.3.4.3.17);
const ML_DSA_65: Oid<'static> = oid!(2.16.840.1.101.3.4.3.18);
const ML_DSA_87: Oid<'static> = oid!(2.16.840.1.101.3.4.3.19);
const ECDSA_SHA1: Oid<'static> = oid!(1.2.840.10045.4.1);
const DSA_SHA1: Oid<'static> = oid!(1.2.840.10040.4.3);

/// RFC 8446, 4.4.2.4 advises against certificates that are signed with SHA-1.
const SHA1: [Oid<'static>; 4] = [
    OID_PKCS1_SHA1WITHRSA,
    OID_SHA1_WITH_RSA,
    ECDSA_SHA1,
    DSA_SHA1,
];

#[cfg(test)]
mod tests {
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{KeyPair as _, RsaKeyPair};
    use rcgen::{
        KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512,
        PKCS_ED25519, PublicKeyData,
    };
    use rustls::crypto::public_key_to_spki;
    use rustls::pki_types::{AlgorithmIdentifier, alg_id};
    use x509_parser::x509::SubjectPublicKeyInfo;

    use super::super::tests::policy;
    use super::*;

    fn kind(spki: &[u8]) -> Option<CertificateKey> {
        let (_, key) = SubjectPublicKeyInfo::from_der(spki).unwrap();
        let key_type = PublicKeyType::of(&key.algorithm);
        CertificateKey::of(key_type, &key.subject_public_key.data)
    }

    #[test]
    fn keys_are_distinguished_by_curve_and_size() {
        for (algorithm, expected) in [
            (&PKCS_ECDSA_P256_SHA256, Some(CertificateKey::EcdsaP256)),
            (&PKCS_ECDSA_P384_SHA384, Some(CertificateKey::EcdsaP384)),
            (&PKCS_ECDSA_P521_SHA512, Some(CertificateKey::EcdsaP521)),
            (&PKCS_ED25519, Some(CertificateKey::Ed25519)),
        ] {
            let key = KeyPair::generate_for(algorithm).unwrap();
            assert_eq!(kind(&key.subject_public_key_info()), expected);
        }
        for (size, rsa, pss) in [
            (
                KeySize::Rsa2048,
                Some(CertificateKey::Rsa2048),
                Some(CertificateKey::RsaPss2048),
            ),
            (
                KeySize::Rsa3072,
                Some(CertificateKey::Rsa3072),
                Some(CertificateKey::RsaPss3072),
            ),
            (
                KeySize::Rsa4096,
                Some(CertificateKey::Rsa4096),
                Some(CertificateKey::RsaPss4096),
            ),
        ] {
            let key = RsaKeyPair::generate(size).unwrap();
            let of = |id: AlgorithmIdentifier| kind(&public_key_to_spki(&id, key.public_key()));
            assert_eq!(of(alg_id::RSA_ENCRYPTION), rsa);
            assert_eq!(of(alg_id::RSA_PSS_SHA384), pss);
        }
        assert_eq!(
            kind(&public_key_to_spki(&alg_id::ML_DSA_87, [0; 2592])),
            Some(CertificateKey::MlDsa87)
        );
        assert_eq!(
            kind(&public_key_to_spki(&alg_id::ML_DSA_65, [0; 1952])),
            Some(CertificateKey::MlDsa65)
        );
        assert_eq!(
            kind(&public_key_to_spki(&alg_id::RSA_ENCRYPTION, b"none")),
            None
        );
    }

    #[test]
    fn the_key_of_a_trust_anchor_is_checked_if_the_policy_requires_it() {
        let root = |algorithm| {
            let key = KeyPair::generate_for(algorithm).unwrap();
            let params = rcgen::CertificateParams::default();
            params.self_signed(&key).unwrap().der().to_vec()
        };
        let (weak, strong) = (root(&PKCS_ECDSA_P256_SHA256), root(&PKCS_ECDSA_P384_SHA384));
        let check = |name, der: &[u8]| {
            let root = Certificate::parse(der)?;
            policy(name).check_root(&root)
        };
        let check = |name, der: &[u8]| check(name, der).map_err(|error| error.code());

        assert_eq!(check("default_tls13", &weak), Ok(()));
        assert_eq!(check("rfc9151", &strong), Ok(()));
        assert_eq!(
            check("rfc9151", &weak),
            Err(Code::SecurityPolicyIncompatibleCert)
        );
        assert_eq!(check("rfc9151", b"none"), Err(Code::DecodeCertificate));
    }

    #[test]
    fn schemes_have_the_object_identifiers_of_certificates() {
        for (scheme, id) in [
            (Scheme::Pkcs1S256, alg_id::RSA_PKCS1_SHA256),
            (Scheme::Pkcs1S384, alg_id::RSA_PKCS1_SHA384),
            (Scheme::Pkcs1S512, alg_id::RSA_PKCS1_SHA512),
            (Scheme::Ecdsa256, alg_id::ECDSA_SHA256),
            (Scheme::Ecdsa384, alg_id::ECDSA_SHA384),
            (Scheme::Ecdsa512, alg_id::ECDSA_SHA512),
            (Scheme::PssRsae256, alg_id::RSA_PSS_SHA256),
            (Scheme::PssPss512, alg_id::RSA_PSS_SHA512),
            (Scheme::MlDsa44, alg_id::ML_DSA_44),
            (Scheme::MlDsa65, alg_id::ML_DSA_65),
            (Scheme::MlDsa87, alg_id::ML_DSA_87),
        ] {
            let (_, oid) = Oid::from_der(&id).unwrap();
            assert_eq!(scheme.certificate_oid(), Some(oid), "{scheme:?}");
        }
    }
}
