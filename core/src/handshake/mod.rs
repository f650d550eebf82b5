//! The handshake driver: rustls creates and processes the messages, this module sends and receives
//! the records.

use std::sync::Arc;
use std::sync::atomic::Ordering::*;

use rustls::{ConnectionTrafficSecrets, Tls13CipherSuite};

use self::checkpoints::Checkpoints;
pub(crate) use self::checkpoints::checkpoint_listener;
use self::context::{ConfigInUse, Context};
use self::early_data::EarlyData;
pub use self::library::{cleanup, initialize};
pub(crate) use self::negotiate::negotiate;
use self::plaintext::PlaintextReassembler;
use self::psk::SelectedPsk;
use self::quic::Quic;
use self::rustls_input::RustlsInput;
use self::stage::{Action, Stage};
use crate::base::log::log;
use crate::base::probe::{self, Event};
use crate::base::{Blocked, Mode, Version, memory};
use crate::credentials::step_context::StepContext;
use crate::credentials::{Offload, PrivateKeys};
use crate::crypto::HeapSecret;
use crate::error::{Alert, Code, Error, Reason, RecordName, Result};
use crate::messages::{NEW_SESSION_TICKET, RANDOM_LEN, ServerHello};
use crate::record::{ContentType, Header, fatal_alert, plaintext_alert};
use crate::resumption::Tls12Sessions;
use crate::state::{HandshakeMessage, State};

mod alerts;
mod checkpoints;
mod complete;
mod context;
mod coroutine;
mod early_data;
mod ech;
mod hello;
mod library;
mod negotiate;
mod offer;
mod plaintext;
mod progress;
mod psk;
mod quic;
mod raw_key;
mod resumption;
mod rustls_input;
mod secrets;
mod server;
mod side;
mod stage;
mod steps;
mod suspended;
#[cfg(test)]
mod tests;
mod validation;
mod verification;

/// The type of a ClientHello (RFC 8446, 4).
const CLIENT_HELLO: u8 = 1;
/// The type of a ServerHello (RFC 8446, 4).
const SERVER_HELLO: u8 = 2;

/// The memory that must be available before a step of a handshake, in bytes: rustls and AWS-LC use
/// 18 KB for one, and do not handle every allocation failure.
const STEP_MEMORY: usize = 32 * 1024;

/// The memory of a parsed message, as a multiple of its length: a protocol of one letter is two
/// bytes in an ALPN extension, and 56 in a list of rustls.
const GROWTH: usize = 32;

/// The maximum length of messages whose parts fit in the reserve of the allocator, in bytes.
const SMALL_MESSAGE: usize = 8 * 1024;

/// A handshake between two calls of `s2n_negotiate`.
#[derive(Default)]
pub(crate) struct Handshake {
    stage: Stage,

    /// The config of the last call.
    config: Option<ConfigInUse>,

    input: RustlsInput,

    /// Plaintext messages of the peer, which rustls has not received.
    reassembler: PlaintextReassembler,

    /// Server: the first ClientHello, with its header, until rustls has accepted it.
    client_hello: Vec<u8>,

    /// Client: the NewSessionTicket of TLS 1.2 in the last record; empty for none.
    ticket: Vec<u8>,

    /// Server: the version in the header of the first record.
    record_version: Option<[u8; 2]>,

    /// Server: the ClientHello callback is asynchronous and incomplete.
    awaits_callback_done: bool,

    /// The parameters that the server has selected.
    server_hello: Option<ServerHello>,

    /// Client: the version that the server has selected.
    server_hello_version: Option<Version>,

    /// The server has sent a HelloRetryRequest: the next message is another ClientHello or
    /// ServerHello.
    awaits_second_hello: bool,

    /// Server: the client can authenticate with a raw public key.
    client_has_raw_key: bool,

    /// Client: the ClientHello requests an OCSP response.
    requests_ocsp: bool,

