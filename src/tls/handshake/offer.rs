//! The version that a server chooses.

use std::sync::atomic::Ordering::*;

use super::fatal_alert;
use crate::tls::base::Version;
use crate::tls::client_hello::Message;
use crate::tls::connection::Connection;
use crate::tls::error::{Alert, Code, Result};

/// What a ClientHello says of the version to be chosen, and of what is answered apart from it.
pub(super) struct Offer {
    /// The best version before TLS 1.3, by the message itself.
    legacy_version: Version,
    /// The best version, by the extension for it if there is one.
    best_version: Version,
    is_fallback: bool,
    pub(super) asks_for_ocsp: bool,
}

impl Offer {
    pub(super) fn of(hello: &Message<'_>) -> Self {
        Self {
            legacy_version: hello.legacy_best_version(),
            best_version: hello.best_version(),
            is_fallback: hello.is_fallback(),
            asks_for_ocsp: hello.asks_for_ocsp(),
        }
    }

    /// Whether a ClientHello offers no version that a server has whose best one is `best`. One that cannot
    /// be parsed is for rustls to judge.
    pub(super) fn is_outdated(message: &[u8], best: Version) -> bool {
        let parsed = Message::split(message).and_then(|(body, _)| Message::parse(body));
        parsed.is_ok_and(|hello| Self::of(&hello).version(best) < Version::Tls12)
    }

    /// The version that a server chooses whose best one is `best`. Without TLS 1.3 the message itself
    /// decides, and the extension may only forbid it.
    fn version(&self, best: Version) -> Version {
        match best {
            Version::Tls13 => self.best_version.min(best),
            _ => self.legacy_version.min(best),
        }
    }

    /// The client's best version, as a server reports it.
    fn client_version(&self, best: Version) -> Version {
        match self.best_version {
            Version::Unknown if best < Version::Tls13 => self.legacy_version,
            known => known,
        }
    }
}

/// Sets the version of a connection. Fails if there is none, or if the client has fallen back from a better
/// one (RFC 7507, 3).
pub(super) fn agree_on_version(
    conn: &Connection,
    offer: &Offer,
    output: &mut Vec<u8>,
) -> Result<Version> {
    let best = best_version(conn)?;
    let version = offer.version(best);
    conn.shared.server_version.store(best, Release);
    let theirs = offer.client_version(best);
    conn.shared.client_version.store(theirs, Release);
    conn.shared.version.store(version, Release);
    if version < Version::Tls12 {
        output.extend(fatal_alert(Alert::ProtocolVersion));
        return Err(Code::ProtocolVersionUnsupported)?;
    }
    if offer.is_fallback && version < best {
        output.extend(fatal_alert(Alert::InappropriateFallback));
        return Err(Code::FallbackDetected)?;
    }
    Ok(version)
}

/// The best version that the connection's policy has.
pub(super) fn best_version(conn: &Connection) -> Result<Version> {
    Ok(match conn.policy()?.supports_tls13() {
        true => Version::Tls13,
        false => Version::Tls12,
    })
}
