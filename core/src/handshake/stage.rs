//! Stages of a handshake.

use std::sync::Arc;

use rustls::pki_types::DnsName;
use rustls::quic::{self, Quic};
use rustls::server::{Accepted, ServerConfig};
use rustls::{ClientSide, NeedsInput, ServerSide, Tcp};

use super::side::{QuicClient, QuicServer, Side};
use super::suspended::Suspended;
use super::verification::PeerVerification;

/// The stage of a handshake between two calls. The state of rustls is large, so it is boxed, and
/// freed at the end.
#[derive(Default)]
pub(super) enum Stage {
    /// Not started.
    #[default]
    Start,

    /// The server has not received a complete ClientHello.
    AwaitingClientHello(AwaitingHello),

    /// The server has received the ClientHello, and not processed it.
    ClientHelloReceived(ReceivedHello),

    /// The server has received a ClientHello without a supported version. rustls does not process
    /// it, because it might report another error first.
    OutdatedClientHello,

    /// The config for the response to the ClientHello is selected. Only within a call.
    Configured(ReceivedHello, Arc<ServerConfig>),

    /// A client that has sent its ClientHello.
    Client(Running<ClientSide>),

    /// A server that has responded to the ClientHello.
    Server(Running<ServerSide>),

    /// A client of QUIC that has sent its ClientHello.
    QuicClient(Running<QuicClient>),

    /// A server of QUIC that has created its ServerHello, and not the next messages: the
    /// application receives the secrets before it sets the transport parameters.
    Rehearsed,

    /// A server of QUIC that has responded to the ClientHello.
    QuicServer(Running<QuicServer>),

    /// Client: the handshake is complete but for EndOfEarlyData and what follows it.
    EndOfEarlyData,

    /// All messages are processed; the last flight of this side is possibly not written yet.
    Complete,

    /// The handshake has failed.
    Failed,
}

/// A server that requires a ClientHello.
pub(super) enum AwaitingHello {
    Tcp(Box<NeedsInput<ServerSide>>),
    Quic(Box<quic::NeedsInput>),
}

/// A ClientHello that is not processed.
pub(super) enum ReceivedHello {
    Tcp(Box<Accepted<Tcp>>),
    Quic(Box<Accepted<Quic>>),
}

/// The state of rustls after the ClientHello.
pub(super) enum Running<S: Side> {
    /// rustls requires the peer's next record.
    AwaitingInput(Box<S::Awaiting>),

    /// The peer's certificate is being verified.
    Verifying(Box<PeerVerification<S>>),

    /// A step is suspended until the application has completed an asynchronous operation.
    Suspended(Box<Suspended<S::Handshake>>),
}

/// The next action of the driver.
pub(super) enum Action {
    Start,
    Receive,
    ProcessClientHello,
    /// Verify the peer's certificate; `is_pending` while a callback of the application is
    /// incomplete.
    Verify {
        is_pending: bool,
    },
    Resume,
    /// Create the flight of a server of QUIC.
    Replay,
    /// Send EndOfEarlyData, unless the application sends more early data.
    EndEarlyData,
    Finish,
    Fail,
}

/// A side whose state is a stage of the handshake.
pub(super) trait Staged: Side {
    /// Converts the state of this side to a stage of the handshake.
    fn stage(running: Running<Self>) -> Stage;
}

impl Staged for ClientSide {
    fn stage(running: Running<Self>) -> Stage {
        Stage::Client(running)
    }
}

impl Staged for ServerSide {
    fn stage(running: Running<Self>) -> Stage {
        Stage::Server(running)
    }
}

impl Staged for QuicClient {
    fn stage(running: Running<Self>) -> Stage {
        Stage::QuicClient(running)
    }
}

impl Staged for QuicServer {
    fn stage(running: Running<Self>) -> Stage {
        Stage::QuicServer(running)
    }
}

impl Stage {
    /// Returns the next action.
    pub(super) fn action(&self) -> Action {
        match self {
            Self::Start => Action::Start,
            Self::AwaitingClientHello(_) => Action::Receive,
            Self::ClientHelloReceived(_) | Self::OutdatedClientHello => Action::ProcessClientHello,
            Self::Client(running) => running.action(),
            Self::Server(running) => running.action(),
            Self::QuicClient(running) => running.action(),
            Self::QuicServer(running) => running.action(),
            Self::Rehearsed => Action::Replay,
            Self::EndOfEarlyData => Action::EndEarlyData,
            Self::Complete => Action::Finish,
            Self::Configured(..) | Self::Failed => Action::Fail,
        }
    }

    /// Returns whether the ClientHello is not created yet, or not processed.
    pub(super) fn is_before_hello(&self) -> bool {
        matches!(
            self,
            Self::Start
                | Self::AwaitingClientHello(_)
                | Self::ClientHelloReceived(_)
                | Self::OutdatedClientHello
        )
    }

    pub(super) fn is_start(&self) -> bool {
        matches!(self, Self::Start)
    }

    pub(super) fn is_suspended(&self) -> bool {
        matches!(self.action(), Action::Resume)
    }

    /// Returns whether rustls has completed the handshake.
    pub(super) fn has_completed(&self) -> bool {
        matches!(self, Self::EndOfEarlyData | Self::Complete)
    }

    pub(super) fn is_complete(&self) -> bool {
        matches!(self, Self::Complete)
    }
}

impl ReceivedHello {
    pub(super) fn server_name(&self) -> Option<DnsName<'static>> {
        let hello = match self {
            Self::Tcp(accepted) => accepted.client_hello(),
            Self::Quic(accepted) => accepted.client_hello(),
        };
        hello.server_name().map(DnsName::to_owned)
    }
}

impl<S: Side> Running<S> {
    fn action(&self) -> Action {
        match self {
            Self::AwaitingInput(_) => Action::Receive,
            Self::Verifying(verification) => Action::Verify {
                is_pending: verification.is_pending(),
            },
            Self::Suspended(_) => Action::Resume,
        }
    }
}
