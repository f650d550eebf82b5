//! The supported part of a policy: what rustls and its provider implement.

use std::borrow::Cow;

use rustls::crypto::kx::SupportedKxGroup;
use rustls::crypto::{CryptoProvider, SignatureScheme, WebPkiSupportedAlgorithms};
use rustls::enums::ProtocolVersion;
use rustls::pki_types::SignatureVerificationAlgorithm;
use rustls::{Tls12CipherSuite, Tls13CipherSuite};
use rustls_aws_lc_rs::{
    ALL_KX_GROUPS, ALL_TLS12_CIPHER_SUITES, ALL_VERIFICATION_ALGS, DEFAULT_PROVIDER,
    RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS, RSA_PKCS1_2048_8192_SHA384_ABSENT_PARAMS,
    RSA_PKCS1_2048_8192_SHA512_ABSENT_PARAMS, SUPPORTED_SIG_ALGS,
};

use super::key_share::DualShareGroup;
use super::table::{Definition, Group, Scheme, Suite};
use crate::base::Version;
use crate::crypto::replay::{ReplayableGroup, ReplayableRandom};
use crate::crypto::signature::Algorithms;
use crate::crypto::{groups, rsa_pss, tls13};

/// The supported part of a policy, in the policy's order.
pub(super) struct Supported {
    pub tls12: Vec<&'static Tls12CipherSuite>,
    pub tls13: Vec<&'static Tls13CipherSuite>,
    pub groups: Vec<&'static dyn SupportedKxGroup>,
    pub certificate_algorithms: Algorithms,
    signatures: WebPkiSupportedAlgorithms,
}

impl Supported {
    /// Selects the supported part of a policy. Returns `None` if no version has a suite, a group
    /// and a scheme.
    pub fn of(definition: &Definition) -> Option<Self> {
        let mut groups = groups(definition.groups);
        let schemes = schemes(definition.schemes);
        let (tls12, tls13) = suites(definition.min_version, definition.suites, &groups, &schemes);
        if tls12.is_empty() && tls13.is_empty() {
            return None;
        }

        // rustls requires `'static` references to what follows. A policy is built once in the life
        // of the process, so that each leaks at most once.
        if let Some(dual) = with_first_curve(&groups) {
            groups[0] = Box::leak(Box::new(dual));
        }
        for group in &mut groups {
            *group = Box::leak(Box::new(ReplayableGroup(*group)));
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
            secure_random: &ReplayableRandom,
            ..DEFAULT_PROVIDER
        }
    }
}

type Groups = Vec<&'static dyn SupportedKxGroup>;
type Schemes = Vec<(SignatureScheme, Algorithms)>;
type Suites = (
    Vec<&'static Tls12CipherSuite>,
    Vec<&'static Tls13CipherSuite>,
);

/// Returns the supported groups of a list.
pub(super) fn groups(all: &[Group]) -> Groups {
    supported(all, Group::supported)
}

/// Returns the supported schemes of a list, with their algorithms.
pub(super) fn schemes(all: &[Scheme]) -> Schemes {
    supported(all, Scheme::supported)
}

/// Returns the supported suites of a list, for either version: none for a version that has no group
/// or no scheme.
pub(super) fn suites(
    min_version: Version,
    all: &[Suite],
    groups: &[&'static dyn SupportedKxGroup],
    schemes: &[(SignatureScheme, Algorithms)],
) -> Suites {
    let usable = |version: ProtocolVersion| {
        groups.iter().any(|g| g.name().usable_for_version(version))
            && schemes
                .iter()
                .any(|&(scheme, _)| is_usable_in(scheme, version))
    };
    let (mut tls12, mut tls13) = (Vec::new(), Vec::new());
    if min_version <= Version::Tls12 && usable(ProtocolVersion::TLSv1_2) {
        tls12 = supported(all, Suite::supported_in_tls12);
    }
    if usable(ProtocolVersion::TLSv1_3) {
        tls13 = supported(all, Suite::supported_in_tls13);
    }
    (tls12, tls13)
}

/// Converts the supported items of a list, in its order.
fn supported<T: Copy, U>(all: &[T], find: impl Fn(T) -> Option<U>) -> Vec<U> {
    all.iter().copied().filter_map(find).collect()
}

/// Combines the first group with the first curve; `None` if they are the same.
fn with_first_curve(groups: &[&'static dyn SupportedKxGroup]) -> Option<DualShareGroup> {
    let is_curve = |group: &&&'static dyn SupportedKxGroup| {
        // Both versions support curves, only TLS 1.3 supports post-quantum groups.
        group.name().usable_for_version(ProtocolVersion::TLSv1_2)
    };
    let (&group, &curve) = (groups.first()?, groups.iter().find(is_curve)?);
    (group.name() != curve.name()).then_some(DualShareGroup { group, curve })
}

/// Returns whether a version supports a scheme for handshake signatures: only TLS 1.2 supports RSA
/// with PKCS #1 padding; only TLS 1.3 supports ML-DSA and, in rustls, rsa_pss_pss keys.
fn is_usable_in(scheme: SignatureScheme, version: ProtocolVersion) -> bool {
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

/// Returns the verification algorithms of schemes for certificate signatures.
fn certificate_algorithms(schemes: &[Scheme]) -> Vec<&'static dyn SignatureVerificationAlgorithm> {
    let mut algorithms = Vec::new();
    for scheme in schemes {
        if let Some((_, of_scheme)) = scheme.supported() {
            algorithms.extend_from_slice(of_scheme);
        }
        algorithms.extend(scheme.without_parameters());
    }
    algorithms
}

impl Suite {
    pub fn supported_in_tls12(self) -> Option<&'static Tls12CipherSuite> {
        let mut all = ALL_TLS12_CIPHER_SUITES.iter().copied();
        all.find(|suite| suite.common.suite.0 == self.wire())
    }

    pub fn supported_in_tls13(self) -> Option<&'static Tls13CipherSuite> {
        let mut all = tls13::SUITES.iter().copied();
        all.find(|suite| suite.common.suite.0 == self.wire())
    }
}

impl Group {
    pub fn supported(self) -> Option<&'static dyn SupportedKxGroup> {
        let mut all = ALL_KX_GROUPS.iter().chain(&groups::ADDITIONAL).copied();
        all.find(|group| group.name().0 == self.wire())
    }
}

impl Scheme {
    /// Returns the scheme and its verification algorithms. For ECDSA, the first is the one with the
    /// curve of TLS 1.3; all of them are valid in TLS 1.2, whose schemes do not specify a curve.
    pub fn supported(self) -> Option<(SignatureScheme, Algorithms)> {
        let all = SUPPORTED_SIG_ALGS.mapping().iter();
        let mut all = all.chain(&rsa_pss::SCHEMES).copied();
        all.find(|(scheme, _)| scheme.0 == self.wire())
    }

    /// Returns the algorithm for certificates that omit the NULL parameters in the RSA algorithm
    /// identifier.
    fn without_parameters(self) -> Option<&'static dyn SignatureVerificationAlgorithm> {
        match self {
            Self::Pkcs1S256 => Some(RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS),
            Self::Pkcs1S384 => Some(RSA_PKCS1_2048_8192_SHA384_ABSENT_PARAMS),
            Self::Pkcs1S512 => Some(RSA_PKCS1_2048_8192_SHA512_ABSENT_PARAMS),
            _ => None,
        }
    }
}
