//! The state of a session, in the formats of s2n-tls: what a ticket contains, and what a client
//! stores beside its ticket.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::{MAX_TICKET_LIFETIME, SECOND};
use crate::base::memory;
use crate::crypto::HeapSecret;
use crate::crypto::MASTER_SECRET_LEN;
use crate::error::{Code, Result};
use crate::messages::Reader;

/// The first byte of a state.
pub(super) const TLS13_FORMAT: u8 = 2;
pub(super) const TLS12_FORMAT: u8 = 4;

/// Versions, as states encode them.
const TLS12: u8 = 33;
const TLS13: u8 = 34;

/// The length of the state of a TLS 1.2 session in bytes.
pub(crate) const TLS12_STATE_LEN: usize = 1 + 1 + 2 + 8 + MASTER_SECRET_LEN + 1;

/// The maximum length of the pre-shared key of a session, in bytes.
const MAX_SECRET_LEN: usize = 48;

/// The state of a TLS 1.2 session.
#[derive(Clone)]
pub(crate) struct Tls12State {
    pub(crate) suite: u16,
    /// The time of the encoding, in nanoseconds since 1970.
    pub(crate) issued: u64,
    pub(crate) master_secret: HeapSecret,
    /// The session was negotiated with extended_master_secret (RFC 7627).
    pub(crate) has_extended_master_secret: bool,
}

impl Tls12State {
    pub(crate) fn encode(&self) -> Result<HeapSecret> {
        let mut state = Zeroizing::new(Vec::new());
        memory::reserve_exact(&mut state, TLS12_STATE_LEN)?;
        state.extend_from_slice(&[TLS12_FORMAT, TLS12]);
        state.extend_from_slice(&self.suite.to_be_bytes());
        state.extend_from_slice(&self.issued.to_be_bytes());
        state.extend_from_slice(&self.master_secret);
        state.push(self.has_extended_master_secret.into());
        Ok(state)
    }

    /// Parses a state behind its first byte. A version other than TLS 1.2 is an error.
    pub(super) fn parse(state: &mut Reader<'_>) -> Result<Self> {
        let version = state.u8()?;
        let suite = state.u16()?;
        let issued = state.u64()?;
        let master_secret = memory::copy(state.take(MASTER_SECRET_LEN)?)?.into();
        let has_extended_master_secret = match state.0 {
            [] => false,
            _ => state.u8()? != 0,
        };
        match version {
            TLS12 => Ok(Self {
                suite,
                issued,
                master_secret,
                has_extended_master_secret,
            }),
            _ => Err(Code::InvalidSerializedSessionState)?,
        }
    }
}

/// The state of a TLS 1.3 session.
#[derive(Clone)]
pub(crate) struct Tls13State {
    pub(crate) suite: u16,
    /// The time of the encoding, in nanoseconds since 1970. Client: the time at which the ticket was
    /// received, as [`Self::expiring_after`] has moved it.
    pub(crate) issued: u64,
    /// The number by which the age of the ticket is obfuscated (RFC 8446, 4.2.11.1).
    pub(crate) age_add: u32,
    /// The pre-shared key.
    pub(crate) secret: HeapSecret,
    /// Server: the time at which the keying material expires, in nanoseconds since 1970.
    pub(crate) expiration: Option<u64>,
    /// Shared, because its size is that of a serialized session.
    pub(crate) early_data: Option<Arc<EarlyDataState>>,
}

/// The early data that a session permits.
pub(crate) struct EarlyDataState {
    /// The maximum length in bytes, which is not 0.
    pub(crate) max_len: u32,
    /// The protocol negotiated by ALPN; empty for none.
    pub(crate) alpn: Vec<u8>,
    /// The data of the application.
    pub(crate) context: Vec<u8>,
}

/// The side that encodes a state: only a server's has the expiration.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoder {
    Client,
    Server,
}

