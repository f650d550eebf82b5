//! The extensions of a ClientHello that offer sessions.

use super::payload::ClientHelloPayload;
use crate::messages::Reader;
use crate::messages::extension_type::{PRE_SHARED_KEY, PSK_KEY_EXCHANGE_MODES, SESSION_TICKET};

/// RFC 8446, 4.2.9: a pre-shared key with a key exchange.
const PSK_DHE_KE: u8 = 1;

impl<'a> ClientHelloPayload<'a> {
    /// Returns the identities of the pre_shared_key extension, each with its obfuscated age (RFC
    /// 8446, 4.2.11).
    pub(crate) fn psk_identities(&self) -> impl Iterator<Item = (&'a [u8], u32)> + use<'a> {
        let offer = self.extension(PRE_SHARED_KEY).unwrap_or_default();
        let mut identities = Reader(Reader(offer).vector(2).unwrap_or_default());
        std::iter::from_fn(move || {
            let identity = identities.vector(2).ok()?;
            Some((identity, identities.u32().ok()?))
        })
    }

    /// Returns whether the client resumes sessions with a key exchange, the only mode that is
    /// supported.
    pub(crate) fn offers_psk_dhe(&self) -> bool {
        let modes = self.extension(PSK_KEY_EXCHANGE_MODES).unwrap_or_default();
        let modes = Reader(modes).vector(1).unwrap_or_default();
        modes.contains(&PSK_DHE_KE)
    }

    /// Returns the ticket of the session_ticket extension; empty if the client requests one (RFC
    /// 5077, 3.2).
    pub(crate) fn session_ticket(&self) -> Option<&'a [u8]> {
        self.extension(SESSION_TICKET)
    }

    /// Returns the numbers of the cipher suites.
    pub(crate) fn suites(&self) -> impl Iterator<Item = u16> + use<'a> {
        let (pairs, _) = self.cipher_suites.as_chunks();
        pairs.iter().copied().map(u16::from_be_bytes)
    }
}
