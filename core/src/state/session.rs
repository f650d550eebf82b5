//! The session of a connection: what a client offers and stores, and what a server sends.

use std::sync::Arc;
use std::sync::atomic::Ordering::*;

use super::State;
use crate::base::log::log;
use crate::base::{Mode, Version, lock, memory, random_bytes};
use crate::config::{ClientAuth, Config, PskMode};
use crate::crypto::HeapSecret;
use crate::error::{Alert, Code, Error, Reason, Result};
use crate::messages::{NewSessionTicket, ServerHello, SessionId, Tls12Ticket};
use crate::resumption::{
    ClientSession, EarlyDataState, Handle, MAX_TICKET_LIFETIME, SECOND, SessionState,
    SessionTicket, Tls12State, Tls13State,
};

/// The session of a connection.
#[derive(Default)]
pub(super) struct Session {
    /// TLS 1.2: the ID of the session. TLS 1.3: legacy_session_id of the ClientHello.
    id: SessionId,
    /// Client: the parameters of the ServerHello; 0 before it.
    suite: u16,
    has_extended_master_secret: bool,
    /// A server of TLS 1.2 sends a ticket, or has announced one to this client.
    with_ticket: bool,
    /// The server has resumed a session.
    is_resumed: bool,
    client: Option<Box<Tickets>>,
    /// TLS 1.3 server: when the keying material of the resumed session expires, in nanoseconds
    /// since 1970.
    expiration: Option<u64>,
}

/// The tickets of a client.
#[derive(Default)]
struct Tickets {
    /// The session to resume. Most clients with a ticket have none.
    offered: Option<Box<ClientSession>>,
    /// The ticket that was received last or, in TLS 1.2, set.
    ticket: Arc<[u8]>,
    /// In seconds.
    lifetime: u32,
    /// TLS 1.3: the session of the ticket.
    state: Option<Tls13State>,
}

/// The minimum lifetime of a ticket: shorter ones are not sent, in nanoseconds.
const MIN_TICKET_LIFETIME: u64 = SECOND;

/// The length of a random ticket nonce in bytes.
const RANDOM_NONCE_LEN: usize = 16;

impl State {
    fn with_session<R>(&self, access: impl FnOnce(&mut Session) -> R) -> R {
        access(&mut lock(&self.results).session)
    }

    /// Client: sets the session to resume.
    pub(crate) fn set_session(&self, bytes: &[u8]) -> Result<()> {
        let session = ClientSession::parse(bytes, self.config()?.wall_nanoseconds()?)?;
        if self.mode == Mode::Server {
            return Err(Code::InvalidSerializedSessionState)?;
        }
        if let SessionState::Tls13(_) = session.state {
            self.check_psk_mode(PskMode::Resumption)?;
            self.use_psk_mode(PskMode::Resumption);
        }
        self.with_session(|slot| {
            let tickets = slot.client.get_or_insert_default();
            match (&session.state, &session.handle) {
                (SessionState::Tls12(_), Handle::SessionId(id)) => slot.id = *id,
                (SessionState::Tls12(_), Handle::Ticket(it)) => tickets.ticket = it.clone(),
                (SessionState::Tls13(_), _) => {}
            }
            tickets.offered = Some(Box::new(session));
        });
        Ok(())
    }

    /// Client: returns the session to resume.
    pub(crate) fn offered_session(&self) -> Option<ClientSession> {
        self.with_session(|session| session.client.as_ref()?.offered.as_deref().cloned())
    }

    /// Client: passes the ticket and the state of the TLS 1.3 session to resume to `read`; `None` if
    /// there is none.
    pub(super) fn with_tls13_session<R>(
        &self,
        read: impl FnOnce(&Arc<[u8]>, &Tls13State) -> R,
    ) -> Option<R> {
        self.with_session(|session| {
            let offered = session.client.as_ref()?.offered.as_deref()?;
            match (&offered.handle, &offered.state) {
                (Handle::Ticket(ticket), SessionState::Tls13(state)) => Some(read(ticket, state)),
                _ => None,
            }
        })
    }

    pub(crate) fn set_session_id(&self, id: &[u8]) {
        let id = SessionId::new(id).unwrap_or_default();
        self.with_session(|session| session.id = id);
    }

    /// Returns the session ID as it was sent or received, for the session cache.
    pub(crate) fn cached_session_id(&self) -> SessionId {
        self.with_session(|session| session.id)
    }

    /// Returns the ID of the session, which TLS 1.3 does not have.
    pub(crate) fn session_id(&self) -> SessionId {
        match self.version() >= Version::Tls13 {
            true => SessionId::default(),
            false => self.cached_session_id(),
        }
    }

