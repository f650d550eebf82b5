//! The client and server sides of rustls, behind one trait, so that the same code drives both.

use rustls::client::ClientHandshake;
use rustls::crypto::{Identity, VerifiedIdentity};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ServerHandshake;
use rustls::split::SplitConnection;
use rustls::{ClientSide, Error as RustlsError, NeedsInput, ServerSide, Tcp, VerifyPeerIdentity};

use super::Handshake;
use super::context::Context;
use super::rustls_input::RustlsInput;
use super::suspended::Outcome;
use crate::base::memory;
use crate::error::{Code, Result};

mod quic_client;
mod quic_server;

pub(super) use self::quic_client::{QuicClient, connect};
pub(super) use self::quic_server::{QuicServer, start_server, with_messages};

/// A side of the handshake: client or server, of TLS or of QUIC.
pub(super) trait Side: Sized + 'static {
    /// A handshake between two steps.
    type Handshake: Send + 'static;

    /// A handshake that requires input.
    type Awaiting: Send + 'static;

    /// A handshake whose peer is to be verified.
    type Peer: Send + 'static;

    /// A completed handshake.
    type Connection;

    /// Whether rustls requires the peer's whole chain, not only the leaf.
    const KEEPS_PEER_CHAIN: bool;

    /// Returns the next step of a handshake whose config is set.
    fn next(next: Self::Handshake) -> Result<Next<Self>>;

    /// Returns the handshake that requires input, or `next` if it does not.
    fn needs_input(next: Self::Handshake) -> Result<Self::Awaiting, Self::Handshake>;

    /// Returns the certificates or the raw public key that the peer has sent.
    fn presented(peer: &mut Self::Peer) -> Result<Presented>;

    /// Returns the DNS name that the peer's certificate must have, as rustls determines it; empty for
    /// none.
    fn expected_name(_: &Self::Peer) -> Vec<u8> {
        Vec::new()
    }

    /// Processes the input.
    fn process(
        handshake: Self::Awaiting,
        input: &mut RustlsInput,
        output: &mut Vec<u8>,
    ) -> Outcome<Self::Handshake>;

    /// Continues with a peer whose certificate is verified.
    fn accept(
        peer: Self::Peer,
        verified: VerifiedIdentity<'static>,
        output: &mut Vec<u8>,
    ) -> Outcome<Self::Handshake>;

    /// Ends the handshake with a peer whose certificate is rejected, and appends an alert to the
    /// output.
    fn reject(peer: Self::Peer, error: RustlsError, output: &mut Vec<u8>);

    /// Stores the results that the application may query before the handshake is complete.
    fn store_progress(_: &Self::Awaiting, _: &mut Handshake, _: &Context<'_>) -> Result<()> {
        Ok(())
    }

    /// Stores the results of a completed handshake.
    fn complete(
        connection: Self::Connection,
        driver: &mut Handshake,
        ctx: &mut Context<'_>,
    ) -> Result<()>;
}

/// A step that rustls takes. It may be suspended, on a coroutine.
pub(super) enum Step<S: Side> {
    /// Process the input.
    Process(S::Awaiting),
    /// Continue with a peer whose certificate is verified.
    Accept(S::Peer, VerifiedIdentity<'static>),
}

/// The next step of a handshake.
pub(super) enum Next<S: Side> {
    /// Read the peer's next record.
    Receive(S::Awaiting),
    /// Verify the peer's certificate.
    Verify(S::Peer),
    /// The handshake is complete.
    Complete(S::Connection),
}

/// The identity that a peer has presented.
pub(super) enum Presented {
    /// Certificates, leaf first, and the OCSP response; empty for none.
    Certificates(Vec<CertificateDer<'static>>, Vec<u8>),
    /// A raw public key.
    RawKey(Vec<u8>),
}

impl Side for ClientSide {
    type Handshake = ClientHandshake;
    type Awaiting = NeedsInput<Self>;
    type Peer = VerifyPeerIdentity<Self, Tcp>;
    type Connection = SplitConnection<Self>;

    // rustls requires only the key of the server's leaf.
    const KEEPS_PEER_CHAIN: bool = false;

    fn next(handshake: ClientHandshake) -> Result<Next<Self>> {
        Ok(match handshake {
            ClientHandshake::NeedsInput(handshake) => Next::Receive(handshake),
            ClientHandshake::VerifyServerIdentity(peer) => Next::Verify(peer),
            ClientHandshake::Complete(connection) => Next::Complete(connection),
            _ => Err(Code::HandshakeState)?,
        })
    }

