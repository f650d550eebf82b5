//! The steps of a handshake, as divided by rustls.

use std::sync::Arc;
use std::sync::atomic::Ordering::*;

use rustls::ServerSide;
use rustls::client::ClientConfig;
use rustls::error::PeerMisbehaved;
use rustls::pki_types::{DnsName, IpAddr, Ipv4Addr, ServerName};
use rustls::quic::ServerHandshake as QuicHandshake;
use rustls::server::ServerHandshake;

use super::alerts::correction;
use super::context::Context;
use super::offer::{Offer, highest_version, negotiate_version};
use super::plaintext::{handshake_content, protected_records};
use super::quic::{self, sent_messages};
use super::side::{Next, QuicServer, Step, connect, start_server};
use super::stage::{AwaitingHello, ReceivedHello, Running, Stage, Staged};
use super::verification::PeerVerification;
use super::{Handshake, ech, raw_key, secrets};
use crate::base::{Mode, Version, uptime};
use crate::config::{ClientAuth, EarlyDataProgress};
use crate::credentials::secret::Secret;
use crate::credentials::step_context::{CertRequest, Milestone};
use crate::error::{Alert, Code, Error, Reason, Result};
use crate::messages::{ClientHelloPayload, ServerHello};
use crate::resumption::{SessionState, offer_psk};
use crate::state::{EchStatus, HandshakeKeys, HandshakeMessage};
use crate::stream::log_alert;

impl Handshake {
    /// Starts the handshake: a client creates its ClientHello, a server awaits one.
    pub(super) fn start(&mut self, ctx: &mut Context<'_>) -> Result<()> {
        if ctx.mode() == Mode::Server {
            self.stage = Stage::AwaitingClientHello(match ctx.is_quic {
                true => AwaitingHello::Quic(Box::new(start_server())),
                false => AwaitingHello::Tcp(Box::new(ServerHandshake::start())),
            });
            return Ok(());
        }
        if ctx.is_quic && !ctx.policy().supports_tls13() {
            return Err(Code::InvalidCipherPreferences
                .rule("QUIC requires TLS 1.3, which the security policy does not have"));
        }
        raw_key::check_policy(ctx)?;
        Self::check_ech(ctx)?;
        let config = ctx.settings.client(&ctx.state.overrides())?;
        let mut config = self.use_config(config);
        let psk_suite = self.offer_psk(ctx, &mut config)?;
        let highest = highest_version(ctx);
        let shared = ctx.shared();
        shared.version.store(highest, Release);
        shared.client_version.store(highest, Release);
        shared.client_hello_processed.store(true, Release);
        let mut output = Vec::new();
        let name = ctx.state.with_server_name(|name| match name {
            Some(name) => server_name(name.to_bytes()),
            None => no_server_name(),
        });
        let context = self.step_context.clone();
        let parameters = ctx.is_quic.then(|| quic::own_parameters(ctx)).transpose()?;
        let begin = || match parameters {
            Some(parameters) => connect(config, &context, name, parameters, &mut output)
                .map(|client| Stage::QuicClient(Running::AwaitingInput(Box::new(client)))),
            None => (config.connect(name).start_handshake(&mut output))
                .map(|client| Stage::Client(Running::AwaitingInput(Box::new(client)))),
        };
        let (stage, step) = context.run_step(ctx.state.name(), false, begin);
        let stage = stage?;
        let sent = sent_messages(ctx, &output);
        let (body, _) = ClientHelloPayload::split(&sent)?;
        let hello = ClientHelloPayload::parse(body)?;
        ctx.state.set_session_id(hello.session_id);
        self.begin_ech(ctx, &hello);
        self.requests_ocsp = ctx.settings.requests_ocsp();
        let has_early_data = hello.requests_early_data();
        ctx.state.set_early_data_progress(match has_early_data {
            true => EarlyDataProgress::Requested,
            false => EarlyDataProgress::NotRequested,
        });
        secrets::log(ctx, &step.secrets);
        if has_early_data {
            self.begin_early_data(ctx, psk_suite, &step.secrets)?;
        }
        self.queue(ctx, output, Vec::new())?;
        self.stage = stage;
        if self.checkpoints.is_on() {
            self.checkpoints
                .reach(ctx, HandshakeMessage::ClientHello, uptime());
        }
        Ok(())
    }