    /// Stores the parameters of a ServerHello. A client's session that is not resumed is dropped.
    pub(crate) fn use_server_hello(&self, hello: &ServerHello) {
        self.with_session(|session| {
            let is_tls12 = hello.version < Version::Tls13;
            let repeats_id = !hello.session_id.is_empty() && hello.session_id == session.id;
            session.is_resumed = match is_tls12 {
                true => repeats_id,
                false => hello.has_pre_shared_key,
            };
            session.suite = hello.suite;
            session.has_extended_master_secret = hello.has_extended_master_secret;
            session.with_ticket = is_tls12 && hello.will_send_ticket;
            if is_tls12 {
                session.id = hello.session_id;
            }
            if let Some(tickets) = session
                .client
                .as_mut()
                .filter(|_| !(is_tls12 && repeats_id))
            {
                tickets.ticket = Arc::default();
            }
        });
        match self.mode {
            Mode::Client => self.use_server_psk(hello),
            Mode::Server => self.confirm_psk(hello),
        }
    }

    /// Client: stores whether the server has chosen the pre-shared key. Otherwise, and after a
    /// HelloRetryRequest, the early data is rejected.
    fn use_server_psk(&self, hello: &ServerHello) {
        match hello.version >= Version::Tls13 && hello.has_pre_shared_key {
            true => self.use_offered_psk(),
            false => self.reject_early_data(),
        }
    }

    /// Frees the ticket of a client.
    pub(crate) fn free_ticket(&self) {
        self.with_session(|session| session.client = None);
    }

    /// Returns the number of the suite that the ServerHello has selected; 0 before it.
    pub(crate) fn suite(&self) -> u16 {
        self.with_session(|session| session.suite)
    }

    /// Returns whether the ServerHello has resumed a session.
    pub(crate) fn is_resumed(&self) -> bool {
        self.with_session(|session| session.is_resumed)
    }

    /// Returns whether a ticket of TLS 1.2 is part of the handshake.
    pub(crate) fn is_with_ticket(&self) -> bool {
        self.with_session(|session| session.with_ticket)
    }

    /// Client: returns the serialized session; `None` if there is none.
    pub(crate) fn session(&self) -> Result<Option<HeapSecret>> {
        let config = self.config()?;
        let Some(mut session) = self.current_session(config.uses_tickets())? else {
            return Ok(None);
        };
        // That of TLS 1.3 has the time at which the ticket was received.
        if let SessionState::Tls12(state) = &mut session.state {
            state.issued = config.wall_nanoseconds()?;
        }
        session.serialize().map(Some)
    }

    /// Client: returns the length of the serialized session in bytes; 0 if there is none.
    pub(crate) fn session_len(&self) -> Result<usize> {
        let session = self.current_session(self.config()?.uses_tickets())?;
        let session = session.map(|session| session.serialize()).transpose()?;
        Ok(session.map_or(0, |bytes| bytes.len()))
    }

    fn current_session(&self, uses_tickets: bool) -> Result<Option<ClientSession>> {
        let results = lock(&self.results);
        let session = &results.session;
        let tickets = session.client.as_deref();
        let offered = tickets.and_then(|tickets| tickets.offered.as_deref());
        // Before the negotiation, it is the session to resume.
        if let (0, Some(offered)) = (session.suite, offered) {
            let is_current = match (&offered.state, &offered.handle) {
                (SessionState::Tls13(_), _) => false,
                (_, Handle::Ticket(_)) => uses_tickets,
                (_, Handle::SessionId(_)) => self.version() < Version::Tls13,
            };
            return Ok(is_current.then(|| offered.clone()));
        }
        let ticket = tickets.filter(|it| uses_tickets && !it.ticket.is_empty());
        let handle = match ticket {
            Some(tickets) => Handle::Ticket(tickets.ticket.clone()),
            None if session.id.is_empty() => return Ok(None),
            None => Handle::SessionId(session.id),
        };
        if self.version() >= Version::Tls13 {
            let state = ticket.and_then(|tickets| tickets.state.clone());
            return Ok(state.map(|state| ClientSession {
                handle,
                state: SessionState::Tls13(state),
            }));
        }
        let Some(secrets) = results.tls12_secrets.as_ref() else {
            return Ok(None);
        };
        let state = SessionState::Tls12(Tls12State {
            suite: session.suite,
            issued: 0,
            master_secret: memory::copy(&*secrets.master_secret)?.into(),
            has_extended_master_secret: session.has_extended_master_secret,
        });
        Ok(Some(ClientSession { handle, state }))
    }

