//! Stages of a handshake.

use std::sync::Arc;

use rustls::server::{Accepted, ServerConfig};
use rustls::{ClientSide, NeedsInput, ServerSide, SideData, Tcp};

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
    AwaitingClientHello(Box<NeedsInput<ServerSide>>),

    /// The server has received the ClientHello, and not processed it.
    ClientHelloReceived(Box<Accepted<Tcp>>),

    /// The server has received a ClientHello without a supported version. rustls does not process
    /// it, because it might report another error first.
    OutdatedClientHello,

    /// The config for the response to the ClientHello is selected. Only within a call.
    Configured(Box<Accepted<Tcp>>, Arc<ServerConfig>),

    /// A client that has sent its ClientHello.
    Client(Running<ClientSide>),

    /// A server that has responded to the ClientHello.
    Server(Running<ServerSide>),

    /// Client: the handshake is complete but for EndOfEarlyData and what follows it.
    EndOfEarlyData,

    /// All messages are processed; the last flight of this side is possibly not written yet.
    Complete,

    /// The handshake has failed.
    Failed,
}

/// The state of rustls after the ClientHello.
pub(super) enum Running<S: SideData> {
    /// rustls requires the peer's next record.
    AwaitingInput(Box<NeedsInput<S>>),

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
    /// Send EndOfEarlyData, unless the application sends more early data.
    EndEarlyData,
    Finish,
    Fail,
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

impl<S: SideData> Running<S> {
    fn action(&self) -> Action {
        match self {
            Self::AwaitingInput(_) => Action::Receive,
            Self::Verifying(verification) => Action::Verify {
                is_pending: verification.certificates.is_pending(),
            },
            Self::Suspended(_) => Action::Resume,
        }
    }
}