    /// Client: lets rustls offer the first external pre-shared key, or the session to resume, and
    /// request early data, with a copy of the config. Returns the suite of the key; 0 if there is
    /// none.
    fn offer_psk(&self, ctx: &Context<'_>, config: &mut Arc<ClientConfig>) -> Result<u16> {
        let uses_tls12_tickets = ctx.settings.requests_tickets();
        if let Some(psk) = ctx.state.offered_psk() {
            let requests_early_data = Self::may_request_early_data(ctx, &psk.state);
            let config = Arc::make_mut(config);
            offer_psk(config, &psk, uses_tls12_tickets, requests_early_data)?;
            return Ok(psk.state.suite);
        }
        let Some(session) = ctx.state.offered_session() else {
            return Ok(0);
        };
        let (suite, requests_early_data) = match &session.state {
            SessionState::Tls13(state) => (state.suite, Self::may_request_early_data(ctx, state)),
            // QUIC has no TLS 1.2, and neither have raw public keys and Encrypted ClientHello.
            SessionState::Tls12(_) if Self::is_tls13_alone(ctx) => return Ok(0),
            SessionState::Tls12(state) => (state.suite, false),
        };
        let now = ctx.settings.wall_nanoseconds()?;
        let config = Arc::make_mut(config);
        session.offer(config, uses_tls12_tickets, requests_early_data, now)?;
        Ok(suite)
    }

    /// Processes the received records, in the next steps of rustls.
    pub(super) fn advance(&mut self, ctx: &mut Context<'_>) -> Result<()> {
        let is_timed = self.checkpoints.is_on();
        // The config determines the context of the steps.
        let configured = self.configure_server(ctx);
        let (context, name) = (self.step_context.clone(), ctx.state.name());
        let types = self.hello_types(ctx);
        let steps = || {
            context.set_hello_types(types);
            configured.and_then(|()| self.steps(ctx))
        };
        let (outcome, step) = context.run_step(name, is_timed, steps);
        ctx.state.extend_selection(step.selection);
        let outcome = match outcome {
            Err(error) if step.failure.is_none() || !error.is_blocked() => Err(error),
            _ => self.check_cert_request(ctx, step.failure),
        };
        let corrected = outcome.as_ref().err().and_then(|it| correction(ctx, it));
        let is_corrected = corrected.is_some();
        let outcome = corrected.map_or(outcome, Err);
        let keeps_secret = ctx.config.uses_tickets() || ctx.settings.is_serializable();
        if keeps_secret && step.captured.resumption_secret.is_some() {
            self.resumption_secret = step.captured.resumption_secret;
        }
        // A server derives its keys before it receives the client's last messages.
        if step.captured.write_keys.is_some() {
            self.write_keys = step.captured.write_keys;
        }
        let sessions = self.tls12_sessions.as_ref();
        if sessions.is_some_and(|sessions| sessions.take_issued()) {
            ctx.shared().tickets_sent.fetch_add(1, Release);
        }
        let secrets = match ctx.is_quic {
            true => quic::traffic_secrets(&step.secrets),
            false => Vec::new(),
        };
        // Those of a rehearsal are derived again.
        if !matches!(self.stage, Stage::Rehearsed) {
            self.use_secrets(ctx, step.secrets)?;
        }
        let output = std::mem::take(&mut ctx.output);
        match &outcome {
            Ok(()) => {
                self.has_answered |= self.server_hello_version.is_some() && !output.is_empty();
                self.queue(ctx, output, secrets)?;
            }
            Err(error) if error.is_blocked() => self.queue(ctx, output, secrets)?,
            // `s2n_shutdown()` sends the alert after the blinding delay.
            Err(_) if is_corrected => ctx.send.pending_alert = Vec::new(),
            Err(error) => {
                let alert = self.seal_alert(ctx, output, error);
                ctx.send.pending_alert = alert.unwrap_or_default();
            }
        }
        if let Some(milestones) = step.milestones {
            self.report_step(ctx, milestones, outcome.is_ok());
        }
        outcome
    }