    /// Client: returns the lifetime of the ticket in seconds.
    pub(crate) fn ticket_lifetime(&self) -> Result<u32> {
        let uses_tickets = self.config()?.uses_tickets();
        let lifetime = self.with_session(|session| {
            let tickets = session.client.as_ref()?;
            (uses_tickets && !tickets.ticket.is_empty()).then_some(tickets.lifetime)
        });
        Ok(lifetime.ok_or(Code::SessionTicketNotSupported)?)
    }

    /// Client: stores the ticket of TLS 1.2, and passes it to the application.
    pub(crate) fn receive_tls12_ticket(&self, message: &[u8]) -> Result<()> {
        let config = self.config()?;
        let Tls12Ticket { lifetime, ticket } = Tls12Ticket::parse(message)?;
        let stored = memory::to_arc(ticket)?;
        self.with_session(|session| {
            let tickets = session.client.get_or_insert_default();
            tickets.lifetime = lifetime;
            // An empty one leaves that of the resumed session.
            if !stored.is_empty() {
                tickets.ticket = stored;
            }
        });
        match ticket.is_empty() {
            true => Ok(()),
            false => self.report_ticket(&config, lifetime),
        }
    }

    /// Client: stores a ticket of TLS 1.3 (RFC 8446, 4.6.1), and passes it to the application.
    /// `body` is that of a NewSessionTicket.
    pub(crate) fn receive_ticket(&self, body: &[u8]) -> Result<()> {
        let config = self.config()?;
        if !config.uses_tickets() {
            return Ok(());
        }
        let invalid = |error: Error| match error.code() {
            Code::BadMessage => error.and_alert(Alert::DecodeError),
            _ => error,
        };
        let message = NewSessionTicket::parse(body).map_err(invalid)?;
        if message.lifetime > MAX_TICKET_LIFETIME {
            let error = Error::with_alert(Code::BadMessage, Alert::IllegalParameter);
            return Err(error.because(Reason::Rule(
                "the lifetime of a NewSessionTicket exceeds 7 days (RFC 8446, 4.6.1)",
            )));
        }
        if message.lifetime == 0 {
            return Ok(());
        }
        // opaque ticket<1..2^16-1>
        if message.ticket.is_empty() {
            let error = Error::with_alert(Code::Safety, Alert::DecodeError);
            return Err(error.because(Reason::Rule("the ticket of a NewSessionTicket is empty")));
        }
        let derived = self.with_key_schedule(|schedule| {
            let schedule = schedule.filter(|schedule| schedule.may_have_tickets())?;
            Some((schedule.suite(), schedule.ticket_secret(message.nonce)))
        });
        // Tickets were disabled during the handshake.
        let Some((suite, secret)) = derived else {
            return Ok(());
        };
        let (ticket, secret) = (memory::to_arc(message.ticket)?, secret?);
        let state = Tls13State {
            suite,
            issued: config.wall_nanoseconds()?,
            age_add: message.age_add,
            secret,
            expiration: None,
            early_data: self.early_data_of_ticket(message.max_early_data)?,
        };
        self.with_session(|session| {
            let tickets = session.client.get_or_insert_default();
            tickets.lifetime = message.lifetime;
            tickets.ticket = ticket;
            tickets.state = Some(state.expiring_after(message.lifetime));
        });
        log!(
            Debug,
            self.name(),
            "a session ticket is received, with a lifetime of {} s",
            message.lifetime
        );
        self.report_ticket(&config, message.lifetime)
    }

    /// Returns the early data that a ticket of this connection permits; `None` for 0 bytes.
    fn early_data_of_ticket(&self, max_len: u32) -> Result<Option<Arc<EarlyDataState>>> {
        if max_len == 0 {
            return Ok(None);
        }
        Ok(Some(Arc::new(EarlyDataState {
            max_len,
            alpn: self.alpn(),
            context: self.early_data_context()?,
        })))
    }

    fn alpn(&self) -> Vec<u8> {
        let alpn = self.negotiated().and_then(|it| it.alpn.clone());
        alpn.map(|alpn| alpn.into_bytes()).unwrap_or_default()
    }

    /// Passes the current ticket to the application.
    fn report_ticket(&self, config: &Config, lifetime: u32) -> Result<()> {
        let callback = config.with_resumption(|settings| settings.ticket_callback.clone());
        let Some(callback) = callback else {
            return Ok(());
        };
        let session = self.session()?.ok_or(Code::InvalidState)?;
        match callback.receive(self.name(), &SessionTicket { session, lifetime }) {
            true => Ok(()),
            false => Err(Code::Cancelled)?,
        }
    }

    /// Server: sets when the keying material of the resumed session expires.
    pub(crate) fn set_expiration(&self, expiration: Option<u64>) {
        self.with_session(|session| session.expiration = expiration);
    }

