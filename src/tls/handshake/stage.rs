//! The steps of a handshake, as rustls divides it.

use rustls::client::ClientHandshake;
use rustls::error::{PeerIncompatible, PeerMisbehaved};
use rustls::pki_types::{DnsName, IpAddr, Ipv4Addr, ServerName};
use rustls::server::{Accepted, ServerConfig, ServerHandshake};
use rustls::{ClientSide, NeedsInput, ServerSide, Tcp};
use std::sync::Arc;
use std::sync::atomic::Ordering::*;

use super::Handshake;
use super::coroutine::Waiting;
use super::names::At;
use super::offer::{Offer, agree_on_version, best_version};
use super::secrets::{self, SendingKeys};
use super::trial::{Peer, Trial};
use crate::tls::base::{Mode, Version, uptime};
use crate::tls::client_hello::Message;
use crate::tls::config::ClientAuth;
use crate::tls::connection::Connection;
use crate::tls::connection::receive::RecvHalf;
use crate::tls::connection::send::SendHalf;
use crate::tls::credentials::key_log::Secret;
use crate::tls::credentials::step_context::{Milestone, Request};
use crate::tls::error::{Code, Error, Result};
use crate::tls::record::Header;
use crate::tls::server_hello::ServerHello;

/// Where a handshake stands between two calls. rustls' part is large, and does not stay.
#[derive(Default)]
pub(super) enum Stage {
    /// Nothing was sent or received.
    #[default]
    Start,

    /// The server has not seen a whole ClientHello.
    Listening(Box<NeedsInput<ServerSide>>),

    /// The ClientHello is whole, and not answered.
    Greeted(Box<Accepted<Tcp>>),

    /// The ClientHello is whole, and offers no version that there is. rustls might find another fault
    /// first.
    Outdated,

    /// The config for the answer is chosen. Never between two calls.
    Configured(Box<Accepted<Tcp>>, Arc<ServerConfig>),

    /// rustls waits for the server's next record.
    Client(Box<NeedsInput<ClientSide>>),

    /// rustls waits for the client's next record.
    Server(Box<NeedsInput<ServerSide>>),

    /// The peer has shown its certificate, and nobody has accepted it yet.
    Trial(Box<Trial>),

    /// A client waits for the application.
    ClientWaits(Box<Waiting<ClientHandshake>>),

    /// A server does.
    ServerWaits(Box<Waiting<ServerHandshake>>),

    /// Both sides are done; our last flight may still be on its way.
    Complete,

    /// rustls gave up.
    Failed,
}

impl Stage {
    pub(super) fn is_start(&self) -> bool {
        matches!(self, Self::Start)
    }

    pub(super) fn is_listening(&self) -> bool {
        matches!(self, Self::Listening(_))
    }

    pub(super) fn is_outdated(&self) -> bool {
        matches!(self, Self::Outdated)
    }

    pub(super) fn is_greeted(&self) -> bool {
        matches!(self, Self::Greeted(_) | Self::Outdated)
    }

    pub(super) fn is_trial(&self) -> bool {
        matches!(self, Self::Trial(_))
    }

    pub(super) fn waits_for_verdict(&self) -> bool {
        matches!(self, Self::Trial(trial) if trial.waits())
    }

    pub(super) fn is_waiting(&self) -> bool {
        matches!(self, Self::ClientWaits(_) | Self::ServerWaits(_))
    }

    pub(super) fn is_complete(&self) -> bool {
        matches!(self, Self::Complete)
    }
}

impl Handshake {
    /// The first step: a client speaks, a server listens.
    pub(super) fn start(&mut self, conn: &Connection, send: &mut SendHalf) -> Result<()> {
        if conn.mode == Mode::Server {
            self.stage = Stage::Listening(Box::new(ServerHandshake::start()));
            return Ok(());
        }
        let config = conn.config()?;
        let config = self.use_config(config.client(&conn.overrides())?);
        let best = best_version(conn)?;
        conn.shared.version.store(best, Release);
        conn.shared.client_version.store(best, Release);
        conn.shared.hello_answered.store(true, Release);
        let mut output = Vec::new();
        let name = conn.with_server_name(|name| match name {
            Some(name) => server_name(name.to_bytes()),
            None => no_name(),
        });
        let handshake = config.connect(name).start_handshake(&mut output)?;
        conn.shared.use_send_buffer();
        send.out.append(output)?;
        self.stage = Stage::Client(Box::new(handshake));
        if self.checkpoints.is_on() {
            self.checkpoints.reach(conn, At::ClientHello, uptime());
        }
        Ok(())
    }