    /// Logs the secrets of a step, and stores those for later keys.
    fn use_secrets(&mut self, ctx: &mut Context<'_>, secrets: Vec<Secret>) -> Result<()> {
        self.has_read_keys |= secrets.iter().any(Secret::protects_messages);
        self.conclude_ech(ctx, &secrets)?;
        secrets::log(ctx, &secrets);
        if let Some(hello) = &self.server_hello {
            secrets::store_master_secret(ctx, &secrets, hello);
        }
        for secret in &secrets {
            match secret.application_side() {
                Some(side) if side == ctx.mode() => self.write_secret = secret.bytes.clone(),
                Some(_) => self.read_secret = secret.bytes.clone(),
                None if secret.is_of_exporter() => {
                    self.exporter_secret = Some(secret.bytes.clone());
                }
                None => {}
            }
        }
        self.install_key_schedule(ctx)?;
        if ctx.is_quic {
            return Ok(());
        }
        self.use_early_secrets(ctx, &secrets)?;

        let mut secrets = secrets.into_iter();
        let Some(secret) = secrets.rfind(|secret| secret.protects_sending(ctx.mode())) else {
            return Ok(());
        };
        let theirs = self.server_hello.take();
        let hello = theirs.or_else(|| ServerHello::read(&handshake_content(&ctx.output)));
        if let (Mode::Server, Some(hello)) = (ctx.mode(), &hello)
            && hello.version >= Version::Tls13
        {
            // Also after a HelloRetryRequest.
            ctx.state.use_server_hello(hello);
        }
        let policy = ctx.policy();
        let protected = protected_records(&ctx.output);
        ctx.send.handshake_keys = hello
            .and_then(|hello| HandshakeKeys::new(ctx.mode(), secret, &hello, policy, protected));
        Ok(())
    }

    /// Client: checks that the server's CertificateRequest, or its absence, is allowed by the
    /// client authentication mode.
    fn check_cert_request(&mut self, ctx: &mut Context<'_>, failure: Option<Error>) -> Result<()> {
        if ctx.mode() == Mode::Server {
            return Ok(());
        }
        let request = ctx.state.selection().request;
        let is_requested = request != CertRequest::None;
        let wrong = match ctx.client_auth() {
            _ if failure.is_some() => (Code::Cancelled, "a callback has failed the handshake"),
            ClientAuth::None if is_requested => (
                Code::UnexpectedCertRequest,
                "the server requests a certificate, and client authentication is disabled",
            ),
            ClientAuth::Required
                if !is_requested && self.stage.has_completed() && !is_resumed_tls13(ctx) =>
            {
                (
                    Code::MissingCertRequest,
                    "client authentication is required, and the server requests no certificate",
                )
            }
            _ => {
                if self.stage.has_completed() {
                    let is_used = request == CertRequest::Answered;
                    ctx.state.set_client_cert_used(is_used);
                }
                return Ok(());
            }
        };
        // rustls has reported no error, so its output is not an alert.
        ctx.output.clear();
        // Without the Finished in that output, the server does not use the application keys: the
        // alert is sealed with those of the handshake.
        if self.stage.is_complete() {
            ctx.send.sealer = None;
        }
        let (code, rule) = wrong;
        Err(failure.unwrap_or_else(|| code.rule(rule)))
    }

