//! What the API calls the things that a handshake agreed on.

use std::ffi::CStr;

use rustls::crypto::kx::NamedGroup;
use rustls::crypto::{CipherSuite, SignatureScheme};
use rustls::enums::ProtocolVersion;

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

/// The name of a signature scheme, if a policy has it. ECDSA names say the curve in TLS 1.3,
/// where the scheme binds it, and `legacy` before.
pub fn signature_scheme(
    scheme: SignatureScheme,
    version: ProtocolVersion,
) -> Option<&'static CStr> {
    let scheme = Scheme::from_wire(scheme.0)?;
    let binds_curve = version == ProtocolVersion::TLSv1_3;
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
