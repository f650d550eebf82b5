//! The server side of QUIC.

use rustls::crypto::VerifiedIdentity;
use rustls::quic::{NeedsInput, Quic, QuicEvent, ServerHandshake, Version};
use rustls::{Connection, Error as RustlsError, ServerSide, VerifyPeerIdentity};

use super::quic_client::append_messages;
use super::{Next, Presented, Side};
use crate::error::{Code, Result};
use crate::handshake::Handshake;
use crate::handshake::context::Context;
use crate::handshake::rustls_input::RustlsInput;
use crate::handshake::suspended::Outcome;

/// The server side of QUIC.
pub(in crate::handshake) enum QuicServer {}

/// Creates a server that requires a ClientHello.
pub(in crate::handshake) fn start_server() -> NeedsInput {
    ServerHandshake::start(Version::V1)
}

/// Runs a step, and appends its messages to an output.
pub(in crate::handshake) fn with_messages<T>(
    output: &mut Vec<u8>,
    step: impl FnOnce(&mut Vec<QuicEvent>) -> Outcome<T>,
) -> Outcome<T> {
    let mut events = Vec::new();
    let outcome = step(&mut events);
    append_messages(events, output);
    outcome
}

impl Side for QuicServer {
    type Handshake = ServerHandshake;
    type Awaiting = NeedsInput;
    type Peer = VerifyPeerIdentity<ServerSide, Quic>;
    type Connection = Connection<ServerSide, Quic>;

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

    fn needs_input(next: ServerHandshake) -> Result<NeedsInput, ServerHandshake> {
        match next {
            ServerHandshake::NeedsInput(handshake) => Ok(handshake),
            next => Err(next),
        }
    }

    fn presented(peer: &mut Self::Peer) -> Result<Presented> {
        Presented::of(peer.presented_identity()?.identity, &[])
    }

    fn process(
        handshake: NeedsInput,
        input: &mut RustlsInput,
        output: &mut Vec<u8>,
    ) -> Outcome<ServerHandshake> {
        with_messages(output, |events| handshake.process(input, events))
    }

    fn accept(
        peer: Self::Peer,
        verified: VerifiedIdentity<'static>,
        output: &mut Vec<u8>,
    ) -> Outcome<ServerHandshake> {
        with_messages(output, |events| peer.continue_with(Ok(verified), events))
    }

    fn reject(_: Self::Peer, _: RustlsError, _: &mut Vec<u8>) {}

    fn complete(
        mut connection: Self::Connection,
        driver: &mut Handshake,
        ctx: &mut Context<'_>,
    ) -> Result<()> {
        driver.complete_quic(ctx, &mut connection)
    }
}
