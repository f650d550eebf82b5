//! What is left of a policy: the part that rustls and its provider have.

use std::borrow::Cow;

use rustls::crypto::kx::SupportedKxGroup;
use rustls::crypto::{CryptoProvider, SignatureScheme, WebPkiSupportedAlgorithms};
use rustls::enums::ProtocolVersion;
use rustls::pki_types::SignatureVerificationAlgorithm;
use rustls::{Tls12CipherSuite, Tls13CipherSuite};
use rustls_aws_lc_rs::{
    ALL_KX_GROUPS, ALL_TLS12_CIPHER_SUITES, ALL_TLS13_CIPHER_SUITES, ALL_VERIFICATION_ALGS,
    DEFAULT_PROVIDER, RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS,
    RSA_PKCS1_2048_8192_SHA384_ABSENT_PARAMS, RSA_PKCS1_2048_8192_SHA512_ABSENT_PARAMS,
    SUPPORTED_SIG_ALGS,
};

use super::key_share::WithCurve;
use super::table::{Definition, Group, Scheme, Suite};
use crate::tls::base::Version;
use crate::tls::crypto::signature::Algorithms;
use crate::tls::crypto::{groups, rsa_pss};

/// The usable part of a policy, everything in its order.
pub(super) struct Reduction {
    pub tls12: Vec<&'static Tls12CipherSuite>,
    pub tls13: Vec<&'static Tls13CipherSuite>,
    pub groups: Vec<&'static dyn SupportedKxGroup>,
    pub certificate_algorithms: Algorithms,
    signatures: WebPkiSupportedAlgorithms,
}

impl Reduction {
    /// Reduces a policy. Nothing, if no version is left with a suite, a group and a scheme.
    pub fn of(definition: &'static Definition) -> Option<Self> {
        let mut groups: Vec<_> = kept(definition.groups, Group::offered);
        let schemes: Vec<_> = kept(definition.schemes, Scheme::offered);
        let usable = |version: ProtocolVersion| {
            groups.iter().any(|g| g.name().usable_for_version(version))
                && schemes.iter().any(|&(scheme, _)| is_for(scheme, version))
        };

        let mut tls12 = Vec::new();
        if definition.min_version <= Version::Tls12 && usable(ProtocolVersion::TLSv1_2) {
            tls12 = kept(definition.suites, Suite::offered_in_tls12);
        }
        let mut tls13 = Vec::new();
        if usable(ProtocolVersion::TLSv1_3) {
            tls13 = kept(definition.suites, Suite::offered_in_tls13);
        }
        if tls12.is_empty() && tls13.is_empty() {
            return None;
        }

        // rustls wants what follows for ever. A policy is reduced once in the life of the process
        // and then kept, so each leaks at most once.
        if let Some(both) = with_first_curve(&groups) {
            groups[0] = Box::leak(Box::new(both));
        }
        let certificate_algorithms = match definition.certificate_schemes {
            Some(schemes) => Vec::leak(certificate_algorithms(schemes)),
            None => Vec::leak([ALL_VERIFICATION_ALGS, rsa_pss::ALGORITHMS].concat()),
        };
        let signatures =
            WebPkiSupportedAlgorithms::new(certificate_algorithms, Vec::leak(schemes)).ok()?;

        Some(Self {
            tls12,
            tls13,
            groups,
            certificate_algorithms,
            signatures,
        })
    }

    pub fn signature_schemes(&self) -> Vec<SignatureScheme> {
        self.signatures.supported_schemes()
    }

    pub fn into_provider(self) -> CryptoProvider {
        CryptoProvider {
            tls12_cipher_suites: Cow::Owned(self.tls12),
            tls13_cipher_suites: Cow::Owned(self.tls13),
            kx_groups: Cow::Owned(self.groups),
            signature_verification_algorithms: self.signatures,
            ..DEFAULT_PROVIDER
        }
    }
}

fn kept<T: Copy, U>(all: &[T], offered: impl Fn(T) -> Option<U>) -> Vec<U> {
    all.iter().copied().filter_map(offered).collect()
}

/// The first group together with the first curve, if they are not the same.
fn with_first_curve(groups: &[&'static dyn SupportedKxGroup]) -> Option<WithCurve> {
    let is_curve = |group: &&&'static dyn SupportedKxGroup| {
        // Curves are what both versions have; post-quantum groups came with TLS 1.3.
        group.name().usable_for_version(ProtocolVersion::TLSv1_2)
    };
    let (&group, &curve) = (groups.first()?, groups.iter().find(is_curve)?);
    (group.name() != curve.name()).then_some(WithCurve { group, curve })
}

/// RSA with PKCS #1 padding ended with TLS 1.2; ML-DSA began with TLS 1.3, and so did, as far as
/// rustls is concerned, keys for RSASSA-PSS alone.
fn is_for(scheme: SignatureScheme, version: ProtocolVersion) -> bool {
    match scheme {
        SignatureScheme::RSA_PKCS1_SHA256
        | SignatureScheme::RSA_PKCS1_SHA384
        | SignatureScheme::RSA_PKCS1_SHA512 => version == ProtocolVersion::TLSv1_2,
        SignatureScheme::ML_DSA_44 | SignatureScheme::ML_DSA_65 | SignatureScheme::ML_DSA_87 => {
            version == ProtocolVersion::TLSv1_3
        }
        _ => version == ProtocolVersion::TLSv1_3 || rsa_pss::algorithms(scheme).is_none(),
    }
}

fn certificate_algorithms(schemes: &[Scheme]) -> Vec<&'static dyn SignatureVerificationAlgorithm> {
    let mut algorithms = Vec::new();
    for scheme in schemes {
        if let Some((_, of_scheme)) = scheme.offered() {
            algorithms.extend_from_slice(of_scheme);
        }
        algorithms.extend(scheme.without_parameters());
    }
    algorithms
}

impl Suite {
    pub fn offered_in_tls12(self) -> Option<&'static Tls12CipherSuite> {
        let mut all = ALL_TLS12_CIPHER_SUITES.iter().copied();
        all.find(|suite| suite.common.suite.0 == self.wire())
    }

    pub fn offered_in_tls13(self) -> Option<&'static Tls13CipherSuite> {
        let mut all = ALL_TLS13_CIPHER_SUITES.iter().copied();
        all.find(|suite| suite.common.suite.0 == self.wire())
    }
}

impl Group {
    pub fn offered(self) -> Option<&'static dyn SupportedKxGroup> {
        let mut all = ALL_KX_GROUPS.iter().chain(&groups::ADDITIONAL).copied();
        all.find(|group| group.name().0 == self.wire())
    }
}

impl Scheme {
    /// The scheme with its algorithms. Of ECDSA's, the first is the one with TLS 1.3's curve;
    /// TLS 1.2 takes them all, because there the scheme does not say the curve.
    pub fn offered(self) -> Option<(SignatureScheme, Algorithms)> {
        let all = SUPPORTED_SIG_ALGS.mapping().iter();
        let mut all = all.chain(&rsa_pss::SCHEMES).copied();
        all.find(|(scheme, _)| scheme.0 == self.wire())
    }

    /// Some certificates leave out the NULL that RSA's algorithm identifier should carry.
    fn without_parameters(self) -> Option<&'static dyn SignatureVerificationAlgorithm> {
        match self {
            Self::Pkcs1S256 => Some(RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS),
            Self::Pkcs1S384 => Some(RSA_PKCS1_2048_8192_SHA384_ABSENT_PARAMS),
            Self::Pkcs1S512 => Some(RSA_PKCS1_2048_8192_SHA512_ABSENT_PARAMS),
            _ => None,
        }
    }
}
