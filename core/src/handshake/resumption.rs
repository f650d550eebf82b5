//! Resumption of TLS 1.2 sessions: which one a server of rustls resumes, of a ticket or of the
//! session cache, and the ticket of a client.
//!
//! A server's decision is made before rustls answers the ClientHello. rustls is given a store that has
//! this session alone.

use std::sync::Arc;

use rustls::server::ServerConfig;
use zeroize::Zeroizing;

use super::Handshake;
use super::context::Context;
use crate::base::{lock, memory};
use crate::config::ClientAuth;
use crate::config::callbacks::CacheLookup;
use crate::credentials::clock::StepClock;
use crate::error::{Code, Result};
use crate::messages::ClientHello;
use crate::resumption::{Binding, TLS12_TICKET_LEN, Tls12Sessions, Tls12State};

/// The rustls config of a server, which is changed for one handshake.
type Shared = Arc<ServerConfig>;

impl Handshake {
    /// Lets rustls resume the session of a ClientHello of TLS 1.2, or issue a ticket. Fails with
    /// `AsyncBlocked` while the session cache is asked.
    pub(super) fn prepare_tls12(
        &mut self,
        ctx: &Context<'_>,
        hello: &ClientHello,
        server_name: Option<&str>,
        config: &mut Shared,
    ) -> Result<()> {
        // A session has no certificate of the client.
        if ctx.client_auth() != ClientAuth::None {
            return Ok(());
        }
        let keys = ctx.config.resumption();
        let (uses_tickets, uses_cache) = {
            let settings = lock(&keys);
            let uses_tickets = settings.uses_tickets && !settings.requires_forward_secrecy;
            (uses_tickets, settings.uses_cache)
        };
        if !uses_tickets && !uses_cache {
            return Ok(());
        }
        let (requests_ticket, ticket, session_id) = hello.with_payload(|hello| {
            let ticket = hello.session_ticket().filter(|_| uses_tickets);
            // The client chooses the length, of which only one is that of a ticket.
            let opened = ticket.filter(|it| it.len() == TLS12_TICKET_LEN);
            let opened = opened.map(memory::copy).transpose()?;
            Ok((ticket.is_some(), opened, hello.session_id.to_vec()))
        })?;
        let found = match (&ticket, uses_cache && !session_id.is_empty()) {
            (Some(ticket), _) => open(ctx, ticket),
            (_, true) => cached(ctx, &session_id)?,
            _ => None,
        };
        let offered = found.map(|state| {
            let binding = Binding {
                server_name,
                suite: state.suite,
                early_data: None,
            };
            binding.tls12_session(&state)
        });
        let offered = offered.transpose()?;
        let clock = StepClock {
            clock: ctx.settings.wall_clock().clone(),
            context: self.step_context.clone(),
        };
        let can_issue = || {
            let now = ctx.settings.wall_nanoseconds();
            now.is_ok_and(|now| lock(&keys).keys.can_encrypt(now))
        };
        let uses_ticketer = requests_ticket && (offered.is_some() || can_issue());
        let sessions = Arc::new(Tls12Sessions::new(keys.clone(), clock, offered, uses_cache));
        let config = Arc::make_mut(config);
        config.session_storage = sessions.clone();
        if uses_ticketer {
            config.ticketer = Some(sessions.clone());
        }
        self.tls12_sessions = Some(sessions);
        Ok(())
    }

    /// Client: stores a NewSessionTicket of TLS 1.2 that rustls has accepted; `message` is empty for
    /// none.
    pub(super) fn receive_ticket(&mut self, ctx: &Context<'_>, message: &[u8]) -> Result<()> {
        if message.is_empty() {
            return Ok(());
        }
        let received = ctx.state.receive_tls12_ticket(message);
        received.map_err(|error| self.fail(ctx, error))
    }
}

/// Decrypts the state of a session, of a ticket or of the cache. One that is invalid means a full
/// handshake.
fn open(ctx: &Context<'_>, ticket: &[u8]) -> Option<Tls12State> {
    let now = ctx.settings.wall_nanoseconds().ok()?;
    let settings = lock(&ctx.config.resumption()).clone();
    settings.open_tls12(ticket, now).ok()
}

/// Asks the session cache.
fn cached(ctx: &Context<'_>, session_id: &[u8]) -> Result<Option<Tls12State>> {
    let retrieve = lock(&ctx.config.resumption()).cache.retrieve.clone();
    let Some(retrieve) = retrieve else {
        return Ok(None);
    };
    let mut entry = Zeroizing::new([0; TLS12_TICKET_LEN]);
    match retrieve.retrieve(ctx.state.name(), session_id, &mut *entry) {
        CacheLookup::Found => Ok(open(ctx, &*entry)),
        CacheLookup::Missing => Ok(None),
        CacheLookup::Blocked => Err(Code::AsyncBlocked)?,
    }
}