    /// Client: the flight after the ServerHello was created.
    has_answered: bool,

    /// The peer has sent an encrypted record, so a plaintext alert cannot be from it.
    peer_is_encrypted: bool,

    /// TLS 1.3: rustls has the keys for the peer's next records.
    has_read_keys: bool,

    /// The current call has used secrets, of which copies may be on the stack.
    has_used_secrets: bool,

    /// TLS 1.3: the traffic secrets for application data, once they are derived.
    write_secret: HeapSecret,
    read_secret: HeapSecret,

    /// TLS 1.3: the secret of the exporter, once it is derived. As in s2n-tls there is no exporter
    /// before.
    exporter_secret: Option<HeapSecret>,

    /// TLS 1.3: the resumption master secret, if there may be tickets.
    resumption_secret: Option<HeapSecret>,

    /// TLS 1.3: the last keys for sending that a step has derived.
    write_keys: Option<Box<ConnectionTrafficSecrets>>,

    /// Server: the sessions of a TLS 1.2 handshake that has or issues one.
    tls12_sessions: Option<Arc<Tls12Sessions>>,

    /// Server: the pre-shared key of TLS 1.3 that was selected, until rustls has its config.
    selected_psk: Option<Box<SelectedPsk>>,
    has_selected_psk: bool,

    /// Allocated if there is early data: few connections have it.
    early_data: Option<Box<EarlyData>>,

    /// Server: when the keying material of the TLS 1.3 session that rustls may resume expires, in
    /// nanoseconds since 1970.
    expiration: Option<u64>,

    /// TLS 1.3: the suite of the key schedule, when rustls has completed the handshake.
    completed: Option<&'static Tls13CipherSuite>,

    /// Allocated for QUIC connections.
    quic: Option<Box<Quic>>,

    /// `Some` while an asynchronous signature may be required.
    private_keys: Option<Arc<dyn PrivateKeys>>,

    /// `Some` if the application verifies signatures.
    offload: Option<Arc<dyn Offload>>,

    /// The context in which the callbacks of rustls store their selections.
    step_context: StepContext,

    checkpoints: Checkpoints,

    /// Client: the random of the ClientHello on the wire, if it has an encrypted one. Boxed: few
    /// connections have it.
    outer_random: Option<Box<[u8; RANDOM_LEN]>>,
}

impl Handshake {
    /// Performs actions until the handshake is complete or blocked.
    fn drive(&mut self, ctx: &mut Context<'_>, blocked: &mut Blocked) -> Result<()> {
        loop {
            *blocked = Blocked::Write;
            self.flush(ctx)?;

            *blocked = Blocked::Not;
            if !self.stage.is_suspended() {
                let message = self.next_message(ctx) as u8;
                let earlier = ctx.shared().next_message.swap(message, AcqRel);
                if earlier != message {
                    log!(
                        Debug,
                        ctx.state.name(),
                        "handshake: the next message is {}",
                        HandshakeMessage::name(message).to_string_lossy()
                    );
                }
            }
            if self.stage.is_complete() {
                return Ok(());
            }
            if !ctx.shared().is_open() {
                return Err(
                    Code::Closed.rule("the connection is closed, and its handshake not complete")
                );
            }

            ctx.refresh_settings();
            // A failure leaves the state unchanged, so that the call may be repeated.
            memory::probe(STEP_MEMORY + ctx.settings.decompression_memory())?;
            if let Err(error) = self.perform_action(ctx, blocked) {
                match error.code() {
                    Code::AsyncBlocked => {
                        let message = ctx.shared().next_message.load(Acquire);
                        self.checkpoints.set_awaited(message);
                        *blocked = Blocked::ApplicationInput;
                    }
                    Code::EarlyDataBlocked => *blocked = Blocked::EarlyData,
                    // The signature is part of the output.
                    Code::AsyncCallbackFailed => *blocked = Blocked::Write,
                    _ => {}
                }
                return Err(error);
            }
        }
    }

