//! The client side of QUIC.
//!
//! rustls has no steps for it: it calls the verifier of certificates while it processes the
//! CertificateVerify. That verifier accepts every certificate, and stores it. The driver verifies
//! it before it reads the next message of the server, and so before the handshake is complete.

use std::fmt;
use std::hash::Hasher;
use std::sync::{Arc, Mutex};

use rustls::client::ClientConfig;
use rustls::client::danger::{
    HandshakeSignatureValid, ServerIdentity, ServerVerifier, SignatureVerificationInput,
};
use rustls::crypto::{SignatureScheme, VerifiedIdentity};
use rustls::enums::CertificateType;
use rustls::pki_types::ServerName;
use rustls::quic::{Quic, QuicEvent, Version};
use rustls::{ClientSide, Connection, Error as RustlsError};

use super::{Next, Presented, Side};
use crate::base::lock;
use crate::credentials::key_log::KeyLogListener;
use crate::credentials::step_context::StepContext;
use crate::error::{Code, Result};
use crate::handshake::Handshake;
use crate::handshake::context::Context;
use crate::handshake::rustls_input::RustlsInput;
use crate::handshake::suspended::Outcome;

/// The client side of QUIC.
pub(in crate::handshake) enum QuicClient {}

/// A handshake that requires input.
pub(in crate::handshake) struct Client {
    connection: Connection<ClientSide, Quic>,
    /// The certificates of the server that are not verified.
    presented: Arc<Mutex<Option<Result<Presented>>>>,
}

/// A handshake between two steps.
pub(in crate::handshake) enum ClientHandshake {
    NeedsInput(Client),
    VerifyServerIdentity(Client, Result<Presented>),
    Complete(Client),
}

/// Creates a client and its ClientHello.
pub(in crate::handshake) fn connect(
    mut config: Arc<ClientConfig>,
    context: &StepContext,
    name: ServerName<'static>,
    parameters: Vec<u8>,
    output: &mut Vec<u8>,
) -> Outcome<Client> {
    let presented = Arc::new(Mutex::new(None));
    let own = Arc::make_mut(&mut config);
    own.key_log = Arc::new(KeyLogListener {
        stores_all: true,
        context: context.clone(),
    });
    let verifier = PostponingVerifier {
        signatures: own.verifier().clone(),
        presented: presented.clone(),
    };
    own.dangerous().set_certificate_verifier(Arc::new(verifier));
    let connection = config.connect(name).build_quic(Version::V1, parameters)?;
    let mut client = Client {
        connection,
        presented,
    };
    client.take_messages(output);
    Ok(client)
}

impl Client {
    fn take_messages(&mut self, output: &mut Vec<u8>) {
        append_messages(self.connection.events(), output);
    }

    fn process(
        mut self,
        input: &mut RustlsInput,
        output: &mut Vec<u8>,
    ) -> Outcome<ClientHandshake> {
        self.connection.read_hs(input)?;
        self.take_messages(output);
        let presented = lock(&self.presented).take();
        Ok(match presented {
            Some(presented) => ClientHandshake::VerifyServerIdentity(self, presented),
            None if self.connection.is_handshaking() => ClientHandshake::NeedsInput(self),
            None => ClientHandshake::Complete(self),
        })
    }

    fn store_parameters(&self, ctx: &Context<'_>) -> Result<()> {
        match self.connection.quic_transport_parameters() {
            Some(parameters) => ctx.state.store_peer_transport_parameters(parameters),
            None => Ok(()),
        }
    }
}

impl Side for QuicClient {
    type Handshake = ClientHandshake;
    type Awaiting = Client;
    type Peer = (Client, Option<Result<Presented>>);
    type Connection = Client;

    const KEEPS_PEER_CHAIN: bool = false;

    fn next(handshake: ClientHandshake) -> Result<Next<Self>> {
        Ok(match handshake {
            ClientHandshake::NeedsInput(client) => Next::Receive(client),
            ClientHandshake::VerifyServerIdentity(client, presented) => {
                Next::Verify((client, Some(presented)))
            }
            ClientHandshake::Complete(client) => Next::Complete(client),
        })
    }