    /// Runs the next steps of the current stage.
    fn steps(&mut self, ctx: &mut Context<'_>) -> Result<()> {
        match std::mem::replace(&mut self.stage, Stage::Failed) {
            Stage::AwaitingClientHello(awaiting) => self.receive_client_hello(ctx, awaiting),
            Stage::OutdatedClientHello => {
                let hello = ctx.state.client_hello().ok_or(Code::BadMessage)?;
                let offer = hello.with_payload(|hello| Ok(Offer::of(hello)))?;
                negotiate_version(ctx, &offer)?;
                Err(Code::HandshakeState)?
            }
            Stage::Configured(ReceivedHello::Tcp(accepted), config) => {
                let next = self.answer_client_hello(ctx, *accepted, config)?;
                self.proceed::<ServerSide>(ctx, next)
            }
            Stage::Configured(ReceivedHello::Quic(accepted), config) => {
                self.rehearse(ctx, *accepted, &config)
            }
            Stage::Rehearsed => self.replay(ctx),
            Stage::Client(running) => self.run(ctx, running),
            Stage::Server(running) => self.run(ctx, running),
            Stage::QuicClient(running) => self.run(ctx, running),
            Stage::QuicServer(Running::AwaitingInput(handshake)) if self.is_in_rehearsal() => {
                self.rehearse_again(ctx, *handshake)
            }
            Stage::QuicServer(running) => self.run(ctx, running),
            Stage::Start
            | Stage::ClientHelloReceived(_)
            | Stage::EndOfEarlyData
            | Stage::Complete
            | Stage::Failed => Err(Code::HandshakeState)?,
        }
    }

    /// Passes the ClientHello to rustls.
    fn receive_client_hello(
        &mut self,
        ctx: &mut Context<'_>,
        awaiting: AwaitingHello,
    ) -> Result<()> {
        let stage = match awaiting {
            AwaitingHello::Tcp(handshake) => {
                match self.run_step::<ServerSide>(ctx, Step::Process(*handshake))? {
                    ServerHandshake::NeedsInput(handshake) => {
                        Stage::AwaitingClientHello(AwaitingHello::Tcp(Box::new(handshake)))
                    }
                    ServerHandshake::Accepted(accepted) => {
                        Stage::ClientHelloReceived(ReceivedHello::Tcp(Box::new(accepted)))
                    }
                    _ => Err(Code::HandshakeState)?,
                }
            }
            AwaitingHello::Quic(handshake) => {
                match self.run_step::<QuicServer>(ctx, Step::Process(*handshake))? {
                    QuicHandshake::Accepted(accepted) => {
                        Stage::ClientHelloReceived(ReceivedHello::Quic(Box::new(accepted)))
                    }
                    _ => Err(Code::HandshakeState)?,
                }
            }
        };
        let is_received = matches!(stage, Stage::ClientHelloReceived(_));
        self.stage = stage;
        match is_received {
            true => self.store_client_hello(ctx),
            false => Ok(()),
        }
    }

    /// Runs a step of rustls.
    fn run_step<S: Staged>(
        &mut self,
        ctx: &mut Context<'_>,
        step: Step<S>,
    ) -> Result<S::Handshake> {
        self.step::<S>(ctx, |input, output| match step {
            Step::Process(handshake) => S::process(handshake, input, output),
            Step::Accept(peer, verified) => S::accept(peer, verified, output),
        })
    }

    fn run<S: Staged>(&mut self, ctx: &mut Context<'_>, running: Running<S>) -> Result<()> {
        match running {
            Running::AwaitingInput(handshake) => {
                let next = self.run_step::<S>(ctx, Step::Process(*handshake))?;
                self.proceed::<S>(ctx, next)
            }
            Running::Verifying(verification) => self.verify(ctx, *verification),
            Running::Suspended(suspended) => {
                let next = self.resume::<S>(ctx, suspended)?;
                self.proceed_with_rest::<S>(ctx, next)
            }
        }
    }

    /// Continues until rustls requires the peer's next record, or a callback is incomplete.
    pub(super) fn proceed<S: Staged>(
        &mut self,
        ctx: &mut Context<'_>,
        next: S::Handshake,
    ) -> Result<()> {
        match S::next(next)? {
            Next::Receive(handshake) => {
                S::store_progress(&handshake, self, ctx)?;
                self.stage = S::stage(Running::AwaitingInput(Box::new(handshake)));
                Ok(())
            }
            Next::Verify(mut peer) => {
                self.step_context.reach(Milestone::PeerCertReceived);
                let presented = S::presented(&mut peer)?;
                if presented.has_ocsp() && !self.requests_ocsp {
                    return Err(Code::UnsupportedExtension.rule(
                        "the peer sends an OCSP response, which this side has not requested",
                    ));
                }
                let public_name = match ctx.state.ech_status() {
                    EchStatus::Rejected => Some(S::expected_name(&peer)),
                    _ => None,
                };
                let verification = PeerVerification::new(peer, presented, public_name);
                self.verify::<S>(ctx, verification)
            }
            Next::Complete(connection) => S::complete(connection, self, ctx),
        }
    }