    /// Lets rustls work on what has come.
    pub(super) fn advance(
        &mut self,
        conn: &Connection,
        send: &mut SendHalf,
        recv: &mut RecvHalf,
    ) -> Result<()> {
        let mut output = Vec::new();
        let is_timed = self.checkpoints.is_on();
        // The config decides on the context of the steps.
        let chosen = self.choose(conn, &mut output);
        let context = self.context.clone();
        let steps = || chosen.and_then(|()| self.steps(conn, send, recv, &mut output));
        let (outcome, step) = context.watch(conn.name(), is_timed, steps);
        let (mut choices, secrets) = (step.choices, step.secrets);
        let failure = choices.failure.take();
        let milestones = choices.milestones.take();
        conn.note_choices(choices);
        let outcome = match outcome {
            Err(error) if failure.is_none() || !error.is_blocked() => Err(error),
            _ => self.check_request(conn, failure, &mut output),
        };
        self.has_read_keys |= secrets.iter().any(Secret::protects_messages);
        if let Some(secret) = secrets::log(conn, secrets)? {
            let theirs = self.server_hello.take();
            let hello = theirs.or_else(|| ServerHello::read(output.get(Header::LEN..)?));
            let policy = conn.policy()?;
            send.handshake_keys = hello.and_then(|hello| SendingKeys::new(secret, &hello, policy));
        }
        match outcome {
            Ok(()) => {
                self.has_answered |= self.server_hello_version.is_some() && !output.is_empty();
                send.out.append(output)?;
            }
            Err(error) if error.is_blocked() => send.out.append(output)?,
            // The alert is for `s2n_shutdown` to send, when the blinding delay is over.
            Err(_) => send.owed_alert = output,
        }
        if let Some(milestones) = milestones {
            self.tell_of_step(conn, milestones, outcome.is_ok());
        }
        outcome
    }

    /// Whether the server asked for a certificate as the client was told to expect.
    fn check_request(
        &mut self,
        conn: &Connection,
        failure: Option<Error>,
        output: &mut Vec<u8>,
    ) -> Result<()> {
        if conn.mode == Mode::Server {
            return Ok(());
        }
        let request = conn.choices().request;
        let asked = request != Request::None;
        let wrong = match conn.client_auth()? {
            _ if failure.is_some() => Code::Cancelled,
            ClientAuth::None if asked => Code::UnexpectedCertRequest,
            ClientAuth::Required if !asked && self.stage.is_complete() => Code::MissingCertRequest,
            _ => {
                if self.stage.is_complete() {
                    conn.note_client_cert(request == Request::Answered);
                }
                return Ok(());
            }
        };
        // rustls is content, so what it wrote is no alert.
        output.clear();
        Err(failure.unwrap_or_else(|| wrong.into()))
    }

    fn steps(
        &mut self,
        conn: &Connection,
        send: &mut SendHalf,
        recv: &mut RecvHalf,
        output: &mut Vec<u8>,
    ) -> Result<()> {
        match std::mem::replace(&mut self.stage, Stage::Failed) {
            Stage::Listening(handshake) => match self.process_server(conn, *handshake, output)? {
                ServerHandshake::NeedsInput(handshake) => {
                    self.stage = Stage::Listening(Box::new(handshake));
                    Ok(())
                }
                ServerHandshake::Accepted(accepted) => {
                    self.stage = Stage::Greeted(Box::new(accepted));
                    self.keep_client_hello(conn)
                }
                _ => Err(Code::HandshakeState)?,
            },
            Stage::Outdated => {
                let hello = conn.client_hello().ok_or(Code::BadMessage)?;
                let offer = hello.look(|hello| Ok(Offer::of(hello)))?;
                agree_on_version(conn, &offer, output)?;
                Err(Code::HandshakeState)?
            }
            Stage::Configured(accepted, config) => {
                let next = self.accept(conn, *accepted, config, output)?;
                self.serve(conn, send, recv, next, output)
            }
            Stage::Server(handshake) => {
                let next = self.process_server(conn, *handshake, output)?;
                match next {
                    // rustls has used all that came.
                    ServerHandshake::NeedsInput(handshake) => {
                        self.stage = Stage::Server(Box::new(handshake));
                        Ok(())
                    }
                    next => self.serve(conn, send, recv, next, output),
                }
            }
            Stage::Client(handshake) => {
                let next = self.process_client(conn, *handshake, output)?;
                self.ask(conn, send, recv, next, output)
            }
            Stage::Trial(trial) => self.judge(conn, send, recv, *trial, output),
            Stage::ServerWaits(waiting) => {
                let next = self.resume(conn, output, Stage::ServerWaits, waiting)?;
                self.use_rest_of_server(conn, send, recv, next, output)
            }
            Stage::ClientWaits(waiting) => {
                let next = self.resume(conn, output, Stage::ClientWaits, waiting)?;
                self.use_rest_of_client(conn, send, recv, next, output)
            }
            Stage::Start | Stage::Greeted(_) | Stage::Complete | Stage::Failed => {
                Err(Code::HandshakeState)?
            }
        }
    }

