//! The stages of a handshake between two calls.

use std::sync::Arc;

use rustls::server::{Accepted, ServerConfig};
use rustls::{ClientSide, NeedsInput, ServerSide, SideData, Tcp};

use super::suspended::Suspended;
use super::verification::PeerVerification;

/// The stage of a handshake between two calls. rustls' part is large, and freed at the end.
#[derive(Default)]
pub(super) enum Stage {
    /// Nothing was sent or received.
    #[default]
    Start,

    /// The server has not received a whole ClientHello.
    AwaitingClientHello(Box<NeedsInput<ServerSide>>),

    /// The ClientHello is whole, and not answered.
    ClientHelloReceived(Box<Accepted<Tcp>>),

    /// The ClientHello is whole, and offers no supported version. rustls might report another fault first.
    OutdatedClientHello,

    /// The config for the answer is selected. Never between two calls.
    Configured(Box<Accepted<Tcp>>, Arc<ServerConfig>),

    /// A client that has sent its ClientHello.
    Client(Running<ClientSide>),

    /// A server that has answered the ClientHello.
    Server(Running<ServerSide>),

    /// Both sides are done; the last flight of this side may not be sent yet.
    Complete,

    /// The handshake has failed.
    Failed,
}

/// A handshake between the hellos and its end.
pub(super) enum Running<S: SideData> {
    /// It needs the peer's next record.
    AwaitingInput(Box<NeedsInput<S>>),

    /// The peer's certificate is being verified.
    Verifying(Box<PeerVerification<S>>),

    /// A step is suspended until the application has signed, or verified a signature.
    Suspended(Box<Suspended<S::Handshake>>),
}

/// What the driver does next.
pub(super) enum Action {
    Start,
    Receive,
    AnswerClientHello,
    /// The peer's certificate is being verified; `is_pending` until the application has answered.
    Verify {
        is_pending: bool,
    },
    Resume,
    Finish,
    Fail,
}

impl Stage {
    pub(super) fn action(&self) -> Action {
        match self {
            Self::Start => Action::Start,
            Self::AwaitingClientHello(_) => Action::Receive,
            Self::ClientHelloReceived(_) | Self::OutdatedClientHello => Action::AnswerClientHello,
            Self::Client(running) => running.action(),
            Self::Server(running) => running.action(),
            Self::Complete => Action::Finish,
            Self::Configured(..) | Self::Failed => Action::Fail,
        }
    }

    /// Whether the ClientHello is not sent yet, or not answered.
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