    /// [`Self::proceed`], after a step that did not process the input: the record of the last
    /// message may contain more messages.
    fn proceed_with_rest<S: Staged>(
        &mut self,
        ctx: &mut Context<'_>,
        next: S::Handshake,
    ) -> Result<()> {
        let next = match S::needs_input(next) {
            // One message was received alone.
            Ok(handshake) if ctx.is_quic => {
                self.stage = S::stage(Running::AwaitingInput(Box::new(handshake)));
                return Ok(());
            }
            Ok(handshake) => self.run_step::<S>(ctx, Step::Process(handshake))?,
            Err(next) => next,
        };
        self.proceed::<S>(ctx, next)
    }

    /// Continues the verification of the peer's certificate, and then the handshake.
    fn verify<S: Staged>(
        &mut self,
        ctx: &mut Context<'_>,
        mut verification: PeerVerification<S>,
    ) -> Result<()> {
        self.report_before_callback(ctx);
        match verification.proceed(ctx) {
            Ok(true) => {}
            Ok(false) => {
                self.stage = S::stage(Running::Verifying(Box::new(verification)));
                return Ok(());
            }
            Err(error) => {
                verification.reject(&error, &mut ctx.output);
                return Err(error);
            }
        }
        self.step_context.reach(Milestone::PeerCertVerified);
        let (peer, verified) = verification.accept()?;
        let next = self.run_step::<S>(ctx, Step::Accept(peer, verified))?;
        self.proceed_with_rest::<S>(ctx, next)
    }

    /// Records an alert that rustls has received in an encrypted record.
    pub(super) fn check_alerts<T>(
        &self,
        ctx: &Context<'_>,
        next: Result<T, rustls::Error>,
    ) -> Result<T> {
        if self.input.close_notify() {
            log_alert(ctx.state, Alert::CloseNotify as u8);
            ctx.shared().receive_close_notify();
            return Err(Code::Closed.rule("the peer has ended the handshake with a close_notify"));
        }
        match next {
            // RFC 8446, 6: in TLS 1.3 the level is ignored.
            Err(
                rustls::Error::AlertReceived(description)
                | rustls::Error::PeerMisbehaved(PeerMisbehaved::IllegalWarningAlert(description)),
            ) => match u8::from(description) {
                code if code == Alert::CloseNotify as u8 => {
                    log_alert(ctx.state, code);
                    ctx.shared().receive_close_notify();
                    Err(Code::Closed.rule("the peer has ended the handshake with a close_notify"))
                }
                code => {
                    log_alert(ctx.state, code);
                    ctx.shared().receive_error_alert(code);
                    Err(Code::Alert.because(Reason::AlertReceived(code)))
                }
            },
            Err(rustls::Error::RejectedEch(rejected)) => Err(ech::reject(ctx, &rejected)),
            next => Ok(next?),
        }
    }
}

/// Returns whether the handshake has resumed a session of TLS 1.3, in which no certificate is
/// requested.
fn is_resumed_tls13(ctx: &Context<'_>) -> bool {
    ctx.is_tls13() && ctx.state.is_resumed()
}

/// Returns an IP address instead of a server_name: rustls requires one of them, and does not send
/// addresses.
fn no_server_name() -> ServerName<'static> {
    ServerName::IpAddress(IpAddr::V4(Ipv4Addr::from([0, 0, 0, 0])))
}

/// Converts the server_name (SNI) of a ClientHello, which is sent only if it is a DNS name.
fn server_name(name: &[u8]) -> ServerName<'static> {
    match DnsName::try_from(name) {
        Ok(name) => ServerName::DnsName(name.to_owned()),
        Err(_) => no_server_name(),
    }
}