    fn process_client(
        &mut self,
        conn: &Connection,
        handshake: NeedsInput<ClientSide>,
        output: &mut Vec<u8>,
    ) -> Result<ClientHandshake> {
        self.step(conn, output, Stage::ClientWaits, |input, output| {
            handshake.process(input, output)
        })
    }

    fn process_server(
        &mut self,
        conn: &Connection,
        handshake: NeedsInput<ServerSide>,
        output: &mut Vec<u8>,
    ) -> Result<ServerHandshake> {
        self.step(conn, output, Stage::ServerWaits, |input, output| {
            handshake.process(input, output)
        })
    }

    /// Remembers an alert that rustls met in an encrypted record.
    pub(super) fn note_alerts<T>(
        &self,
        conn: &Connection,
        next: Result<T, rustls::Error>,
    ) -> Result<T> {
        if self.input.close_notify() {
            conn.shared.receive_close_notify();
            return Err(Code::Closed)?;
        }
        match next {
            // RFC 8446, 6: in TLS 1.3 the level says nothing.
            Err(
                rustls::Error::AlertReceived(description)
                | rustls::Error::PeerMisbehaved(PeerMisbehaved::IllegalWarningAlert(description)),
            ) => match u8::from(description) {
                0 => {
                    conn.shared.receive_close_notify();
                    Err(Code::Closed)?
                }
                code => {
                    conn.shared.receive_error_alert(code);
                    Err(Code::Alert)?
                }
            },
            next => Ok(next?),
        }
    }

    /// A client's steps up to the next record.
    fn ask(
        &mut self,
        conn: &Connection,
        send: &mut SendHalf,
        recv: &mut RecvHalf,
        next: ClientHandshake,
        output: &mut Vec<u8>,
    ) -> Result<()> {
        match next {
            ClientHandshake::NeedsInput(handshake) => {
                self.stage = Stage::Client(Box::new(handshake));
                Ok(())
            }
            ClientHandshake::VerifyServerIdentity(peer) => {
                self.context.reach(Milestone::Presented);
                let trial = Trial::of_server(peer)?;
                self.judge(conn, send, recv, trial, output)
            }
            ClientHandshake::Complete(connection) => {
                self.complete_client(conn, send, recv, connection)
            }
            _ => Err(Code::HandshakeState)?,
        }
    }

    /// A server's steps from the choice of its config up to the next record.
    fn serve(
        &mut self,
        conn: &Connection,
        send: &mut SendHalf,
        recv: &mut RecvHalf,
        next: ServerHandshake,
        output: &mut Vec<u8>,
    ) -> Result<()> {
        match next {
            ServerHandshake::NeedsInput(handshake) => {
                self.stage = Stage::Server(Box::new(handshake));
                Ok(())
            }
            ServerHandshake::VerifyClientIdentity(peer) => {
                self.context.reach(Milestone::Presented);
                let trial = Trial::of_client(peer)?;
                self.judge(conn, send, recv, trial, output)
            }
            ServerHandshake::Complete(connection) => {
                self.complete_server(conn, send, recv, connection)
            }
            _ => Err(Code::HandshakeState)?,
        }
    }

    /// Goes on with the verification of the peer's certificate, and then with the handshake.
    fn judge(
        &mut self,
        conn: &Connection,
        send: &mut SendHalf,
        recv: &mut RecvHalf,
        mut trial: Trial,
        output: &mut Vec<u8>,
    ) -> Result<()> {
        self.tell_so_far(conn);
        match trial.proceed(conn) {
            Ok(true) => {}
            Ok(false) => {
                self.stage = Stage::Trial(Box::new(trial));
                return Ok(());
            }
            Err(error) => {
                trial.refuse(&error, output);
                return Err(error);
            }
        }
        self.context.reach(Milestone::Accepted);
        let (peer, verified) = trial.accept()?;
        match peer {
            Peer::Server(peer) => {
                let next = self.step(conn, output, Stage::ClientWaits, |_, output| {
                    peer.continue_with(Ok(verified), output)
                })?;
                self.use_rest_of_client(conn, send, recv, next, output)
            }
            Peer::Client(peer) => {
                let next = self.step(conn, output, Stage::ServerWaits, |_, output| {
                    peer.continue_with(Ok(verified), output)
                })?;
                self.use_rest_of_server(conn, send, recv, next, output)
            }
        }
    }