impl Tls13State {
    /// Returns the state of a ticket that was received now, and whose lifetime is `lifetime` seconds.
    ///
    /// RFC 8446, 4.6.1: clients "MUST NOT use tickets for longer than 7 days after issuance, regardless
    /// of the ticket_lifetime". The encoding has no lifetime, so that each session is valid for 7 days
    /// from its time of issue. That is moved back, so that the session expires with the ticket, also in
    /// s2n-tls; the obfuscated age, of which both numbers are a part, stays the same.
    pub(crate) fn expiring_after(mut self, lifetime: u32) -> Self {
        let earlier = u64::from(MAX_TICKET_LIFETIME.saturating_sub(lifetime));
        // A clock near 1970 is that of a test.
        let earlier = earlier.min(self.issued / SECOND);
        self.issued -= earlier * SECOND;
        self.age_add = self.age_add.wrapping_sub((earlier * 1000) as u32);
        self
    }

    pub(crate) fn encode(&self) -> Result<HeapSecret> {
        let mut state = Zeroizing::new(Vec::new());
        memory::reserve_exact(&mut state, self.encoded_len())?;
        state.extend_from_slice(&[TLS13_FORMAT, TLS13]);
        state.extend_from_slice(&self.suite.to_be_bytes());
        state.extend_from_slice(&self.issued.to_be_bytes());
        state.extend_from_slice(&self.age_add.to_be_bytes());
        state.push(self.secret.len() as u8);
        state.extend_from_slice(&self.secret);
        if let Some(expiration) = self.expiration {
            state.extend_from_slice(&expiration.to_be_bytes());
        }
        match &self.early_data {
            Some(early_data) => {
                state.extend_from_slice(&early_data.max_len.to_be_bytes());
                state.push(early_data.alpn.len() as u8);
                state.extend_from_slice(&early_data.alpn);
                state.extend_from_slice(&(early_data.context.len() as u16).to_be_bytes());
                state.extend_from_slice(&early_data.context);
            }
            None => state.extend_from_slice(&[0; 4]),
        }
        Ok(state)
    }

    /// Returns the length of the encoding in bytes.
    pub(crate) fn encoded_len(&self) -> usize {
        let expiration = self.expiration.map_or(0, |_| 8);
        let early_data = self.early_data.as_ref();
        let early_data = early_data.map_or(0, |it| 1 + it.alpn.len() + 2 + it.context.len());
        2 + 2 + 8 + 4 + 1 + self.secret.len() + expiration + 4 + early_data
    }