    /// Performs the next action of the handshake, and sets `blocked` to its reason for blocking.
    fn perform_action(&mut self, ctx: &mut Context<'_>, blocked: &mut Blocked) -> Result<()> {
        let action = self.stage.action();
        self.has_used_secrets |= !matches!(action, Action::Receive);
        match action {
            // The peer cannot cause an error here, so there is no blinding.
            Action::Start => {
                *blocked = Blocked::Write;
                let mode = ctx.mode();
                probe::fire(ctx.state.name(), Event::HandshakeStart { mode });
                log!(
                    Info,
                    ctx.state.name(),
                    "handshake: begins, of a {mode} with the security policy \"{}\"",
                    ctx.policy().label()
                );
                self.start(ctx)
            }
            Action::Receive => {
                *blocked = Blocked::Read;
                self.receive(ctx)
            }
            Action::ProcessClientHello => {
                *blocked = Blocked::Read;
                self.call_client_hello_callback(ctx)
            }
            Action::Verify { is_pending: true } => {
                *blocked = Blocked::ApplicationInput;
                Err(Code::AsyncBlocked)?
            }
            Action::Verify { is_pending: false } | Action::Resume | Action::Replay => {
                *blocked = Blocked::ApplicationInput;
                self.run_steps(ctx)
            }
            Action::EndEarlyData => self.end_early_data(ctx),
            Action::Finish => Ok(()),
            Action::Fail => Err(Code::HandshakeState.rule("the handshake has failed before")),
        }
    }

    /// Writes the pending records.
    fn flush(&mut self, ctx: &mut Context<'_>) -> Result<()> {
        if ctx.is_quic {
            return self.flush_messages(ctx);
        }
        let has_output = !ctx.send.out.is_empty();
        let writer = ctx.io.transport().writer();
        let writer = writer.filter(|_| has_output && ctx.state.is_corked());
        if let Some(writer) = &writer {
            writer.cork();
        }
        let Err(error) = ctx.send.flush(ctx.io) else {
            if let Some(writer) = writer {
                writer.uncork();
            }
            if has_output {
                self.checkpoints.report_written(ctx);
            }
            return Ok(());
        };
        if error.is_blocked() || self.stage.is_start() || self.stage.is_suspended() {
            return Err(error);
        }

        // The peer may have sent an alert before it closed the connection.
        match self.receive(ctx) {
            Err(alert) if alert.code() == Code::Alert => Err(alert),
            _ => Err(error),
        }
    }

    /// Reads one record, and passes it to rustls: plaintext messages once they are complete.
    fn receive(&mut self, ctx: &mut Context<'_>) -> Result<()> {
        if ctx.is_quic {
            self.has_used_secrets = true;
            return self.receive_message(ctx);
        }
        if Self::receives_early_data(ctx) {
            return self.receive_early_data(ctx);
        }
        let header = ctx.recv.fill_record(ctx.io)?;
        log!(
            Debug,
            ctx.state.name(),
            "handshake: a record of type {} with {} bytes is received",
            RecordName(header.typ),
            header.len
        );
        self.has_used_secrets = true;
        self.reserve_for_record(header.len)?;
        if self.skip_early_data(ctx, &header)? {
            return Ok(());
        }
        self.checkpoints.report_read(ctx);
        if header.typ == ContentType::Alert as u8 && !self.peer_is_encrypted {
            ctx.recv.read_record(ctx.io)?;
            return ctx.recv.alert(ctx.io);
        }

        // Without a ClientHello or ServerHello this is hardly TLS: as in s2n-tls, the answer is not
        // delayed. Later, rustls rejects the type (RFC 8446, 5).
        let is_unknown = ContentType::try_from(header.typ).is_err();
        if is_unknown && !ctx.shared().has_negotiated_version() {
            let error = Code::BadMessage.because(header.not_a_record());
            return Err(self.fail(ctx, error.without_blinding()));
        }
        if self.is_hello_request(ctx, &header) {
            return ctx.recv.ignore_record(ctx.io, &header);
        }

        self.peer_is_encrypted |= match ctx.version() {
            Version::Tls12 => header.typ == ContentType::ChangeCipherSpec as u8,
            _ => header.typ == ContentType::ApplicationData as u8,
        };
        self.pass_record(ctx, &header)
    }

