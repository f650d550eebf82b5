//! TLS for QUIC (RFC 9001): handshake messages without records, and secrets for the application.
//!
//! The QUIC mode of rustls creates and processes the messages, in the steps of the driver. rustls
//! sends transport parameters in this mode only, so that the records of its other mode cannot be
//! translated. What the driver receives is one message, where it receives a record otherwise. What
//! it sends are messages and secrets in the order of s2n-tls, which a step of rustls creates at
//! once, and the queue here delivers one by one.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::Handshake;
use super::context::Context;
use super::plaintext::handshake_content;
use super::stage::Stage;
use crate::base::{Mode, memory};
use crate::config::SecretType;
use crate::credentials::secret::Secret;
use crate::crypto::HeapSecret;
use crate::error::{Alert, Code, Result};
use crate::messages::{ClientHello, HandshakeHeader, Reader};

mod rehearsal;

use self::rehearsal::Rehearsal;
pub(super) use self::rehearsal::own_parameters;

/// The type of a Finished (RFC 8446, 4).
const FINISHED: u8 = 20;

/// The QUIC part of a handshake.
#[derive(Default)]
pub(super) struct Quic {
    /// The messages and secrets that are not delivered yet, in order.
    queue: VecDeque<Delivery>,

    /// Server: the first ClientHello, until the response is rehearsed.
    client_hello: Vec<u8>,

    /// Server: the response to the ClientHello, until it is repeated with the transport parameters.
    rehearsal: Option<Rehearsal>,

    /// Server: the ServerHello that was delivered before the response is repeated.
    sent_hello: Vec<u8>,
}

/// A message for the transport, or a secret for the application.
enum Delivery {
    Message(Vec<u8>),
    Secret(SecretType, HeapSecret),
}

/// The secrets of a step.
pub(super) type Secrets = Vec<(SecretType, HeapSecret)>;

/// Returns the secrets of a step that the application receives.
pub(super) fn traffic_secrets(secrets: &[Secret]) -> Secrets {
    let typed = |secret: &Secret| Some((secret.quic_type()?, secret.bytes.clone()));
    let mut secrets: Secrets = secrets.iter().filter_map(typed).collect();
    secrets.sort_by_key(|(typ, _)| *typ as u8);
    secrets
}

/// Returns the plaintext handshake messages at the start of an output.
pub(super) fn sent_messages<'a>(ctx: &Context<'_>, output: &'a [u8]) -> Cow<'a, [u8]> {
    match ctx.is_quic {
        true => output.into(),
        false => handshake_content(output),
    }
}

/// Server: stores the transport parameters of the client, which QUIC requires, and other
/// connections reject in any version (RFC 9001, 8.2).
pub(super) fn check_client_hello(ctx: &Context<'_>, hello: &ClientHello) -> Result<()> {
    hello.with_payload(|hello| match (hello.transport_parameters(), ctx.is_quic) {
        // RFC 9001, 8.4: "A server SHOULD treat the receipt of a TLS ClientHello with a non-empty
        // legacy_session_id field as a connection error of type PROTOCOL_VIOLATION."
        (Some(_), true) if !hello.session_id.is_empty() => Err(Code::BadMessage
            .rule("the ClientHello has a legacy_session_id, which QUIC forbids (RFC 9001, 8.4)")),
        (Some(parameters), true) => {
            ctx.state.set_resumable(hello.offers_psk_dhe());
            ctx.state.store_peer_transport_parameters(parameters)
        }
        (None, true) => Err(Code::MissingExtension.rule(
            "the ClientHello has no quic_transport_parameters extension (57), which QUIC requires",
        )),
        (Some(_), false) => Err(Code::UnsupportedExtension
            .rule("the ClientHello has the quic_transport_parameters extension (57), without QUIC")
            .and_alert(Alert::UnsupportedExtension)),
        (None, false) => Ok(()),
    })
}

impl Handshake {
    fn quic(&mut self) -> &mut Quic {
        self.quic.get_or_insert_default()
    }

    /// Frees the memory of a completed handshake whose messages are written.
    pub(super) fn free_quic(&mut self) {
        if self.stage.is_complete() {
            self.quic.take_if(|quic| quic.queue.is_empty());
        }
    }

    /// Queues the output of a step for the transport: records, or messages and the secrets that are
    /// derived with them.
    pub(super) fn queue(
        &mut self,
        ctx: &mut Context<'_>,
        output: Vec<u8>,
        secrets: Secrets,
    ) -> Result<()> {
        if ctx.is_quic {
            return self.queue_messages(ctx.mode(), output, secrets);
        }
        if output.is_empty() {
            return Ok(());
        }
        // Determines the size of the buffer, which the application may have released.
        ctx.shared().use_send_buffer();
        ctx.send.out.append(output)
    }

