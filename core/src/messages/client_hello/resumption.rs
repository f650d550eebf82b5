//! The extensions of a ClientHello that offer sessions, external pre-shared keys, and early data.

use super::payload::ClientHelloPayload;
use crate::messages::Reader;
use crate::messages::extension_type::{
    EARLY_DATA, PRE_SHARED_KEY, PSK_KEY_EXCHANGE_MODES, QUIC_TRANSPORT_PARAMETERS, SESSION_TICKET,
};

/// RFC 8446, 4.2.9: a pre-shared key with a key exchange.
const PSK_DHE_KE: u8 = 1;

impl<'a> ClientHelloPayload<'a> {
    /// Returns the data of the quic_transport_parameters extension (RFC 9001, 8.2).
    pub(crate) fn transport_parameters(&self) -> Option<&'a [u8]> {
        self.extension(QUIC_TRANSPORT_PARAMETERS)
    }

    /// Returns the identities of a list, each with its obfuscated age (RFC 8446, 4.2.11).
    pub(crate) fn identities_of(list: &[u8]) -> impl Iterator<Item = (&[u8], u32)> + Clone {
        let mut identities = Reader(list);
        std::iter::from_fn(move || {
            let identity = identities.vector(2).ok()?;
            Some((identity, identities.u32().ok()?))
        })
    }

    /// Returns the identities of the pre_shared_key extension, without their length prefix.
    pub(crate) fn psk_identity_list(&self) -> &'a [u8] {
        let offer = self.extension(PRE_SHARED_KEY).unwrap_or_default();
        Reader(offer).vector(2).unwrap_or_default()
    }

    /// Returns the binder of a pre-shared key, and the length of the list of binders, which is at
    /// the end of the message, in bytes.
    pub(crate) fn psk_binder(&self, index: usize) -> Option<(&'a [u8], usize)> {
        let mut offer = Reader(self.extension(PRE_SHARED_KEY)?);
        offer.vector(2).ok()?;
        let list_len = offer.0.len();
        let mut binders = Reader(offer.vector(2).ok()?);
        let binder = (0..=index)
            .map_while(|_| binders.vector(1).ok())
            .nth(index)?;
        Some((binder, list_len))
    }

    pub(crate) fn has_psks(&self) -> bool {
        self.extension(PRE_SHARED_KEY).is_some()
    }

    /// Returns whether early data follows the message (RFC 8446, 4.2.10).
    pub(crate) fn requests_early_data(&self) -> bool {
        self.extension(EARLY_DATA).is_some()
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
