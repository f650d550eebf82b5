//! Names of negotiated parameters in the API.

use std::ffi::CStr;

use rustls::crypto::CipherSuite;
use rustls::crypto::kx::NamedGroup;

use super::table::{Group, Scheme, Suite};

/// Returns the name of a suite: that of OpenSSL for TLS 1.2, that of the RFC for TLS 1.3.
///
/// For a suite in no policy it is the same as for a connection without a suite.
pub fn cipher(suite: CipherSuite) -> &'static CStr {
    Suite::from_wire(suite.0).unwrap_or(Suite::Null).name()
}

/// Returns the name of the suite with a number, like [`cipher`].
pub fn cipher_of(number: u16) -> &'static CStr {
    cipher(CipherSuite(number))
}

/// The names of a key exchange group, as three functions of the API report them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupNames {
    /// The curve; `NONE` for a post-quantum group.
    pub curve: &'static CStr,

    /// The post-quantum group, which includes ML-KEM; `NONE` for a curve.
    pub kem_group: &'static CStr,

    /// The group of either kind.
    pub group: &'static CStr,
}

impl GroupNames {
    /// The names before a key exchange, and after a handshake without one.
    pub const NONE: Self = Self {
        curve: c"NONE",
        kem_group: c"NONE",
        group: c"NONE",
    };
}

/// Returns the names of a group; [`GroupNames::NONE`] for a group in no policy.
pub fn group(name: NamedGroup) -> GroupNames {
    match Group::from_wire(name.0) {
        Some(group) if group.is_post_quantum() => GroupNames {
            kem_group: group.name(),
            group: group.name(),
            ..GroupNames::NONE
        },
        Some(group) => GroupNames {
            curve: group.name(),
            group: group.name(),
            ..GroupNames::NONE
        },
        None => GroupNames::NONE,
    }
}

/// Returns the names of the group with a number, like [`group`]; 0 is none.
pub fn group_of(number: u16) -> GroupNames {
    group(NamedGroup(number))
}

/// The signature algorithm of a scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    Anonymous,
    Rsa,
    Ecdsa,
    MlDsa,
    RsaPssRsae,
    RsaPssPss,
}

/// The hash algorithm of a signature scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashAlgorithm {
    None,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Md5Sha1,
}

/// Returns the signature and hash algorithms of a signature scheme; anonymous without a scheme, and
/// for one in no policy.
pub fn signature(scheme: Option<u16>) -> (SignatureAlgorithm, HashAlgorithm) {
    use Scheme::*;
    let Some(scheme) = scheme.and_then(Scheme::from_wire) else {
        return (SignatureAlgorithm::Anonymous, HashAlgorithm::None);
    };
    match scheme {
        Pkcs1Sha1 => (SignatureAlgorithm::Rsa, HashAlgorithm::Sha1),
        Pkcs1S224 => (SignatureAlgorithm::Rsa, HashAlgorithm::Sha224),
        Pkcs1S256 => (SignatureAlgorithm::Rsa, HashAlgorithm::Sha256),
        Pkcs1S384 => (SignatureAlgorithm::Rsa, HashAlgorithm::Sha384),
        Pkcs1S512 => (SignatureAlgorithm::Rsa, HashAlgorithm::Sha512),
        Md5Sha1 => (SignatureAlgorithm::Rsa, HashAlgorithm::Md5Sha1),
        EcdsaSha1 => (SignatureAlgorithm::Ecdsa, HashAlgorithm::Sha1),
        Ecdsa224 => (SignatureAlgorithm::Ecdsa, HashAlgorithm::Sha224),
        Ecdsa256 => (SignatureAlgorithm::Ecdsa, HashAlgorithm::Sha256),
        Ecdsa384 => (SignatureAlgorithm::Ecdsa, HashAlgorithm::Sha384),
        Ecdsa512 => (SignatureAlgorithm::Ecdsa, HashAlgorithm::Sha512),
        PssRsae256 => (SignatureAlgorithm::RsaPssRsae, HashAlgorithm::Sha256),
        PssRsae384 => (SignatureAlgorithm::RsaPssRsae, HashAlgorithm::Sha384),
        PssRsae512 => (SignatureAlgorithm::RsaPssRsae, HashAlgorithm::Sha512),
        PssPss256 => (SignatureAlgorithm::RsaPssPss, HashAlgorithm::Sha256),
        PssPss384 => (SignatureAlgorithm::RsaPssPss, HashAlgorithm::Sha384),
        PssPss512 => (SignatureAlgorithm::RsaPssPss, HashAlgorithm::Sha512),
        MlDsa44 | MlDsa65 | MlDsa87 => (SignatureAlgorithm::MlDsa, HashAlgorithm::None),
    }
}

/// Returns the name of a signature scheme; `None` for one in no policy. The names of ECDSA schemes
/// include the curve in TLS 1.3, where the scheme specifies it, and `legacy` before.
pub fn signature_scheme(scheme: u16, binds_curve: bool) -> Option<&'static CStr> {
    let scheme = Scheme::from_wire(scheme)?;
    Some(match (scheme, binds_curve) {
        (Scheme::Ecdsa256, true) => c"ecdsa_secp256r1_sha256",
        (Scheme::Ecdsa384, true) => c"ecdsa_secp384r1_sha384",
        (Scheme::Ecdsa512, true) => c"ecdsa_secp521r1_sha512",
        (Scheme::Ecdsa256, false) => c"legacy_ecdsa_sha256",
        (Scheme::Ecdsa384, false) => c"legacy_ecdsa_sha384",
        (Scheme::Ecdsa512, false) => c"legacy_ecdsa_sha512",
        _ => scheme.name(),
    })
}
