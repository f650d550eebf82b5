//! Sessions of a client, in the serialized form of s2n-tls: a session ID or a ticket, and the state.

use std::fmt;
use std::sync::{Arc, Mutex};

use rustls::client::{
    ClientConfig, ClientSessionKey, ClientSessionStore, Resumption, Tls12Resumption, Tls12Session,
    Tls13Session,
};
use rustls::crypto::CryptoProvider;
use rustls::crypto::kx::NamedGroup;
use zeroize::Zeroizing;

use super::factory;
use super::psk::ExternalPsk;
use super::session_state::{Encoder, TLS12_FORMAT, TLS13_FORMAT, Tls12State, Tls13State};
use super::settings::{check_age, check_age_of_offer};
use crate::base::{lock, memory};
use crate::crypto::HeapSecret;
use crate::crypto::tls13::SUITES;
use crate::error::{Code, Result};
use crate::messages::{Reader, SessionId};

/// The first byte of a serialized session.
const WITH_SESSION_ID: u8 = 0;
const WITH_TICKET: u8 = 1;

/// How a server finds a session.
#[derive(Clone)]
pub(crate) enum Handle {
    SessionId(SessionId),
    Ticket(Arc<[u8]>),
}

#[derive(Clone)]
pub(crate) enum SessionState {
    Tls12(Tls12State),
    Tls13(Tls13State),
}

/// A session that a client offers.
#[derive(Clone)]
pub(crate) struct ClientSession {
    pub(crate) handle: Handle,
    pub(crate) state: SessionState,
}

impl ClientSession {
    /// Parses a serialized session, at `now` in nanoseconds since 1970.
    pub(crate) fn parse(bytes: &[u8], now: u64) -> Result<Self> {
        let out_of_data = |_| Code::StufferOutOfData;
        let mut reader = Reader(bytes);
        let handle = match reader.u8().map_err(out_of_data)? {
            WITH_SESSION_ID => {
                let len = usize::from(reader.u8().map_err(out_of_data)?);
                let id = SessionId::new(handle(&mut reader, len)?);
                Handle::SessionId(id.ok_or(Code::InvalidSerializedSessionState)?)
            }
            WITH_TICKET => {
                let len = usize::from(reader.u16().map_err(out_of_data)?);
                Handle::Ticket(memory::to_arc(handle(&mut reader, len)?)?)
            }
            _ => Err(Code::InvalidSerializedSessionState)?,
        };
        let format = reader.u8().map_err(out_of_data)?;
        let state = match (format, &handle) {
            (TLS12_FORMAT, _) => {
                let state = Tls12State::parse(&mut reader).map_err(truncated)?;
                SessionState::Tls12(state)
            }
            (TLS13_FORMAT, Handle::SessionId(_)) => Err(Code::Null)?,
            (TLS13_FORMAT, Handle::Ticket(_)) => {
                let state = Tls13State::parse(&mut reader, Encoder::Client).map_err(truncated)?;
                check_age_of_offer(state.issued, now)?;
                if !SUITES
                    .iter()
                    .any(|suite| suite.common.suite.0 == state.suite)
                {
                    return Err(Code::CipherNotSupported)?;
                }
                SessionState::Tls13(state)
            }
            _ => Err(Code::InvalidSerializedSessionState)?,
        };
        Ok(Self { handle, state })
    }

    /// Serializes the session.
    pub(crate) fn serialize(&self) -> Result<HeapSecret> {
        let state = match &self.state {
            SessionState::Tls12(state) => state.encode()?,
            SessionState::Tls13(state) => state.encode()?,
        };
        let (handle, prefix) = match &self.handle {
            Handle::SessionId(id) => (&id[..], &[WITH_SESSION_ID, id.len() as u8][..]),
            Handle::Ticket(ticket) => {
                let [high, low] = (ticket.len() as u16).to_be_bytes();
                (&ticket[..], &[WITH_TICKET, high, low][..])
            }
        };
        let mut bytes = Zeroizing::new(Vec::new());
        memory::reserve_exact(&mut bytes, prefix.len() + handle.len() + state.len())?;
        for part in [prefix, handle, &state] {
            bytes.extend_from_slice(part);
        }
        Ok(bytes)
    }

    /// Makes a rustls config offer the session, and early data if `requests_early_data`. It offers
    /// none if rustls does not support it or memory is short, no ticket of TLS 1.3 that has expired,
    /// and no ticket of TLS 1.2 unless `uses_tls12_tickets`.
    pub(crate) fn offer(
        &self,
        config: &mut ClientConfig,
        uses_tls12_tickets: bool,
        requests_early_data: bool,
        now: u64,
    ) -> Result<()> {
        let provider = config.provider().clone();
        let mut store = OfferedSession::default();
        match (&self.handle, &self.state) {
            (Handle::Ticket(_), SessionState::Tls13(state))
                if check_age(state.issued, now).is_err() => {}
            (Handle::Ticket(ticket), SessionState::Tls13(state)) => {
                let age = obfuscated_age(state, now);
                let max_early_data = max_early_data(state, requests_early_data);
                let session = factory::session(state, ticket, age, max_early_data)?;
                store.tls13 = Mutex::new(session);
                config.enable_early_data = requests_early_data;
            }
            (Handle::Ticket(_), SessionState::Tls12(_)) if !uses_tls12_tickets => {}
            (handle, SessionState::Tls12(state)) => {
                store.tls12 = tls12_session(handle, state, &provider)?;
            }
            (Handle::SessionId(_), SessionState::Tls13(_)) => {}
        }
        store.install(config, uses_tls12_tickets);
        Ok(())
    }
}

