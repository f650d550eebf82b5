//! RSA-PSS keys: `id-RSASSA-PSS` (RFC 4055), whose signature schemes are `rsa_pss_pss_*` (RFC 8446,
//! 4.2.3).

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    KeyPair, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
};
use rustls::crypto::{SignatureScheme, Signer, SigningKey, public_key_to_spki};
use rustls::error::Error;
use rustls::pki_types::{AlgorithmIdentifier, PrivateKeyDer, SubjectPublicKeyInfoDer, alg_id};
use rustls_aws_lc_rs::AwsLcRsVerificationAlgorithm;
use x509_parser::asn1_rs::{Any, FromDer, Tag};

use super::signature::Algorithms;

/// The schemes, each with the algorithms of the keys that may use it: keys without a hash function
/// in their parameters, and keys restricted to this one, with salts as long as the hash or with
/// salts of at least 20 bytes, the default.
pub(crate) static SCHEMES: [(SignatureScheme, Algorithms); 3] = [
    (SHA256, &[&PLAIN_SHA256, &BOUND_SHA256, &SALTY_SHA256]),
    (SHA384, &[&PLAIN_SHA384, &BOUND_SHA384, &SALTY_SHA384]),
    (SHA512, &[&PLAIN_SHA512, &BOUND_SHA512, &SALTY_SHA512]),
];

/// All algorithms.
pub(crate) static ALGORITHMS: Algorithms = &[
    &PLAIN_SHA256,
    &BOUND_SHA256,
    &SALTY_SHA256,
    &PLAIN_SHA384,
    &BOUND_SHA384,
    &SALTY_SHA384,
    &PLAIN_SHA512,
    &BOUND_SHA512,
    &SALTY_SHA512,
];

const SHA256: SignatureScheme = SignatureScheme(0x0809);
const SHA384: SignatureScheme = SignatureScheme(0x080a);
const SHA512: SignatureScheme = SignatureScheme(0x080b);

static PLAIN_SHA256: AwsLcRsVerificationAlgorithm = AwsLcRsVerificationAlgorithm {
    public_key_alg_id: WITHOUT_PARAMETERS,
    signature_alg_id: alg_id::RSA_PSS_SHA256,
    verification_alg: &RSA_PSS_2048_8192_SHA256,
};
static PLAIN_SHA384: AwsLcRsVerificationAlgorithm = AwsLcRsVerificationAlgorithm {
    public_key_alg_id: WITHOUT_PARAMETERS,
    signature_alg_id: alg_id::RSA_PSS_SHA384,
    verification_alg: &RSA_PSS_2048_8192_SHA384,
};
static PLAIN_SHA512: AwsLcRsVerificationAlgorithm = AwsLcRsVerificationAlgorithm {
    public_key_alg_id: WITHOUT_PARAMETERS,
    signature_alg_id: alg_id::RSA_PSS_SHA512,
    verification_alg: &RSA_PSS_2048_8192_SHA512,
};
static BOUND_SHA256: AwsLcRsVerificationAlgorithm = AwsLcRsVerificationAlgorithm {
    public_key_alg_id: alg_id::RSA_PSS_SHA256,
    ..PLAIN_SHA256
};
static BOUND_SHA384: AwsLcRsVerificationAlgorithm = AwsLcRsVerificationAlgorithm {
    public_key_alg_id: alg_id::RSA_PSS_SHA384,
    ..PLAIN_SHA384
};
static BOUND_SHA512: AwsLcRsVerificationAlgorithm = AwsLcRsVerificationAlgorithm {
    public_key_alg_id: alg_id::RSA_PSS_SHA512,
    ..PLAIN_SHA512
};

static SALTY_SHA256: AwsLcRsVerificationAlgorithm = AwsLcRsVerificationAlgorithm {
    public_key_alg_id: SALTY[0],
    ..PLAIN_SHA256
};
static SALTY_SHA384: AwsLcRsVerificationAlgorithm = AwsLcRsVerificationAlgorithm {
    public_key_alg_id: SALTY[1],
    ..PLAIN_SHA384
};
static SALTY_SHA512: AwsLcRsVerificationAlgorithm = AwsLcRsVerificationAlgorithm {
    public_key_alg_id: SALTY[2],
    ..PLAIN_SHA512
};

/// The object identifier 1.2.840.113549.1.1.10, without parameters.
const WITHOUT_PARAMETERS: AlgorithmIdentifier = AlgorithmIdentifier::from_slice(&[
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a,
]);

