//! The response of a server to a ClientHello, which runs twice.
//!
//! The application receives the secrets of the handshake behind the ServerHello, and may set the
//! transport parameters then, which s2n-tls sends in the next message. rustls requires them before
//! it creates the ServerHello. So the response is rehearsed, without a signature, for the
//! ServerHello and the secrets. When the application has received them, the response is repeated
//! from the first ClientHello on, with the same random numbers and key exchange, and with the
//! transport parameters. Its ServerHello is compared with the one that was sent.

use std::sync::Arc;

use rustls::Error as RustlsError;
use rustls::crypto::{SelectedCredential, SignatureScheme, Signer};
use rustls::enums::CertificateType;
use rustls::quic::{NeedsInput, Quic, ServerHandshake};
use rustls::server::{Accepted, ClientHello, ServerConfig, ServerCredentialResolver};

use super::take_message;
use crate::base::memory;
use crate::credentials::key_log::KeyLogListener;
use crate::crypto::replay::{self, Recording};
use crate::error::{Code, Result};
use crate::handshake::Handshake;
use crate::handshake::context::Context;
use crate::handshake::offer::rejection;
use crate::handshake::rustls_input::RustlsInput;
use crate::handshake::side::{QuicServer, start_server, with_messages};
use crate::handshake::stage::{Running, Stage};
use crate::handshake::suspended::Outcome;
use crate::messages::{Reader, ServerHello};

/// A response that is rehearsed.
pub(super) struct Rehearsal {
    config: Arc<ServerConfig>,
    /// One, or two with a HelloRetryRequest.
    hellos: Vec<RustlsInput>,
    recording: Recording,
    /// The ServerHello, once it is created.
    server_hello: Vec<u8>,
}

impl Handshake {
    /// Returns whether the server awaits the second ClientHello.
    pub(in crate::handshake) fn is_in_rehearsal(&self) -> bool {
        self.quic
            .as_ref()
            .is_some_and(|quic| quic.rehearsal.is_some())
    }

    /// Rehearses the response to the first ClientHello.
    pub(in crate::handshake) fn rehearse(
        &mut self,
        ctx: &mut Context<'_>,
        accepted: Accepted<Quic>,
        config: &Arc<ServerConfig>,
    ) -> Result<()> {
        let hello = input(&self.quic().client_hello)?;
        self.quic().client_hello = Vec::new();
        let key_log = Arc::new(KeyLogListener {
            stores_all: true,
            context: self.step_context.clone(),
        });
        let with_signing = |signing| {
            let mut config = ServerConfig::clone(config);
            config.key_log = key_log.clone();
            let resolver = config.cert_resolver.clone();
            config.cert_resolver = Arc::new(Resolver { resolver, signing });
            Arc::new(config)
        };
        let mut rehearsal = Rehearsal {
            config: with_signing(Signing::Repeated),
            hellos: vec![hello],
            recording: Recording::default(),
            server_hello: Vec::new(),
        };
        let config = with_signing(Signing::Rehearsed);
        let parameters = own_parameters(ctx)?;
        let mut output = Vec::new();
        let outcome = rehearsal.recording.record(|| {
            with_messages(&mut output, |events| {
                accepted.choose_config(config, parameters, events)
            })
        });
        let next = outcome.map_err(|error| rejection(error, ctx.version()))?;
        self.use_rehearsal(ctx, rehearsal, next, output)
    }

    /// Rehearses the response to the second ClientHello.
    pub(in crate::handshake) fn rehearse_again(
        &mut self,
        ctx: &mut Context<'_>,
        handshake: NeedsInput,
    ) -> Result<()> {
        let mut rehearsal = self.quic().rehearsal.take().ok_or(Code::HandshakeState)?;
        // Another message is no ClientHello, and rustls rejects it.
        rehearsal.hellos.push(input(self.input.unread())?);
        let mut output = Vec::new();
        let input = &mut self.input;
        let next = rehearsal
            .recording
            .record(|| with_messages(&mut output, |events| handshake.process(input, events)))?;
        self.use_rehearsal(ctx, rehearsal, next, output)
    }

    /// Sends the first message of a rehearsed response, with which the secrets of the handshake are
    /// derived.
    fn use_rehearsal(
        &mut self,
        ctx: &mut Context<'_>,
        mut rehearsal: Rehearsal,
        next: ServerHandshake,
        output: Vec<u8>,
    ) -> Result<()> {
        let ServerHandshake::NeedsInput(handshake) = next else {
            return Err(Code::HandshakeState)?;
        };
        let message = take_message(&mut Reader(&output))?;
        let hello = ServerHello::read(message).ok_or(Code::HandshakeState)?;
        ctx.state.use_server_hello(&hello);
        ctx.output = memory::copy(message)?;
        self.awaits_second_hello = hello.is_retry_request();
        if self.awaits_second_hello {
            self.stage = Stage::QuicServer(Running::AwaitingInput(Box::new(handshake)));
        } else {
            self.store_outputs(ctx, &handshake);
            rehearsal.server_hello = memory::copy(message)?;
            self.stage = Stage::Rehearsed;
        }
        self.quic().rehearsal = Some(rehearsal);
        Ok(())
    }

