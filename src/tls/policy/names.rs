//! What the API calls the things that a handshake agreed on.

use std::ffi::CStr;

use rustls::crypto::CipherSuite;
use rustls::crypto::kx::NamedGroup;

use super::table::{Group, Scheme, Suite};

/// The name of a suite: OpenSSL's for TLS 1.2, the standard's for TLS 1.3.
///
/// A suite that no policy has is called what a connection without one reports.
pub fn cipher(suite: CipherSuite) -> &'static CStr {
    Suite::from_wire(suite.0).unwrap_or(Suite::Null).name()
}

/// The names of a key exchange, as three calls of the API tell them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupNames {
    /// The curve, if a curve is all there is.
    pub curve: &'static CStr,

    /// The group, if ML-KEM is part of it.
    pub kem_group: &'static CStr,

    /// The group in any case.
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

/// The names of a group; [`GroupNames::NONE`] if no policy has it.
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

/// What kind of key made a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    Anonymous,
    Rsa,
    Ecdsa,
    MlDsa,
    RsaPssRsae,
    RsaPssPss,
}

/// The hash of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    None,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Md5Sha1,
}

/// The kind and the hash of a signature scheme's number; anonymous if there is none, or none that a
/// policy has.
pub fn signature(scheme: Option<u16>) -> (Signature, Hash) {
    use Scheme::*;
    let Some(scheme) = scheme.and_then(Scheme::from_wire) else {
        return (Signature::Anonymous, Hash::None);
    };
    match scheme {
        Pkcs1Sha1 => (Signature::Rsa, Hash::Sha1),
        Pkcs1S224 => (Signature::Rsa, Hash::Sha224),
        Pkcs1S256 => (Signature::Rsa, Hash::Sha256),
        Pkcs1S384 => (Signature::Rsa, Hash::Sha384),
        Pkcs1S512 => (Signature::Rsa, Hash::Sha512),
        Md5Sha1 => (Signature::Rsa, Hash::Md5Sha1),
        EcdsaSha1 => (Signature::Ecdsa, Hash::Sha1),
        Ecdsa224 => (Signature::Ecdsa, Hash::Sha224),
        Ecdsa256 => (Signature::Ecdsa, Hash::Sha256),
        Ecdsa384 => (Signature::Ecdsa, Hash::Sha384),
        Ecdsa512 => (Signature::Ecdsa, Hash::Sha512),
        PssRsae256 => (Signature::RsaPssRsae, Hash::Sha256),
        PssRsae384 => (Signature::RsaPssRsae, Hash::Sha384),
        PssRsae512 => (Signature::RsaPssRsae, Hash::Sha512),
        PssPss256 => (Signature::RsaPssPss, Hash::Sha256),
        PssPss384 => (Signature::RsaPssPss, Hash::Sha384),
        PssPss512 => (Signature::RsaPssPss, Hash::Sha512),
        MlDsa44 | MlDsa65 | MlDsa87 => (Signature::MlDsa, Hash::None),
    }
}

/// The name of a signature scheme's number, if a policy has it. ECDSA names say the curve in TLS 1.3,
/// where the scheme binds it, and `legacy` before.
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
