//! The progress of a handshake as the API reports it: the next message, and the handshake type.

use super::Handshake;
use super::context::Context;
use super::stage::Action;
use crate::base::{Mode, Version};
use crate::config::EarlyDataProgress;
use crate::credentials::step_context::CertRequest;
use crate::state::{Flag, HandshakeMessage, HandshakeType};

impl Handshake {
    /// Returns the next message. rustls does not report which message of an encrypted flight it
    /// expects, so the first one of the flight is returned.
    pub(super) fn next_message(&self, ctx: &Context<'_>) -> HandshakeMessage {
        let is_client = ctx.mode() == Mode::Client;
        if self.stage.is_before_hello() {
            return HandshakeMessage::ClientHello;
        }
        match self.stage.action() {
            Action::Finish => return HandshakeMessage::ApplicationData,
            Action::EndEarlyData => return HandshakeMessage::EndOfEarlyData,
            Action::Verify { .. } if is_client => return HandshakeMessage::ServerCert,
            Action::Verify { .. } => return HandshakeMessage::ClientCert,
            _ => {}
        }
        match (is_client, ctx.is_tls13()) {
            (true, _) if self.awaits_second_hello || self.server_hello_version.is_none() => {
                HandshakeMessage::ServerHello
            }
            (false, _) if self.awaits_second_hello => HandshakeMessage::ClientHello,
            (true, true) => HandshakeMessage::EncryptedExtensions,
            (true, false) if self.has_answered || ctx.state.is_resumed() => {
                match ctx.state.is_with_ticket() {
                    true => HandshakeMessage::ServerNewSessionTicket,
                    false => HandshakeMessage::ServerChangeCipherSpec,
                }
            }
            (true, false) => HandshakeMessage::ServerCert,
            (false, true) if Self::receives_early_data(ctx) => HandshakeMessage::EndOfEarlyData,
            (false, true) if ctx.state.is_resumed() => HandshakeMessage::ClientFinished,
            (false, _) if ctx.requests_client_cert() => HandshakeMessage::ClientCert,
            (false, true) => HandshakeMessage::ClientFinished,
            (false, false) if ctx.state.is_resumed() => HandshakeMessage::ClientChangeCipherSpec,
            (false, false) => HandshakeMessage::ClientKey,
        }
    }
}

/// Returns the type of a handshake.
pub(super) fn handshake_type(
    ctx: &Context<'_>,
    version: Version,
    is_resumed: bool,
    was_retried: bool,
    has_client_cert: bool,
) -> HandshakeType {
    let (is_requested, is_sent) = match ctx.mode() {
        Mode::Server => (ctx.requests_client_cert() && !is_resumed, has_client_cert),
        Mode::Client => {
            let request = ctx.state.selection().request;
            (
                request != CertRequest::None,
                request == CertRequest::Answered,
            )
        }
    };
    let is_tls13 = version == Version::Tls13;
    let early_data = ctx.state.early_data_progress();
    let flags = [
        (Flag::Negotiated, true),
        (Flag::FullHandshake, !is_resumed),
        (Flag::ClientAuth, is_requested),
        (Flag::NoClientCert, is_requested && !is_sent),
        (Flag::HelloRetryRequest, was_retried),
        (Flag::MiddleboxCompat, is_tls13 && !ctx.is_quic),
        (
            Flag::WithEarlyData,
            is_tls13 && early_data >= EarlyDataProgress::Accepted,
        ),
        (
            Flag::EarlyClientCcs,
            is_tls13 && early_data >= EarlyDataProgress::Requested,
        ),
        (Flag::Tls12PerfectForwardSecrecy, !is_tls13 && !is_resumed),
        (Flag::OcspStatus, !is_tls13 && ctx.state.is_ocsp_stapled()),
        (Flag::WithSessionTicket, ctx.state.is_with_ticket()),
    ];
    flags
        .into_iter()
        .fold(HandshakeType::default(), |typ, (flag, is_set)| {
            typ.with(flag, is_set)
        })
}