    /// Passes a record to rustls.
    fn pass_record(&mut self, ctx: &mut Context<'_>, header: &Header) -> Result<()> {
        let record = ctx.recv.take_record(header, |record| {
            self.buffer_record(ctx.state, header, record)
        });
        match record.and_then(|record| self.process_hello(ctx, record)) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) => return Err(self.fail(ctx, error)),
        }
        let ticket = std::mem::take(&mut self.ticket);
        let outcome = self.run_steps(ctx);
        if let Some(reader) = ctx.io.transport().reader() {
            reader.quick_ack();
        }
        outcome.and_then(|()| self.receive_ticket(ctx, &ticket))
    }

    /// Fails if the memory for a record with a body of `len` bytes is not available. The record
    /// stays in the input then.
    fn reserve_for_record(&self, len: usize) -> Result<()> {
        let buffered = self.input.len() + self.reassembler.len();
        let most = buffered + len;
        let size = |len: usize| len.max(SMALL_MESSAGE).next_power_of_two();
        // Once for each size: a message may be received byte by byte.
        if size(most) > size(buffered) {
            memory::probe(size(most) * GROWTH)?;
        }
        // A copy for rustls, and one for the application.
        memory::probe(2 * most)
    }

    /// Adds a record to the input of rustls, and reassembles plaintext messages.
    fn buffer_record(
        &mut self,
        state: &State,
        header: &Header,
        record: &[u8],
    ) -> Result<BufferedRecord> {
        // RFC 8446, 5: "An implementation which receives any other [...] record of an unexpected
        // type MUST terminate the connection". rustls would report a decryption failure.
        let protected = [ContentType::ApplicationData, ContentType::ChangeCipherSpec];
        let is_protected = protected.iter().any(|&typ| header.typ == typ as u8);
        if self.has_read_keys && state.version() == Version::Tls13 && !is_protected {
            return Err(Code::BadMessage.because(Reason::RecordType {
                typ: header.typ,
                allowed: "an encrypted record",
            }));
        }
        if self.is_read_protected(state) || !header.is_handshake() {
            self.reassembler.pass_incomplete(&mut self.input)?;
            self.input.push(record)?;
            return Ok(BufferedRecord::OPAQUE);
        }
        self.record_version.get_or_insert(header.version);
        let hello_type = match state.mode() {
            Mode::Server => CLIENT_HELLO,
            Mode::Client => SERVER_HELLO,
        };
        // A second one in the same record is an error, which rustls reports.
        let (mut hello, mut ticket) = (Vec::new(), Vec::new());
        let is_client = state.mode() == Mode::Client;
        let completes_message = self.reassembler.push(record, &mut self.input, |message| {
            if message[0] == hello_type && hello.is_empty() {
                hello = memory::copy(message)?;
            }
            if message[0] == NEW_SESSION_TICKET && is_client {
                ticket = memory::copy(message)?;
            }
            Ok(())
        })?;
        self.ticket = ticket;
        Ok(BufferedRecord {
            completes_message,
            hello,
        })
    }

    /// Returns whether the peer's next records are protected, so that only rustls can read them.
    fn is_read_protected(&self, state: &State) -> bool {
        self.has_read_keys || state.version() == Version::Tls12 && self.peer_is_encrypted
    }

    /// Calls the application's ClientHello callback, once, and processes the ClientHello when the
    /// callback is complete.
    fn call_client_hello_callback(&mut self, ctx: &mut Context<'_>) -> Result<()> {
        let shared = ctx.shared();
        if !shared.client_hello_callback_called.swap(true, AcqRel)
            && let Some(callback) = ctx.settings.client_hello_callback()
        {
            if callback.call(ctx.state.name()) < 0 {
                ctx.send.pending_alert = fatal_record(Alert::HandshakeFailure).to_vec();
                let error =
                    Code::Cancelled.rule("the ClientHello callback has failed the handshake");
                return Err(self.fail(ctx, error.and_alert(Alert::HandshakeFailure)));
            }
            // The callback may have selected another config.
            ctx.reload_config()?;
            self.awaits_callback_done = ctx.config.client_hello_waits();
            self.checkpoints.listen(ctx.state);
        }
        if self.awaits_callback_done && !shared.client_hello_callback_done.load(Acquire) {
            return Err(Code::AsyncBlocked)?;
        }
        shared.client_hello_processed.store(true, Release);
        self.run_steps(ctx)
    }

    /// Runs the next steps of rustls.
    fn run_steps(&mut self, ctx: &mut Context<'_>) -> Result<()> {
        match self.advance(ctx) {
            // A close_notify is not a failure of the handshake; `drive` reports it.
            Err(_) if ctx.shared().close_notify_received.load(Acquire) => Ok(()),
            // The handshake is suspended.
            Err(error) if error.is_blocked() => Err(error),
            advanced => advanced.map_err(|error| self.fail(ctx, error)),
        }
    }

    /// Returns whether a record is a single HelloRequest, which is not passed to rustls (RFC 5246,
    /// 7.4.1.1: it "will be ignored by the client if the client is currently negotiating").
    fn is_hello_request(&self, ctx: &Context<'_>, header: &Header) -> bool {
        const HELLO_REQUEST: [u8; 4] = [0; 4];
        ctx.mode() == Mode::Client
            && header.typ == ContentType::Handshake as u8
            && header.len == HELLO_REQUEST.len()
            && !self.peer_is_encrypted
            && self.input.is_empty()
            && !self.reassembler.is_mid_message()
            && ctx.recv.input.buffered()[Header::LEN..][..header.len] == HELLO_REQUEST
    }

    /// Closes the connection after a failure of the handshake.
    fn fail(&mut self, ctx: &Context<'_>, error: Error) -> Error {
        self.stage = Stage::Failed;
        if error.code() == Code::Alert {
            ctx.shared().close();
            return error;
        }
        let error = ctx.blind(error);
        // rustls cannot continue after an error, even if blinding does not close the connection.
        ctx.shared().close();
        error
    }

    /// Returns whether the handshake has not started.
    pub(crate) fn is_new(&self) -> bool {
        self.stage.is_start()
    }

    /// Frees the memory of the handshake.
    pub(crate) fn free(&mut self) {
        self.config = None;
        self.input = RustlsInput::default();
        self.reassembler = PlaintextReassembler::default();
        self.client_hello = Vec::new();
        self.private_keys = None;
        self.offload = None;
        self.step_context = StepContext::Thread;
        self.write_keys = None;
        self.tls12_sessions = None;
        self.selected_psk = None;
        self.early_data = None;
        self.free_quic();
        self.checkpoints = Checkpoints::default();
    }
}

/// A record in the input of rustls.
struct BufferedRecord {
    /// rustls can process it: it completes a plaintext message, or has no plaintext messages.
    completes_message: bool,
    /// The peer's hello; empty if there is none.
    hello: Vec<u8>,
}

impl BufferedRecord {
    /// A record without plaintext handshake messages.
    const OPAQUE: Self = Self {
        completes_message: true,
        hello: Vec::new(),
    };
}

/// Encodes a plaintext record with a fatal alert.
fn fatal_record(alert: Alert) -> [u8; 7] {
    plaintext_alert(fatal_alert(alert as u8))
}