    fn needs_input(next: ClientHandshake) -> Result<Client, ClientHandshake> {
        match next {
            ClientHandshake::NeedsInput(client) => Ok(client),
            next => Err(next),
        }
    }

    fn presented((_, presented): &mut Self::Peer) -> Result<Presented> {
        presented.take().ok_or(Code::HandshakeState)?
    }

    fn process(
        client: Client,
        input: &mut RustlsInput,
        output: &mut Vec<u8>,
    ) -> Outcome<ClientHandshake> {
        client.process(input, output)
    }

    /// The signature is verified already, with the key of this certificate.
    fn accept(
        (client, _): Self::Peer,
        _: VerifiedIdentity<'static>,
        _: &mut Vec<u8>,
    ) -> Outcome<ClientHandshake> {
        Ok(ClientHandshake::NeedsInput(client))
    }

    fn reject(_: Self::Peer, _: RustlsError, _: &mut Vec<u8>) {}

    fn store_progress(client: &Client, driver: &mut Handshake, ctx: &Context<'_>) -> Result<()> {
        client.store_parameters(ctx)?;
        driver.store_outputs(ctx, &client.connection);
        Ok(())
    }

    fn complete(mut client: Client, driver: &mut Handshake, ctx: &mut Context<'_>) -> Result<()> {
        client.store_parameters(ctx)?;
        driver.complete_quic(ctx, &mut client.connection)
    }
}

/// Appends the messages of a step to an output. The secrets are those of the key log.
pub(super) fn append_messages(events: impl IntoIterator<Item = QuicEvent>, output: &mut Vec<u8>) {
    for event in events {
        if let QuicEvent::Message(message) = event {
            output.extend(message);
        }
    }
}

/// A verifier that stores the server's certificates, which are verified later, and verifies the
/// signature.
struct PostponingVerifier {
    signatures: Arc<dyn ServerVerifier>,
    presented: Arc<Mutex<Option<Result<Presented>>>>,
}

impl fmt::Debug for PostponingVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostponingVerifier")
    }
}

impl ServerVerifier for PostponingVerifier {
    fn verify_identity<'a>(
        &self,
        server: &ServerIdentity<'a, '_>,
    ) -> Outcome<VerifiedIdentity<'a>> {
        *lock(&self.presented) = Some(Presented::of(server.identity, server.ocsp_response));
        Ok(VerifiedIdentity::assertion(server.identity.clone()))
    }

    fn verify_tls12_signature(
        &self,
        input: &SignatureVerificationInput<'_>,
    ) -> Outcome<HandshakeSignatureValid> {
        self.signatures.verify_tls12_signature(input)
    }

    fn verify_tls13_signature(
        &self,
        input: &SignatureVerificationInput<'_>,
    ) -> Outcome<HandshakeSignatureValid> {
        self.signatures.verify_tls13_signature(input)
    }

    /// As in s2n-tls, without the schemes of TLS 1.2 alone.
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let mut schemes = self.signatures.supported_verify_schemes();
        schemes.retain(|scheme| {
            !matches!(
                *scheme,
                SignatureScheme::RSA_PKCS1_SHA1
                    | SignatureScheme::RSA_PKCS1_SHA256
                    | SignatureScheme::RSA_PKCS1_SHA384
                    | SignatureScheme::RSA_PKCS1_SHA512
                    | SignatureScheme::ECDSA_SHA1_Legacy
            )
        });
        schemes
    }

    fn request_ocsp_response(&self) -> bool {
        self.signatures.request_ocsp_response()
    }

    fn supported_certificate_types(&self) -> &'static [CertificateType] {
        self.signatures.supported_certificate_types()
    }

    fn hash_config(&self, h: &mut dyn Hasher) {
        self.signatures.hash_config(h);
    }
}