    /// More messages may have come in the record that held the last one.
    fn use_rest_of_client(
        &mut self,
        conn: &Connection,
        send: &mut SendHalf,
        recv: &mut RecvHalf,
        next: ClientHandshake,
        output: &mut Vec<u8>,
    ) -> Result<()> {
        let next = match next {
            ClientHandshake::NeedsInput(handshake) => {
                self.process_client(conn, handshake, output)?
            }
            next => next,
        };
        self.ask(conn, send, recv, next, output)
    }

    /// See [`Self::use_rest_of_client`].
    fn use_rest_of_server(
        &mut self,
        conn: &Connection,
        send: &mut SendHalf,
        recv: &mut RecvHalf,
        next: ServerHandshake,
        output: &mut Vec<u8>,
    ) -> Result<()> {
        let next = match next {
            ServerHandshake::NeedsInput(handshake) => {
                self.process_server(conn, handshake, output)?
            }
            next => next,
        };
        self.serve(conn, send, recv, next, output)
    }

    /// Notes what the client says, for us and for the application.
    pub(super) fn keep_client_hello(&mut self, conn: &Connection) -> Result<()> {
        let message = std::mem::take(&mut self.client_hello);
        let (body, _) = Message::split(&message)?;
        let hello = Message::parse(body)?;
        // The extension for it counts only when the message is answered.
        conn.shared
            .client_version
            .store(hello.legacy_best_version(), Release);
        if let Some(name) = hello.server_name() {
            conn.remember_server_name(name);
        }
        conn.keep_client_hello(message, self.record_version);
        Ok(())
    }

    /// Chooses the config that the server answers the ClientHello with, when it is to be answered.
    fn choose(&mut self, conn: &Connection, output: &mut Vec<u8>) -> Result<()> {
        let accepted = match std::mem::replace(&mut self.stage, Stage::Failed) {
            Stage::Greeted(accepted) => accepted,
            other => {
                self.stage = other;
                return Ok(());
            }
        };
        let hello = conn.client_hello().ok_or(Code::BadMessage)?;
        let offer = hello.look(|hello| Ok(Offer::of(hello)))?;
        if offer.asks_for_ocsp {
            conn.note_ocsp_request();
        }
        let version = agree_on_version(conn, &offer, output)?;
        let ready = conn.config()?.server(&conn.overrides());
        let mut ready = ready.map_err(|error| match error.code() {
            // Before TLS 1.3 a certificate goes with suites; without any, no suite is left.
            Code::NoValidSignatureScheme if version < Version::Tls13 => {
                Code::CipherNotSupported.into()
            }
            _ => error,
        })?;
        hello.look(|hello| {
            ready.agree_on_alpn(hello.alpn());
            Ok(())
        })?;
        let config = self.use_config(ready);
        self.stage = Stage::Configured(accepted, config);
        Ok(())
    }

    /// Answers the ClientHello.
    fn accept(
        &mut self,
        conn: &Connection,
        accepted: Accepted<Tcp>,
        config: Arc<ServerConfig>,
        output: &mut Vec<u8>,
    ) -> Result<ServerHandshake> {
        let next = self.attempt(conn, output, Stage::ServerWaits, |_, output| {
            accepted.choose_config(config, output)
        });
        let next = match next {
            Ok(next) => Ok(next.map_err(|error| refusal(error, conn.version()))?),
            Err(error) if error.is_blocked() => Err(error),
            Err(error) => return Err(error),
        };
        let answer = ServerHello::read(output.get(Header::LEN..).unwrap_or_default());
        self.awaits_hello = answer.is_some_and(|answer| answer.is_retry_request());
        conn.shared.use_send_buffer();
        next
    }
}

/// Why a client is refused.
fn refusal(error: rustls::Error, version: Version) -> Error {
    match error {
        rustls::Error::PeerIncompatible(PeerIncompatible::NoKxGroupsInCommon) => {
            match version == Version::Tls13 {
                true => Code::InvalidSupportedGroupState.into(),
                // Without a group no suite is left.
                false => Code::CipherNotSupported.into(),
            }
        }
        error => error.into(),
    }
}

/// rustls wants a name; an IP address is one that it does not send.
fn no_name() -> ServerName<'static> {
    ServerName::IpAddress(IpAddr::V4(Ipv4Addr::from([0, 0, 0, 0])))
}

/// The name that goes into the ClientHello, if it can stand there.
fn server_name(name: &[u8]) -> ServerName<'static> {
    match DnsName::try_from(name) {
        Ok(name) => ServerName::DnsName(name.to_owned()),
        Err(_) => no_name(),
    }
}