    /// A client derives secrets from messages of the server, before it responds. A server derives
    /// the secrets of the handshake behind its ServerHello, and the others behind its Finished.
    fn queue_messages(&mut self, mode: Mode, output: Vec<u8>, secrets: Secrets) -> Result<()> {
        let quic = self.quic();
        let output = match std::mem::take(&mut quic.sent_hello) {
            sent if output.is_empty() => {
                quic.sent_hello = sent;
                &[]
            }
            sent => output.strip_prefix(&*sent).ok_or(Code::Safety)?,
        };
        let (mut handshake, mut rest): (Secrets, Secrets) = secrets
            .into_iter()
            .partition(|(typ, _)| typ.is_of_handshake());
        let queue = &mut quic.queue;
        let deliver = |secrets: &mut Secrets, queue: &mut VecDeque<Delivery>| {
            queue.extend((secrets.drain(..)).map(|(typ, secret)| Delivery::Secret(typ, secret)));
        };
        if mode == Mode::Client {
            deliver(&mut handshake, queue);
            deliver(&mut rest, queue);
        }
        let mut messages = Reader(output);
        while let Some(&typ) = messages.0.first() {
            let message = take_message(&mut messages)?;
            queue.push_back(Delivery::Message(memory::copy(message)?));
            match typ {
                super::SERVER_HELLO => deliver(&mut handshake, queue),
                FINISHED => deliver(&mut rest, queue),
                _ => {}
            }
        }
        Ok(())
    }

    /// Delivers the queued messages and secrets, in order. A call that blocks continues with the
    /// rest of the message.
    pub(super) fn flush_messages(&mut self, ctx: &mut Context<'_>) -> Result<()> {
        loop {
            let has_output = !ctx.send.out.is_empty();
            ctx.send.flush(ctx.io)?;
            if has_output {
                self.checkpoints.report_written(ctx);
            }
            let next = self.quic.as_mut().and_then(|quic| quic.queue.pop_front());
            match next {
                None => return Ok(()),
                Some(Delivery::Message(message)) => ctx.send.out.append(message)?,
                Some(Delivery::Secret(typ, mut secret)) => {
                    let callback = ctx.state.secret_callback();
                    let accepted =
                        callback.is_none_or(|it| it.receive(ctx.state.name(), typ, &mut secret));
                    if !accepted {
                        self.quic = None;
                        return Err(self.fail(ctx, Code::Cancelled.into()));
                    }
                }
            }
        }
    }

    /// Reads one message, and passes it to rustls.
    pub(super) fn receive_message(&mut self, ctx: &mut Context<'_>) -> Result<()> {
        let len = match ctx.recv.fill_message(ctx.io) {
            Err(error) if error.code() == Code::BadMessage => {
                return Err(self.fail(ctx, error.without_blinding()));
            }
            filled => filled?,
        };
        self.reserve_for_record(len)?;
        self.checkpoints.report_read(ctx);
        let message = ctx.recv.take_message(len, memory::copy)?;
        if len == HandshakeHeader::LEN {
            // No message of QUIC is empty.
            let error = Code::BadMessage
                .rule("an empty handshake message")
                .without_blinding();
            return Err(self.fail(ctx, error));
        }
        match self.pass_message(ctx, message) {
            Ok(true) => self.run_steps(ctx),
            Ok(false) => Ok(()),
            Err(error) => Err(self.fail(ctx, error)),
        }
    }

    /// Adds a message to the input of rustls, and returns whether rustls processes it.
    fn pass_message(&mut self, ctx: &mut Context<'_>, message: Vec<u8>) -> Result<bool> {
        self.input.push(&message)?;
        let hello_type = match ctx.mode() {
            Mode::Server => super::CLIENT_HELLO,
            Mode::Client => super::SERVER_HELLO,
        };
        if message[0] == hello_type {
            if matches!(self.stage, Stage::AwaitingClientHello(_)) {
                self.quic().client_hello = memory::copy(&message)?;
            }
            self.read_hello(ctx, message)?;
        } else {
            self.peer_is_encrypted = true;
        }
        Ok(!matches!(self.stage, Stage::OutdatedClientHello))
    }
}

/// Removes a message from the start of an output, with its header.
fn take_message<'a>(messages: &mut Reader<'a>) -> Result<&'a [u8]> {
    let all = messages.0;
    messages.u8()?;
    let body = messages.vector(3)?;
    Ok(&all[..HandshakeHeader::LEN + body.len()])
}