    fn needs_input(next: ClientHandshake) -> Result<NeedsInput<Self>, ClientHandshake> {
        match next {
            ClientHandshake::NeedsInput(handshake) => Ok(handshake),
            next => Err(next),
        }
    }

    fn presented(peer: &mut Self::Peer) -> Result<Presented> {
        let presented = peer.presented_identity()?;
        Presented::of(presented.identity, presented.ocsp_response)
    }

    fn expected_name(peer: &Self::Peer) -> Vec<u8> {
        match peer
            .presented_identity()
            .map(|presented| presented.server_name)
        {
            Ok(ServerName::DnsName(name)) => name.as_ref().as_bytes().to_vec(),
            _ => Vec::new(),
        }
    }

    fn process(
        handshake: NeedsInput<Self>,
        input: &mut RustlsInput,
        output: &mut Vec<u8>,
    ) -> Outcome<ClientHandshake> {
        handshake.process(input, output)
    }

    fn accept(
        peer: Self::Peer,
        verified: VerifiedIdentity<'static>,
        output: &mut Vec<u8>,
    ) -> Outcome<ClientHandshake> {
        peer.continue_with(Ok(verified), output)
    }

    fn reject(peer: Self::Peer, error: RustlsError, output: &mut Vec<u8>) {
        drop(peer.continue_with(Err(error), output));
    }

    fn complete(
        connection: Self::Connection,
        driver: &mut Handshake,
        ctx: &mut Context<'_>,
    ) -> Result<()> {
        driver.check_ech_status(connection.side_outputs.ech_status())?;
        let has_early_data = connection.side_outputs.is_early_data_accepted();
        driver.complete(ctx, connection, has_early_data)
    }
}

impl Side for ServerSide {
    type Handshake = ServerHandshake;
    type Awaiting = NeedsInput<Self>;
    type Peer = VerifyPeerIdentity<Self, Tcp>;
    type Connection = SplitConnection<Self>;

    // The client's chain is an output of the handshake.
    const KEEPS_PEER_CHAIN: bool = true;

    fn next(handshake: ServerHandshake) -> Result<Next<Self>> {
        Ok(match handshake {
            ServerHandshake::NeedsInput(handshake) => Next::Receive(handshake),
            ServerHandshake::VerifyClientIdentity(peer) => Next::Verify(peer),
            ServerHandshake::Complete(connection) => Next::Complete(connection),
            _ => Err(Code::HandshakeState)?,
        })
    }

    fn needs_input(next: ServerHandshake) -> Result<NeedsInput<Self>, ServerHandshake> {
        match next {
            ServerHandshake::NeedsInput(handshake) => Ok(handshake),
            next => Err(next),
        }
    }

    fn presented(peer: &mut Self::Peer) -> Result<Presented> {
        Presented::of(peer.presented_identity()?.identity, &[])
    }

    fn process(
        handshake: NeedsInput<Self>,
        input: &mut RustlsInput,
        output: &mut Vec<u8>,
    ) -> Outcome<ServerHandshake> {
        handshake.process(input, output)
    }

    fn accept(
        peer: Self::Peer,
        verified: VerifiedIdentity<'static>,
        output: &mut Vec<u8>,
    ) -> Outcome<ServerHandshake> {
        peer.continue_with(Ok(verified), output)
    }

    fn reject(peer: Self::Peer, error: RustlsError, output: &mut Vec<u8>) {
        drop(peer.continue_with(Err(error), output));
    }

    fn complete(
        connection: Self::Connection,
        driver: &mut Handshake,
        ctx: &mut Context<'_>,
    ) -> Result<()> {
        driver.complete(ctx, connection, false)
    }
}

impl Presented {
    /// Returns whether there is an OCSP response.
    pub(super) fn has_ocsp(&self) -> bool {
        matches!(self, Self::Certificates(_, response) if !response.is_empty())
    }

    /// Copies an identity.
    pub(super) fn of(identity: &Identity<'_>, ocsp_response: &[u8]) -> Result<Self> {
        let chain = match identity {
            Identity::X509(chain) => chain,
            Identity::RawPublicKey(key) => return Ok(Self::RawKey(memory::copy(key)?)),
            _ => Err(Code::CertTypeUnsupported)?,
        };
        let chain = [&chain.end_entity].into_iter().chain(&chain.intermediates);
        memory::probe(chain.clone().map(|cert| cert.len()).sum())?;
        let chain = chain.map(|cert| cert.clone().into_owned());
        Ok(Self::Certificates(chain.collect(), ocsp_response.to_vec()))
    }
}