    /// Parses a state behind its first byte.
    pub(super) fn parse(state: &mut Reader<'_>, encoder: Encoder) -> Result<Self> {
        // A later version, whose secrets are unknown, is rejected as well.
        if state.u8()? != TLS13 {
            return Err(Code::Safety)?;
        }
        let suite = state.u16()?;
        let issued = state.u64()?;
        let age_add = state.u32()?;
        let len = usize::from(state.u8()?);
        if len > MAX_SECRET_LEN {
            return Err(Code::Safety)?;
        }
        let secret = state.take(len).map_err(|_| Code::Null)?;
        // An empty secret is a programming error, and one of zeros likely one.
        if secret.iter().all(|&byte| byte == 0) {
            return Err(Code::InvalidArgument)?;
        }
        let secret = memory::copy(secret)?.into();
        let expiration = match encoder {
            Encoder::Client => None,
            Encoder::Server => Some(state.u64()?),
        };
        let early_data = match state.u32()? {
            0 => None,
            max_len => Some(Arc::new(EarlyDataState {
                max_len,
                alpn: memory::copy(state.vector(1)?)?,
                context: memory::copy(state.vector(2)?)?,
            })),
        };
        Ok(Self {
            suite,
            issued,
            age_add,
            secret,
            expiration,
            early_data,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resumption::settings::check_age;

    fn tls13(expiration: Option<u64>, max_len: u32) -> Tls13State {
        let early_data = EarlyDataState {
            max_len,
            alpn: b"h2".to_vec(),
            context: b"context".to_vec(),
        };
        Tls13State {
            suite: 0x1302,
            issued: 0x0102_0304_0506_0708,
            age_add: 0x090a_0b0c,
            secret: vec![7; 48].into(),
            expiration,
            early_data: (max_len > 0).then_some(Arc::new(early_data)),
        }
    }

    #[test]
    fn a_tls13_state_has_the_layout_of_s2n_tls() {
        let state = tls13(Some(0x1122), 0).encode().expect("encoded");
        let expected = [
            &[2, 34, 0x13, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 48][..],
            &[7; 48],
            &[0, 0, 0, 0, 0, 0, 0x11, 0x22],
            &[0, 0, 0, 0],
        ];
        assert_eq!(*state, expected.concat());
        let client = tls13(None, 0).encode().expect("encoded");
        assert_eq!(client.len(), 21 + 48);
    }

    #[test]
    fn a_tls13_state_is_parsed_and_every_truncation_rejected() {
        for (encoder, expiration, early) in [
            (Encoder::Client, None, 0),
            (Encoder::Server, Some(99), 0),
            (Encoder::Server, Some(99), 7),
        ] {
            let state = tls13(expiration, early).encode().expect("encoded");
            assert_eq!(state.len(), tls13(expiration, early).encoded_len());
            let parsed = Tls13State::parse(&mut Reader(&state[1..]), encoder).expect("complete");
            assert_eq!(parsed.suite, 0x1302);
            assert_eq!(parsed.expiration, expiration);
            assert_eq!(parsed.early_data.map_or(0, |it| it.max_len), early);
            assert_eq!(*parsed.secret, [7; 48]);
            for len in 1..state.len() {
                let parsed = Tls13State::parse(&mut Reader(&state[1..len]), encoder);
                assert!(parsed.is_err(), "{len} bytes");
            }
        }
    }

    #[test]
    fn a_session_expires_with_its_ticket_and_keeps_its_obfuscated_age() {
        const RECEIVED: u64 = 1_000_000 * SECOND;
        let age = |state: &Tls13State, now: u64| {
            (((now - state.issued) / 1_000_000) as u32).wrapping_add(state.age_add)
        };
        for lifetime in [1, 100, MAX_TICKET_LIFETIME - 1, MAX_TICKET_LIFETIME] {
            let mut received = tls13(None, 0);
            received.issued = RECEIVED;
            let state = received.clone().expiring_after(lifetime);
            let end = RECEIVED + u64::from(lifetime) * SECOND;
            for now in [RECEIVED, RECEIVED + 7, end] {
                assert_eq!(age(&state, now), age(&received, now), "{lifetime}");
                assert!(check_age(state.issued, now).is_ok(), "{lifetime}");
            }
            assert!(check_age(state.issued, end + SECOND).is_err(), "{lifetime}");
        }
        // The clock of a test.
        let mut early = tls13(None, 0);
        early.issued = 5 * SECOND + 1;
        assert_eq!(early.expiring_after(1).issued, 1);
    }

    #[test]
    fn a_secret_of_zeros_is_rejected() {
        let mut state = tls13(None, 0);
        state.secret = vec![0; 32].into();
        let state = state.encode().expect("encoded");
        let parsed = Tls13State::parse(&mut Reader(&state[1..]), Encoder::Client);
        assert_eq!(parsed.err().map(|e| e.code()), Some(Code::InvalidArgument));
    }

    #[test]
    fn a_tls12_state_has_the_layout_of_s2n_tls() {
        let state = Tls12State {
            suite: 0xc02f,
            issued: 0x0102_0304_0506_0708,
            master_secret: vec![9; 48].into(),
            has_extended_master_secret: true,
        };
        let encoded = state.encode().expect("encoded");
        let head = [4, 33, 0xc0, 0x2f, 1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!(*encoded, [&head[..], &[9; 48], &[1]].concat());
        assert_eq!(encoded.len(), TLS12_STATE_LEN);
        let parsed = Tls12State::parse(&mut Reader(&encoded[1..])).expect("complete");
        assert!(parsed.has_extended_master_secret);
        assert_eq!(*parsed.master_secret, [9; 48]);
        // The last byte is optional.
        let old = Tls12State::parse(&mut Reader(&encoded[1..60])).expect("of an older format");
        assert!(!old.has_extended_master_secret);
        for len in 1..60 {
            let parsed = Tls12State::parse(&mut Reader(&encoded[1..len]));
            assert!(parsed.is_err(), "{len} bytes");
        }
    }

    #[test]
    fn the_length_of_a_state_is_that_of_its_encoding() {
        for alpn in [&b""[..], b"h", b"h2", b"http/1.1"] {
            let mut state = tls13(Some(7), 0);
            state.early_data = Some(Arc::new(EarlyDataState {
                max_len: 7,
                alpn: alpn.to_vec(),
                context: b"context".to_vec(),
            }));
            let encoded = state.encode().expect("encoded");
            assert_eq!(encoded.len(), state.encoded_len());
        }
    }
}