    /// Server: fails if the keying material of a resumed session has expired.
    pub(crate) fn check_keying_material(&self, config: &Config) -> Result<()> {
        let Some(expiration) = self.with_session(|session| session.expiration) else {
            return Ok(());
        };
        match expiration
            > config
                .wall_nanoseconds()?
                .saturating_add(MIN_TICKET_LIFETIME)
        {
            true => Ok(()),
            false => Err(Code::KeyingMaterialExpired)?,
        }
    }

    /// Server: returns whether tickets of TLS 1.3 are sent. A session carries no certificate of the
    /// client, so that one with client authentication is not resumed. As in s2n-tls, one with an
    /// external pre-shared key is not resumed either. RFC 8446, 4.2.9: "Servers SHOULD NOT send
    /// NewSessionTicket with tickets that are not compatible with the advertised modes".
    pub(crate) fn may_send_tickets(&self, config: &Config) -> bool {
        self.mode == Mode::Server
            && config.uses_tickets()
            && self.client_auth_of(config) == ClientAuth::None
            && !self.uses_external_psk()
            && self.shared.client_resumes.load(Acquire)
            && self.is_resumable()
    }

    /// Server: creates a NewSessionTicket of TLS 1.3, with a number that is unique in the
    /// connection.
    pub(crate) fn new_ticket(&self, config: &Config, number: u16) -> Result<Vec<u8>> {
        let now = config.wall_nanoseconds()?;
        let new = config.with_resumption(|settings| settings.new_ticket(now))?;
        let keying_material = self.shared.keying_material_lifetime.load(Relaxed);
        let mut lifetime = new.lifetime.min(keying_material);
        let mut expiration = now.saturating_add(u64::from(keying_material) * SECOND);
        if let Some(resumed) = self.with_session(|session| session.expiration) {
            expiration = expiration.min(resumed);
            let rest = resumed.saturating_sub(now) / SECOND;
            lifetime = lifetime.min(u32::try_from(rest).unwrap_or(u32::MAX));
        }
        if lifetime == 0 {
            return Err(Code::ZeroLifetimeTicket)?;
        }
        let nonce = self.ticket_nonce(number)?;
        let nonce = nonce.as_slice();
        let (suite, secret) = self.with_key_schedule(|schedule| {
            let schedule = schedule.ok_or(Code::HandshakeNotComplete)?;
            Ok::<_, Error>((schedule.suite(), schedule.ticket_secret(nonce)?))
        })?;
        let mut age_add = [0; 4];
        random_bytes(&mut age_add)?;
        let max_early_data = self.server_max_early_data(config);
        let state = Tls13State {
            suite,
            issued: now,
            age_add: u32::from_be_bytes(age_add),
            secret,
            expiration: Some(expiration),
            early_data: self.early_data_of_ticket(max_early_data)?,
        };
        let message = NewSessionTicket {
            lifetime,
            age_add: state.age_add,
            nonce,
            ticket: &new.key.encrypt(&state.encode()?)?,
            max_early_data,
        };
        message.encode()
    }

    /// Returns a nonce that no other ticket of the connection has (RFC 8446, 4.6.1). How many tickets
    /// the process has sent that serialized the connection is unknown.
    fn ticket_nonce(&self, number: u16) -> Result<Vec<u8>> {
        if !self.shared.restored.load(Acquire) {
            return Ok(number.to_be_bytes().to_vec());
        }
        let mut nonce = vec![0; RANDOM_NONCE_LEN];
        random_bytes(&mut nonce)?;
        Ok(nonce)
    }

    /// Server: adds to the number of tickets that are sent.
    pub(crate) fn add_tickets(&self, count: u8) -> Result<()> {
        self.check_keying_material(&*self.config()?)?;
        let tickets = &self.shared.tickets_to_send;
        let add = |now: u32| Some(now + u32::from(count)).filter(|&sum| sum <= u16::MAX.into());
        let added = tickets.fetch_update(AcqRel, Acquire, add);
        Ok(added.map(drop).map_err(|_| Code::IntegerOverflow)?)
    }

    /// Server: removes the session from the session cache, after an error.
    pub(crate) fn delete_cached_session(&self) {
        let Some(config) = self.own_config() else {
            return;
        };
        let delete = config.with_resumption(|settings| {
            let delete = settings.cache.delete.clone();
            delete.filter(|_| settings.uses_cache)
        });
        let Some(delete) = delete else { return };
        let id = self.cached_session_id();
        if !id.is_empty() && self.client_auth_of(&config) == ClientAuth::None {
            delete.delete(self.name(), &id);
        }
    }
}
