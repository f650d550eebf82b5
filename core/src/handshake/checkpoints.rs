//! Timing checkpoints: the time at which each handshake message was processed.
//!
//! rustls processes all messages of a record, and creates all messages of a flight, in one step.
//! The progress within a step is derived from its callbacks: certificate selection, signing and
//! verification.

use std::ffi::CStr;
use std::time::Duration;

use super::Handshake;
use super::context::Context;
use super::stage::{Running, Stage};
use crate::base::{Mode, Version, uptime};
use crate::config::{
    Checkpoint, CheckpointCallback, ClientAuth, Config, EarlyDataProgress, Listener,
};
use crate::credentials::step_context::{CertRequest, Milestone};
use crate::state::{HandshakeMessage, State};

/// The progress of a handshake, as reported to the application.
#[derive(Default)]
pub(super) struct Checkpoints {
    /// `None` if checkpoints are not recorded.
    listener: Option<Listener<dyn CheckpointCallback>>,

    /// The number of processed messages of the flow.
    done: usize,

    /// The server has sent a HelloRetryRequest, and the flow has restarted at the ClientHello.
    retried: bool,

    /// Server: the time of the certificate selection, at which the processing of a valid
    /// ClientHello ends.
    cert_selected: Option<Duration>,

    /// Server: the client has sent a certificate, which was verified.
    client_cert: bool,

    /// The message at which the handshake was suspended for the application. As in s2n-tls it is
    /// not reported.
    awaited: Option<u8>,
}

/// The messages of a handshake in order, with optional ones. A rustls client sends its
/// ChangeCipherSpec as early as possible, an s2n-tls client after the server's Finished.
const TLS13_FLOW: [HandshakeMessage; 13] = [
    HandshakeMessage::ClientHello,
    HandshakeMessage::ServerHello,
    HandshakeMessage::ServerChangeCipherSpec,
    HandshakeMessage::ClientChangeCipherSpec,
    HandshakeMessage::EncryptedExtensions,
    HandshakeMessage::ServerCertReq,
    HandshakeMessage::ServerCert,
    HandshakeMessage::ServerCertVerify,
    HandshakeMessage::ServerFinished,
    HandshakeMessage::EndOfEarlyData,
    HandshakeMessage::ClientCert,
    HandshakeMessage::ClientCertVerify,
    HandshakeMessage::ClientFinished,
];

/// The messages of [`TLS13_FLOW`] if the client requests early data: its ChangeCipherSpec follows
/// the ClientHello (RFC 8446, D.4).
const EARLY_DATA_FLOW: [HandshakeMessage; 13] = [
    HandshakeMessage::ClientHello,
    HandshakeMessage::ClientChangeCipherSpec,
    HandshakeMessage::ServerHello,
    HandshakeMessage::ServerChangeCipherSpec,
    HandshakeMessage::EncryptedExtensions,
    HandshakeMessage::ServerCertReq,
    HandshakeMessage::ServerCert,
    HandshakeMessage::ServerCertVerify,
    HandshakeMessage::ServerFinished,
    HandshakeMessage::EndOfEarlyData,
    HandshakeMessage::ClientCert,
    HandshakeMessage::ClientCertVerify,
    HandshakeMessage::ClientFinished,
];

/// See [`TLS13_FLOW`].
const TLS12_FLOW: [HandshakeMessage; 15] = [
    HandshakeMessage::ClientHello,
    HandshakeMessage::ServerHello,
    HandshakeMessage::ServerCert,
    HandshakeMessage::ServerCertStatus,
    HandshakeMessage::ServerKey,
    HandshakeMessage::ServerCertReq,
    HandshakeMessage::ServerHelloDone,
    HandshakeMessage::ClientCert,
    HandshakeMessage::ClientKey,
    HandshakeMessage::ClientCertVerify,
    HandshakeMessage::ClientChangeCipherSpec,
    HandshakeMessage::ClientFinished,
    HandshakeMessage::ServerNewSessionTicket,
    HandshakeMessage::ServerChangeCipherSpec,
    HandshakeMessage::ServerFinished,
];

