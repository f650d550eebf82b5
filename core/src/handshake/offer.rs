//! Version negotiation on a server.

use std::sync::atomic::Ordering::*;

use rustls::error::PeerIncompatible;

use super::context::Context;
use super::raw_key::tls13_required;
use crate::base::Version;
use crate::error::{Alert, Code, Error, Parameter, Reason, Result};
use crate::messages::ClientHelloPayload;

/// The versions that a ClientHello offers, and its request for an OCSP response.
pub(super) struct Offer {
    /// The highest version according to legacy_version.
    legacy_version: Version,
    /// The highest version according to the supported_versions extension, if there is one.
    highest_version: Version,
    is_fallback: bool,
    pub(super) requests_ocsp: bool,
}

impl Offer {
    pub(super) fn of(hello: &ClientHelloPayload<'_>) -> Self {
        Self {
            legacy_version: hello.highest_legacy_version(),
            highest_version: hello.highest_version(),
            is_fallback: hello.is_fallback(),
            requests_ocsp: hello.requests_ocsp(),
        }
    }

    /// Returns whether a ClientHello offers no version of a server whose highest one is `highest`.
    /// rustls rejects a message that cannot be parsed.
    pub(super) fn is_outdated(message: &[u8], highest: Version) -> bool {
        let parsed = ClientHelloPayload::split(message)
            .and_then(|(body, _)| ClientHelloPayload::parse(body));
        parsed.is_ok_and(|hello| Self::of(&hello).version(highest) < Version::Tls12)
    }

    /// Returns the version that a server negotiates whose highest one is `highest`. Without TLS 1.3
    /// it is determined by legacy_version, which the extension can only exclude.
    fn version(&self, highest: Version) -> Version {
        match highest {
            Version::Tls13 => self.highest_version.min(highest),
            _ => self.legacy_version.min(highest),
        }
    }

    /// Returns the client's highest version, as a server reports it.
    fn client_version(&self, highest: Version) -> Version {
        match self.highest_version {
            Version::Unknown if highest < Version::Tls13 => self.legacy_version,
            known => known,
        }
    }
}

/// Negotiates the version. Fails if there is none in common, or if the client has fallen back from
/// a higher one (RFC 7507, 3).
pub(super) fn negotiate_version(ctx: &mut Context<'_>, offer: &Offer) -> Result<Version> {
    let highest = highest_version(ctx);
    let version = offer.version(highest);
    let shared = ctx.shared();
    shared.server_version.store(highest, Release);
    let client_version = offer.client_version(highest);
    shared.client_version.store(client_version, Release);
    shared.version.store(version, Release);
    // QUIC requires TLS 1.3 (RFC 9001, 4.2).
    let has_tls12 = ctx.policy().supports_tls12() && !ctx.is_quic;
    let client_auth = ctx.client_auth();
    if version == Version::Tls12 && ctx.settings.server_requires_tls13(client_auth) {
        return Err(ctx.refuse(tls13_required(), Alert::ProtocolVersion));
    }
    if version < Version::Tls12 || version == Version::Tls12 && !has_tls12 {
        let reason = Reason::NothingInCommon(Parameter::Version);
        let error = Code::ProtocolVersionUnsupported.because(reason);
        return Err(ctx.refuse(error, Alert::ProtocolVersion));
    }
    if offer.is_fallback && version < highest {
        let error = Code::FallbackDetected.rule(
            "the client has fallen back to a lower version than both sides support \
             (TLS_FALLBACK_SCSV)",
        );
        return Err(ctx.refuse(error, Alert::InappropriateFallback));
    }
    Ok(version)
}

/// Converts the error of a rejected ClientHello.
pub(super) fn rejection(error: rustls::Error, version: Version) -> Error {
    match error {
        rustls::Error::PeerIncompatible(PeerIncompatible::NoKxGroupsInCommon) => {
            let code = match version == Version::Tls13 {
                true => Code::InvalidSupportedGroupState,
                // Before TLS 1.3 every cipher suite requires a group.
                false => Code::CipherNotSupported,
            };
            code.because(Reason::NothingInCommon(Parameter::Group))
        }
        error => error.into(),
    }
}

/// Returns the highest version of the connection's policy.
pub(super) fn highest_version(ctx: &Context<'_>) -> Version {
    match ctx.policy().supports_tls13() {
        true => Version::Tls13,
        false => Version::Tls12,
    }
}
