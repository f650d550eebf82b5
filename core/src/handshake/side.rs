//! The client and server sides of rustls, behind one trait, so that the same code drives both.

use rustls::client::ClientHandshake;
use rustls::crypto::{Identity, VerifiedIdentity};
use rustls::pki_types::CertificateDer;
use rustls::server::ServerHandshake;
use rustls::split::SplitConnection;
use rustls::{ClientSide, NeedsInput, ServerSide, SideData, Tcp, VerifyPeerIdentity};

use super::Handshake;
use super::context::Context;
use super::rustls_input::RustlsInput;
use super::stage::{Running, Stage};
use super::suspended::Outcome;
use crate::base::memory;
use crate::error::{Code, Result};

/// A side of the handshake: client or server.
pub(super) trait Side: SideData<Handshake: Send + 'static> {
    /// Whether rustls requires the peer's whole chain, not only the leaf.
    const KEEPS_PEER_CHAIN: bool;

    /// Converts the state of this side to a stage of the handshake.
    fn stage(running: Running<Self>) -> Stage;

    /// Returns the next step of a handshake whose config is set.
    fn next(handshake: Self::Handshake) -> Result<Next<Self>>;

    /// Returns the handshake that requires input, or `next` if it does not.
    fn needs_input(next: Self::Handshake) -> Result<NeedsInput<Self>, Self::Handshake>;

    /// Returns the certificates that the peer has sent, and the OCSP response; empty for none.
    fn presented(peer: &VerifyPeerIdentity<Self, Tcp>) -> Result<Presented>;

    /// Returns whether the server has accepted the early data of this client.
    fn accepted_early_data(connection: &SplitConnection<Self>) -> bool;

    /// Runs a step of the handshake.
    fn step(
        step: Step<Self>,
        driver: &mut Handshake,
        ctx: &mut Context<'_>,
    ) -> Result<Self::Handshake>;
}

/// A step that rustls takes. It may be suspended, on a coroutine.
pub(super) enum Step<S: Side> {
    /// Process the input.
    Process(NeedsInput<S>),
    /// Continue with a peer whose certificate is verified.
    Accept(VerifyPeerIdentity<S, Tcp>, VerifiedIdentity<'static>),
}

impl<S: Side> Step<S> {
    fn run(self, input: &mut RustlsInput, output: &mut Vec<u8>) -> Outcome<S::Handshake> {
        match self {
            Self::Process(handshake) => handshake.process(input, output),
            Self::Accept(peer, verified) => peer.continue_with(Ok(verified), output),
        }
    }
}

/// The next step of a handshake.
pub(super) enum Next<S: Side> {
    /// Read the peer's next record.
    Receive(NeedsInput<S>),
    /// Verify the peer's certificate.
    Verify(VerifyPeerIdentity<S, Tcp>),
    /// The handshake is complete.
    Complete(SplitConnection<S>),
}

/// The peer's certificates, and its OCSP response.
pub(super) type Presented = (Vec<CertificateDer<'static>>, Vec<u8>);

impl Side for ClientSide {
    // rustls requires only the key of the server's leaf.
    const KEEPS_PEER_CHAIN: bool = false;

    fn stage(running: Running<Self>) -> Stage {
        Stage::Client(running)
    }

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

    fn presented(peer: &VerifyPeerIdentity<Self, Tcp>) -> Result<Presented> {
        let presented = peer.presented_identity()?;
        let ocsp_response = presented.ocsp_response.to_vec();
        Ok((certificates(presented.identity)?, ocsp_response))
    }

    fn accepted_early_data(connection: &SplitConnection<Self>) -> bool {
        connection.side_outputs.is_early_data_accepted()
    }

    fn step(
        step: Step<Self>,
        driver: &mut Handshake,
        ctx: &mut Context<'_>,
    ) -> Result<ClientHandshake> {
        driver.step::<Self>(ctx, |input, output| step.run(input, output))
    }
}

impl Side for ServerSide {
    // The client's chain is an output of the handshake.
    const KEEPS_PEER_CHAIN: bool = true;

    fn stage(running: Running<Self>) -> Stage {
        Stage::Server(running)
    }

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

    fn presented(peer: &VerifyPeerIdentity<Self, Tcp>) -> Result<Presented> {
        let chain = certificates(peer.presented_identity()?.identity)?;
        Ok((chain, Vec::new()))
    }

    fn accepted_early_data(_: &SplitConnection<Self>) -> bool {
        false
    }

    fn step(
        step: Step<Self>,
        driver: &mut Handshake,
        ctx: &mut Context<'_>,
    ) -> Result<ServerHandshake> {
        driver.step::<Self>(ctx, |input, output| step.run(input, output))
    }
}

/// Copies the certificates of an identity, leaf first.
fn certificates(identity: &Identity<'_>) -> Result<Vec<CertificateDer<'static>>> {
    let Identity::X509(chain) = identity else {
        return Err(Code::CertTypeUnsupported)?;
    };
    let chain = [&chain.end_entity].into_iter().chain(&chain.intermediates);
    memory::probe(chain.clone().map(|cert| cert.len()).sum())?;
    Ok(chain.map(|cert| cert.clone().into_owned()).collect())
}