/// The messages that resume a session of TLS 1.2.
const TLS12_RESUMPTION: [HandshakeMessage; 7] = [
    HandshakeMessage::ClientHello,
    HandshakeMessage::ServerHello,
    HandshakeMessage::ServerNewSessionTicket,
    HandshakeMessage::ServerChangeCipherSpec,
    HandshakeMessage::ServerFinished,
    HandshakeMessage::ClientChangeCipherSpec,
    HandshakeMessage::ClientFinished,
];

/// Returns the messages of the negotiated version.
fn flow(ctx: &Context<'_>) -> &'static [HandshakeMessage] {
    let early_data = ctx.state.early_data_progress();
    match ctx.version() {
        Version::Tls13 if early_data >= EarlyDataProgress::Requested => &EARLY_DATA_FLOW,
        // The flows begin with the same messages.
        Version::Tls13 | Version::Unknown => &TLS13_FLOW,
        _ if ctx.state.is_resumed() => &TLS12_RESUMPTION,
        _ => &TLS12_FLOW,
    }
}

impl Checkpoints {
    pub(super) fn is_on(&self) -> bool {
        self.listener.is_some()
    }

    /// Sets the listener. The application may set another config during a handshake.
    pub(super) fn listen(&mut self, state: &State) {
        self.listener = checkpoint_listener(state);
    }

    /// Reports that a record was read.
    pub(super) fn report_read(&self, ctx: &Context<'_>) {
        self.report(ctx, c"RECORD_READ", uptime);
    }

    /// Reports that a flight was written.
    pub(super) fn report_written(&self, ctx: &Context<'_>) {
        self.report(ctx, c"RECORD_WRITE", uptime);
    }

    /// Sets the message at which the handshake is suspended for the application.
    pub(super) fn set_awaited(&mut self, message: u8) {
        self.awaited = Some(message);
    }

    fn report(&self, ctx: &Context<'_>, name: &'static CStr, at: impl FnOnce() -> Duration) {
        if let Some(listener) = &self.listener {
            listener.report(ctx.state, name, at());
        }
    }

    /// Reports all messages up to `message`.
    pub(super) fn reach(&mut self, ctx: &Context<'_>, message: HandshakeMessage, at: Duration) {
        let place = flow(ctx).iter().position(|one| *one == message);
        if let (Some(place), true) = (place, self.is_on()) {
            self.advance(ctx, place + 1, at);
        }
    }

    /// Reports all messages before `message`.
    fn reach_before(&mut self, ctx: &Context<'_>, message: HandshakeMessage, at: Duration) {
        let place = flow(ctx).iter().position(|one| *one == message);
        if let (Some(place), true) = (place, self.is_on()) {
            self.advance(ctx, place, at);
        }
    }

    fn advance(&mut self, ctx: &Context<'_>, done: usize, at: Duration) {
        while self.done < done {
            let message = flow(ctx)[self.done];
            if message == HandshakeMessage::ServerCertReq && violates_client_auth(ctx) {
                return;
            }
            self.done += 1;
            if self.is_sent(ctx, message) {
                self.report_message(ctx, message, at);
            }
        }
    }

    fn report_message(&mut self, ctx: &Context<'_>, message: HandshakeMessage, at: Duration) {
        if self.awaited == Some(message as u8) {
            self.awaited = None;
            return;
        }
        let at = match message {
            HandshakeMessage::ClientHello => self.cert_selected.take().unwrap_or(at),
            _ => at,
        };
        self.report(ctx, HandshakeMessage::name(message as u8), || at);
    }

    /// Returns whether a message is part of this handshake. A ChangeCipherSpec is reported by its
    /// sender only, and once.
    fn is_sent(&self, ctx: &Context<'_>, message: HandshakeMessage) -> bool {
        let was_sent = self.retried && ctx.version() == Version::Tls13;
        let client = || ctx.state.selection().request;
        match (message, ctx.mode()) {
            (
                HandshakeMessage::ServerChangeCipherSpec | HandshakeMessage::ClientChangeCipherSpec,
                _,
            ) if ctx.is_quic => false,
            (HandshakeMessage::ServerChangeCipherSpec, mode) => mode == Mode::Server && !was_sent,
            (HandshakeMessage::ClientChangeCipherSpec, mode) => mode == Mode::Client && !was_sent,
            (HandshakeMessage::EndOfEarlyData, _) => {
                ctx.state.early_data_progress() >= EarlyDataProgress::Accepted
            }
            (HandshakeMessage::ServerNewSessionTicket, _) => ctx.state.is_with_ticket(),
            (message, _) if ctx.state.is_resumed() => !is_authentication(message),
            (HandshakeMessage::ServerCertStatus, _) => ctx.state.is_ocsp_stapled(),
            (HandshakeMessage::ServerCertReq | HandshakeMessage::ClientCert, Mode::Server) => {
                ctx.requests_client_cert()
            }
            (HandshakeMessage::ServerCertReq | HandshakeMessage::ClientCert, Mode::Client) => {
                client() != CertRequest::None
            }
            (HandshakeMessage::ClientCertVerify, Mode::Server) => self.client_cert,
            (HandshakeMessage::ClientCertVerify, Mode::Client) => client() == CertRequest::Answered,
            _ => true,
        }
    }

    /// Reports a HelloRetryRequest.
    fn retry(&mut self, ctx: &Context<'_>, at: Duration) {
        self.reach(ctx, HandshakeMessage::ClientHello, at);
        self.report_message(ctx, HandshakeMessage::HelloRetryRequest, at);
        self.retried = true;
        self.done = 0;
        match ctx.mode() {
            Mode::Server if ctx.is_quic => {}
            Mode::Server => self.report_message(ctx, HandshakeMessage::ServerChangeCipherSpec, at),
            Mode::Client => {
                if !ctx.is_quic {
                    self.report_message(ctx, HandshakeMessage::ClientChangeCipherSpec, at);
                }
                self.reach(ctx, HandshakeMessage::ClientHello, at);
            }
        }
    }

    /// Reports the messages that are processed when a milestone is reached.
    fn report_milestone(&mut self, ctx: &Context<'_>, milestone: Milestone, at: Duration) {
        let is_tls13 = ctx.version() == Version::Tls13;
        let (local, peer) = (ctx.mode(), ctx.mode().peer());
        let signature_of = |side| HandshakeMessage::signature_of(side, ctx.version());
        let peer_cert = match peer {
            Mode::Server => HandshakeMessage::ServerCert,
            Mode::Client => HandshakeMessage::ClientCert,
        };
        match milestone {
            Milestone::CertSelected if ctx.mode() == Mode::Server => self.cert_selected = Some(at),
            Milestone::CertSelected if is_tls13 => {
                self.reach(ctx, HandshakeMessage::ServerCertReq, at)
            }
            // Before TLS 1.3 the server's certificate is verified later.
            Milestone::CertSelected => {}
            Milestone::HandshakeSecrets => self.reach(ctx, HandshakeMessage::ServerHello, at),
            Milestone::MasterSecret => self.reach(ctx, HandshakeMessage::ClientKey, at),
            Milestone::PeerCertReceived => self.reach_before(ctx, peer_cert, at),
            Milestone::PeerCertVerified => {
                self.client_cert = peer == Mode::Client;
                self.reach(ctx, peer_cert, at);
            }
            Milestone::SignatureVerified => self.reach(ctx, signature_of(peer), at),
            Milestone::Signing => self.reach_before(ctx, signature_of(local), at),
            Milestone::Signed => self.reach(ctx, signature_of(local), at),
        }
    }
}

/// Returns whether rustls requires a message of the client.
fn is_awaiting_client(stage: &Stage) -> bool {
    matches!(
        stage,
        Stage::Server(Running::AwaitingInput(_)) | Stage::QuicServer(Running::AwaitingInput(_))
    )
}

/// Returns whether rustls requires a message of the server.
fn is_awaiting_server(stage: &Stage) -> bool {
    matches!(
        stage,
        Stage::Client(Running::AwaitingInput(_)) | Stage::QuicClient(Running::AwaitingInput(_))
    )
}

/// Returns whether a message is not part of a handshake that resumes a session.
fn is_authentication(message: HandshakeMessage) -> bool {
    matches!(
        message,
        HandshakeMessage::ServerCertReq
            | HandshakeMessage::ServerCert
            | HandshakeMessage::ServerCertVerify
            | HandshakeMessage::ClientCert
            | HandshakeMessage::ClientCertVerify
    )
}

/// Returns whether the server's CertificateRequest, or its absence, violates the client
/// authentication mode of the client. rustls continues; this library ends the handshake.
fn violates_client_auth(ctx: &Context<'_>) -> bool {
    let is_requested = ctx.state.selection().request != CertRequest::None;
    match ctx.client_auth() {
        _ if ctx.mode() == Mode::Server => false,
        ClientAuth::None => is_requested,
        ClientAuth::Required => !is_requested && !ctx.state.is_resumed(),
        _ => false,
    }
}

impl Handshake {
    /// Reports the messages that a step of rustls, or a part of it, has processed.
    pub(super) fn report_step(
        &mut self,
        ctx: &Context<'_>,
        mut milestones: Vec<(Milestone, Duration)>,
        is_ok: bool,
    ) {
        if !is_ok {
            // The failure may be in the ClientHello for which the certificate was selected.
            milestones.pop_if(|(last, _)| *last == Milestone::CertSelected);
        }
        for (milestone, at) in milestones {
            self.checkpoints.report_milestone(ctx, milestone, at);
        }
        if is_ok {
            self.report_completed(ctx);
        }
    }

    /// Reports the messages that a step has processed before a callback of the application.
    pub(super) fn report_before_callback(&mut self, ctx: &Context<'_>) {
        self.store_selection(ctx);
        let milestones = self.step_context.take_milestones();
        self.report_step(ctx, milestones, false);
    }

    /// Reports all processed messages, after a step that ended because rustls requires more input.
    fn report_completed(&mut self, ctx: &Context<'_>) {
        let is_tls13 = ctx.version() == Version::Tls13;
        let is_resumed = ctx.state.is_resumed();
        let checkpoints = &mut self.checkpoints;
        // The ServerHello is the second message.
        let has_server_hello = checkpoints.done > 1;
        let last = match &self.stage {
            Stage::EndOfEarlyData => HandshakeMessage::ServerFinished,
            Stage::Complete if is_tls13 || is_resumed => HandshakeMessage::ClientFinished,
            Stage::Complete => HandshakeMessage::ServerFinished,
            stage if is_awaiting_client(stage) && !is_tls13 && is_resumed => {
                HandshakeMessage::ServerFinished
            }
            stage if is_awaiting_client(stage) && !is_tls13 => HandshakeMessage::ServerHelloDone,
            stage if is_awaiting_client(stage) && has_server_hello => {
                HandshakeMessage::ServerFinished
            }
            stage if is_awaiting_client(stage) && !checkpoints.retried => {
                return checkpoints.retry(ctx, uptime());
            }
            stage if is_awaiting_server(stage) && self.server_hello_version.is_none() => {
                return;
            }
            stage if is_awaiting_server(stage) && !is_tls13 && self.has_answered => {
                HandshakeMessage::ClientFinished
            }
            stage if is_awaiting_server(stage) && !is_tls13 => HandshakeMessage::ServerHello,
            stage if is_awaiting_server(stage) && has_server_hello && self.peer_is_encrypted => {
                HandshakeMessage::EncryptedExtensions
            }
            stage if is_awaiting_server(stage) && has_server_hello => {
                HandshakeMessage::ClientChangeCipherSpec
            }
            stage if is_awaiting_server(stage) && checkpoints.retried => return,
            stage if is_awaiting_server(stage) => return checkpoints.retry(ctx, uptime()),
            _ => return,
        };
        checkpoints.reach(ctx, last, uptime());
    }
}

impl Listener<dyn CheckpointCallback> {
    /// Reports a checkpoint to the application.
    pub(crate) fn report(&self, state: &State, name: &'static CStr, at: Duration) {
        let mode = state.mode();
        self.callback.call(
            state.name(),
            self.subscriber,
            &Checkpoint { name, mode, at },
        );
    }
}

/// Returns the listener for checkpoints of a connection's handshake.
pub(crate) fn checkpoint_listener(state: &State) -> Option<Listener<dyn CheckpointCallback>> {
    match state.own_config_is(Config::has_listeners) {
        true => state.own_config()?.checkpoint_listener(),
        false => None,
    }
}