    /// Repeats the rehearsed response, with the transport parameters of the application.
    pub(in crate::handshake) fn replay(&mut self, ctx: &mut Context<'_>) -> Result<()> {
        let parameters = own_parameters(ctx)?;
        let quic = self.quic();
        let mut rehearsal = quic.rehearsal.take().ok_or(Code::HandshakeState)?;
        quic.sent_hello = std::mem::take(&mut rehearsal.server_hello);
        let next =
            self.attempt::<QuicServer>(ctx, move |_, output| rehearsal.repeat(parameters, output))?;
        let next = next.map_err(|error| rejection(error, ctx.version()))?;
        self.proceed::<QuicServer>(ctx, next)
    }
}

/// Copies the transport parameters for rustls.
pub(in crate::handshake) fn own_parameters(ctx: &Context<'_>) -> Result<Vec<u8>> {
    /// The copies in messages, as a multiple.
    const COPIES: usize = 8;

    let parameters = ctx.state.transport_parameters();
    memory::probe(COPIES * parameters.len())?;
    memory::copy(&parameters)
}

impl Rehearsal {
    fn repeat(self, parameters: Vec<u8>, output: &mut Vec<u8>) -> Outcome<ServerHandshake> {
        let Self {
            config,
            mut hellos,
            recording,
            server_hello: _,
        } = self;
        recording.replay(|| respond(config, &mut hellos, parameters, output))
    }
}

/// Copies a message, as the input of rustls.
fn input(message: &[u8]) -> Result<RustlsInput> {
    let mut input = RustlsInput::default();
    input.push(message)?;
    Ok(input)
}

/// Creates the response to one ClientHello, or to the second one.
fn respond(
    config: Arc<ServerConfig>,
    hellos: &mut [RustlsInput],
    parameters: Vec<u8>,
    output: &mut Vec<u8>,
) -> Outcome<ServerHandshake> {
    let process = |handshake: NeedsInput, hello: &mut RustlsInput, output: &mut Vec<u8>| {
        with_messages(output, |events| handshake.process(hello, events))
    };
    let [first, rest @ ..] = hellos else {
        return Err(DIFFERENT);
    };
    let ServerHandshake::Accepted(accepted) = process(start_server(), first, output)? else {
        return Err(DIFFERENT);
    };
    let next = with_messages(output, |events| {
        accepted.choose_config(config, parameters, events)
    })?;
    match (next, rest) {
        (next, []) => Ok(next),
        (ServerHandshake::NeedsInput(handshake), [second]) => {
            // The HelloRetryRequest was sent.
            output.clear();
            process(handshake, second, output)
        }
        _ => Err(DIFFERENT),
    }
}

const DIFFERENT: RustlsError =
    RustlsError::Unreachable("the response differs from the rehearsed one");

/// Resolves the certificate of a response that runs twice.
#[derive(Debug)]
struct Resolver {
    resolver: Arc<dyn ServerCredentialResolver>,
    signing: Signing,
}

#[derive(Clone, Copy, Debug)]
enum Signing {
    /// Nothing is signed: the application may have the key, and what is signed changes.
    Rehearsed,
    /// The message is signed, which ends the repetition.
    Repeated,
}

impl ServerCredentialResolver for Resolver {
    fn resolve(&self, hello: &ClientHello<'_>) -> Outcome<SelectedCredential> {
        let mut selected = self.resolver.resolve(hello)?;
        selected.signer = match self.signing {
            Signing::Rehearsed => Box::new(NoSigner(selected.signer.scheme())),
            Signing::Repeated => Box::new(EndingSigner(selected.signer)),
        };
        Ok(selected)
    }

    fn supported_certificate_types(&self) -> &'static [CertificateType] {
        self.resolver.supported_certificate_types()
    }
}

/// Creates signatures that are never sent.
#[derive(Debug)]
struct NoSigner(SignatureScheme);

impl Signer for NoSigner {
    fn sign(self: Box<Self>, _: &[u8]) -> Outcome<Vec<u8>> {
        Ok(Vec::new())
    }

    fn scheme(&self) -> SignatureScheme {
        self.0
    }
}

/// Ends the repetition before it signs, which may suspend the step.
#[derive(Debug)]
struct EndingSigner(Box<dyn Signer>);

impl Signer for EndingSigner {
    fn sign(self: Box<Self>, message: &[u8]) -> Outcome<Vec<u8>> {
        match replay::end() {
            true => self.0.sign(message),
            false => Err(DIFFERENT),
        }
    }

    fn scheme(&self) -> SignatureScheme {
        self.0.scheme()
    }
}