/// Makes a rustls config offer an external pre-shared key, and early data if `requests_early_data`.
pub(crate) fn offer_psk(
    config: &mut ClientConfig,
    psk: &ExternalPsk,
    uses_tls12_tickets: bool,
    requests_early_data: bool,
) -> Result<()> {
    let max_early_data = max_early_data(&psk.state, requests_early_data);
    // RFC 8446, 4.2.11: "For identities established externally, an obfuscated_ticket_age of 0
    // SHOULD be used".
    let session = factory::session(&psk.state, &psk.identity, 0, max_early_data)?;
    let store = OfferedSession {
        tls13: Mutex::new(session),
        tls12: None,
    };
    store.install(config, uses_tls12_tickets);
    config.enable_early_data = requests_early_data;
    Ok(())
}

fn max_early_data(state: &Tls13State, requests_early_data: bool) -> u32 {
    let early_data = state.early_data.as_ref().filter(|_| requests_early_data);
    early_data.map_or(0, |early_data| early_data.max_len)
}

/// Makes a rustls config request a ticket of TLS 1.2, in the session_ticket extension (RFC 5077).
pub(crate) fn request_ticket(config: &mut ClientConfig) {
    OfferedSession::default().install(config, true);
}

/// Reads a session ID or a ticket, which is not empty.
fn handle<'a>(reader: &mut Reader<'a>, len: usize) -> Result<&'a [u8]> {
    match len {
        0 => Err(Code::InvalidSerializedSessionState)?,
        len => {
            let taken = reader.take(len);
            Ok(taken.map_err(|_| Code::InvalidSerializedSessionState)?)
        }
    }
}

/// Converts the error of an incomplete state.
fn truncated(error: crate::error::Error) -> crate::error::Error {
    match error.code() {
        Code::BadMessage => Code::StufferOutOfData.into(),
        _ => error,
    }
}

/// Returns the age of a ticket in milliseconds, obfuscated (RFC 8446, 4.2.11.1). A clock that runs
/// backwards makes it new.
fn obfuscated_age(state: &Tls13State, now: u64) -> u32 {
    let age = now.saturating_sub(state.issued) / 1_000_000;
    (age as u32).wrapping_add(state.age_add)
}

/// The identity that rustls requires of the server of a TLS 1.2 session: a raw public key, which is
/// never read. The API reports no certificate of a resumed session.
const NO_IDENTITY: [u8; 5] = [1, 0, 0, 1, 0];

/// Encodes a TLS 1.2 session as rustls does; `None` if the provider does not have its suite.
pub(super) fn tls12_session(
    handle: &Handle,
    state: &Tls12State,
    provider: &CryptoProvider,
) -> Result<Option<Tls12Session>> {
    // A session ID tells rustls that the server has resumed the ticket, which it replaces.
    let (session_id, ticket) = match handle {
        Handle::SessionId(id) => (&id[..], &[][..]),
        Handle::Ticket(ticket) => (&[0; SessionId::MAX_LEN][..], &ticket[..]),
    };
    let mut session = Zeroizing::new(Vec::new());
    memory::reserve_exact(&mut session, 128 + ticket.len())?;
    session.extend_from_slice(&state.suite.to_be_bytes());
    session.push(session_id.len() as u8);
    session.extend_from_slice(session_id);
    session.extend_from_slice(&state.master_secret);
    session.push(state.has_extended_master_secret.into());
    session.extend_from_slice(&(ticket.len() as u16).to_be_bytes());
    session.extend_from_slice(ticket);
    // The time of creation, and the lifetime: 0 never expires.
    session.extend_from_slice(&[0; 16]);
    session.extend_from_slice(&NO_IDENTITY);
    Ok(Tls12Session::from_slice(&session, provider).ok())
}

/// The store of one handshake: the session that it offers.
#[derive(Default)]
struct OfferedSession {
    tls13: Mutex<Option<Tls13Session>>,
    tls12: Option<Tls12Session>,
}

impl OfferedSession {
    fn install(self, config: &mut ClientConfig, uses_tls12_tickets: bool) {
        let tickets = match uses_tls12_tickets {
            true => Tls12Resumption::SessionIdOrTickets,
            false => Tls12Resumption::SessionIdOnly,
        };
        config.resumption = Resumption::store(Arc::new(self)).tls12_resumption(tickets);
    }
}

impl ClientSessionStore for OfferedSession {
    fn set_kx_hint(&self, _: ClientSessionKey<'static>, _: NamedGroup) {}

    fn kx_hint(&self, _: &ClientSessionKey<'_>) -> Option<NamedGroup> {
        None
    }

    fn set_tls12_session(&self, _: ClientSessionKey<'static>, _: Tls12Session) {}

    fn tls12_session(&self, _: &ClientSessionKey<'_>) -> Option<Tls12Session> {
        self.tls12.clone()
    }

    fn remove_tls12_session(&self, _: &ClientSessionKey<'static>) {}

    fn insert_tls13_ticket(&self, _: ClientSessionKey<'static>, _: Tls13Session) {}

    fn take_tls13_ticket(&self, _: &ClientSessionKey<'static>) -> Option<Tls13Session> {
        lock(&self.tls13).take()
    }
}

impl fmt::Debug for OfferedSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OfferedSession")
    }
}
