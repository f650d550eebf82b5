//! Version negotiation of a server.

use std::sync::atomic::Ordering::*;

use super::context::Context;
use super::fatal_record;
use crate::base::Version;
use crate::error::{Alert, Code, Result};
use crate::messages::ClientHelloPayload;

/// The versions that a ClientHello offers, and its request for an OCSP response.
pub(super) struct Offer {
    /// The best version before TLS 1.3, by the message itself.
    legacy_version: Version,
    /// The best version, by the extension for it if there is one.
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

    /// Whether a ClientHello offers no version of a server whose best one is `best`. One that cannot be
    /// parsed is refused by rustls.
    pub(super) fn is_outdated(message: &[u8], best: Version) -> bool {
        let parsed = ClientHelloPayload::split(message)
            .and_then(|(body, _)| ClientHelloPayload::parse(body));
        parsed.is_ok_and(|hello| Self::of(&hello).version(best) < Version::Tls12)
    }

    /// The version that a server negotiates whose best one is `best`. Without TLS 1.3 legacy_version
    /// decides, and the extension may only forbid it.
    fn version(&self, best: Version) -> Version {
        match best {
            Version::Tls13 => self.highest_version.min(best),
            _ => self.legacy_version.min(best),
        }
    }

    /// The client's best version, as a server reports it.
    fn client_version(&self, best: Version) -> Version {
        match self.highest_version {
            Version::Unknown if best < Version::Tls13 => self.legacy_version,
            known => known,
        }
    }
}

/// Negotiates the version. Fails if there is none in common, or if the client has fallen back from a better
/// one (RFC 7507, 3).
pub(super) fn negotiate_version(ctx: &mut Context<'_>, offer: &Offer) -> Result<Version> {
    let best = highest_version(ctx);
    let version = offer.version(best);
    let shared = ctx.shared();
    shared.server_version.store(best, Release);
    let client_version = offer.client_version(best);
    shared.client_version.store(client_version, Release);
    shared.version.store(version, Release);
    if version < Version::Tls12 {
        ctx.output.extend(fatal_record(Alert::ProtocolVersion));
        return Err(Code::ProtocolVersionUnsupported)?;
    }
    if offer.is_fallback && version < best {
        ctx.output
            .extend(fatal_record(Alert::InappropriateFallback));
        return Err(Code::FallbackDetected)?;
    }
    Ok(version)
}

/// The best version of the connection's policy.
pub(super) fn highest_version(ctx: &Context<'_>) -> Version {
    match ctx.policy().supports_tls13() {
        true => Version::Tls13,
        false => Version::Tls12,
    }
}