/// The same with a hash function, MGF1 with the same, and no salt length: with SHA-256, SHA-384 and
/// SHA-512.
const SALTY: [AlgorithmIdentifier; 3] = [
    AlgorithmIdentifier::from_slice(&with_hash(1)),
    AlgorithmIdentifier::from_slice(&with_hash(2)),
    AlgorithmIdentifier::from_slice(&with_hash(3)),
];

/// Encodes parameters with a hash function, which is a member of 2.16.840.1.101.3.4.2.
const fn with_hash(member: u8) -> [u8; 60] {
    [
        0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a, 0x30, 0x2f, 0xa0, 0x0f,
        0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, member, 0x05, 0x00,
        0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08,
        0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, member, 0x05, 0x00,
    ]
}

/// Returns the algorithms of a scheme, if it is one of these.
pub(crate) fn algorithms(scheme: SignatureScheme) -> Option<Algorithms> {
    let mut all = SCHEMES.iter();
    all.find_map(|&(known, algorithms)| (known == scheme).then_some(algorithms))
}

/// A private RSA-PSS key.
pub(crate) struct Key {
    pair: Arc<RsaKeyPair>,
    algorithm: AlgorithmIdentifier,
    schemes: &'static [SignatureScheme],
}

impl Key {
    /// Parses a key; `None` if it has another type, or is restricted to parameters of no scheme.
    pub(crate) fn read(der: &PrivateKeyDer<'_>) -> Option<Self> {
        let PrivateKeyDer::Pkcs8(der) = der else {
            return None;
        };
        let (algorithm, key) = parts(der.secret_pkcs8_der())?;
        let (algorithm, schemes) = KINDS
            .iter()
            .find(|(known, _)| known.as_ref() == algorithm)?;
        Some(Self {
            pair: Arc::new(RsaKeyPair::from_der(key).ok()?),
            algorithm: *algorithm,
            schemes,
        })
    }
}

/// Returns the schemes of a public key, by its AlgorithmIdentifier.
pub(crate) fn schemes_of(algorithm: &[u8]) -> &'static [SignatureScheme] {
    let kind = KINDS.iter().find(|(known, _)| known.as_ref() == algorithm);
    kind.map_or(&[], |(_, schemes)| schemes)
}

/// The AlgorithmIdentifiers of keys, with the schemes of each.
const KINDS: [(AlgorithmIdentifier, &[SignatureScheme]); 7] = [
    (WITHOUT_PARAMETERS, &[SHA256, SHA384, SHA512]),
    (alg_id::RSA_PSS_SHA256, &[SHA256]),
    (alg_id::RSA_PSS_SHA384, &[SHA384]),
    (alg_id::RSA_PSS_SHA512, &[SHA512]),
    (SALTY[0], &[SHA256]),
    (SALTY[1], &[SHA384]),
    (SALTY[2], &[SHA512]),
];

/// Returns the algorithm identifier and the key of a PrivateKeyInfo (RFC 5208, 5).
fn parts(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_, info) = Any::from_der(der).ok()?;
    let (rest, _version) = Any::from_der(info.data).ok()?;
    let (rest, algorithm) = Any::from_der(rest).ok()?;
    let (_, key) = Any::from_der(rest).ok()?;
    let is_whole = info.tag() == Tag::Sequence
        && algorithm.tag() == Tag::Sequence
        && key.tag() == Tag::OctetString;
    is_whole.then_some((algorithm.data, key.data))
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.schemes).finish()
    }
}

impl SigningKey for Key {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let mut schemes = self.schemes.iter();
        let scheme = *schemes.find(|scheme| offered.contains(scheme))?;
        Some(Box::new(Signing {
            pair: self.pair.clone(),
            scheme,
        }))
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(public_key_to_spki(&self.algorithm, self.pair.public_key()))
    }
}

/// A private key with the selected scheme.
struct Signing {
    pair: Arc<RsaKeyPair>,
    scheme: SignatureScheme,
}

impl fmt::Debug for Signing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signing").field(&self.scheme).finish()
    }
}

impl Signer for Signing {
    fn sign(self: Box<Self>, message: &[u8]) -> Result<Vec<u8>, Error> {
        let encoding: &'static dyn RsaEncoding = match self.scheme {
            SHA256 => &RSA_PSS_SHA256,
            SHA384 => &RSA_PSS_SHA384,
            _ => &RSA_PSS_SHA512,
        };
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(encoding, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| Error::General("AWS-LC does not sign".into()))?;
        Ok(signature)
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}

#[cfg(test)]
mod tests;
