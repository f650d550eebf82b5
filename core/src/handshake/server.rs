//! Processing of the ClientHello on a server: storage, selection of the config, and the response.

use std::sync::Arc;
use std::sync::atomic::Ordering::*;

use rustls::error::PeerIncompatible;
use rustls::server::{Accepted, ServerConfig, ServerHandshake};
use rustls::{ServerSide, Tcp};

use super::Handshake;
use super::context::Context;
use super::offer::{Offer, negotiate_version};
use super::plaintext::handshake_content;
use super::stage::Stage;
use crate::base::Version;
use crate::error::{Code, Error, Result};
use crate::messages::{ClientHelloPayload, ServerHello};

impl Handshake {
    /// Stores the ClientHello for the handshake and for the application.
    pub(super) fn store_client_hello(&mut self, ctx: &Context<'_>) -> Result<()> {
        let message = std::mem::take(&mut self.client_hello);
        let (body, _) = ClientHelloPayload::split(&message)?;
        let hello = ClientHelloPayload::parse(body)?;
        // supported_versions is evaluated only when the message is processed.
        ctx.shared()
            .client_version
            .store(hello.highest_legacy_version(), Release);
        if let Some(name) = hello.server_name() {
            ctx.state.store_server_name(name);
        }
        ctx.state.set_session_id(hello.session_id);
        ctx.state.store_client_hello(message, self.record_version);
        Ok(())
    }

    /// Selects the config for the response to the ClientHello, if that is the next step.
    pub(super) fn configure_server(&mut self, ctx: &mut Context<'_>) -> Result<()> {
        let accepted = match std::mem::replace(&mut self.stage, Stage::Failed) {
            Stage::ClientHelloReceived(accepted) => accepted,
            other => {
                self.stage = other;
                return Ok(());
            }
        };
        let hello = ctx.state.client_hello().ok_or(Code::BadMessage)?;
        let offer = hello.with_payload(|hello| Ok(Offer::of(hello)))?;
        if offer.requests_ocsp {
            ctx.state.set_ocsp_requested();
        }
        let version = negotiate_version(ctx, &offer)?;
        let config = ctx.config.server(&ctx.state.overrides());
        let mut config = config.map_err(|error| match error.code() {
            // Before TLS 1.3 every cipher suite requires a certificate, so none is supported
            // without.
            Code::NoValidSignatureScheme if version < Version::Tls13 => {
                Code::CipherNotSupported.into()
            }
            _ => error,
        })?;
        hello.with_payload(|hello| {
            config.negotiate_alpn(hello.alpn());
            Ok(())
        })?;
        let mut config = self.use_config(config);
        if let Err(error) = self.prepare_resumption(ctx, hello, &accepted, &mut config) {
            if error.is_blocked() {
                self.stage = Stage::ClientHelloReceived(accepted);
            }
            return Err(error);
        }
        self.stage = Stage::Configured(accepted, config);
        Ok(())
    }

    /// Creates the response to the ClientHello: a ServerHello flight, or a HelloRetryRequest.
    pub(super) fn answer_client_hello(
        &mut self,
        ctx: &mut Context<'_>,
        accepted: Accepted<Tcp>,
        config: Arc<ServerConfig>,
    ) -> Result<ServerHandshake> {
        let next =
            self.attempt::<ServerSide>(ctx, |_, output| accepted.choose_config(config, output));
        let next = match next {
            Ok(next) => Ok(next.map_err(|error| rejection(error, ctx.version()))?),
            Err(error) if error.is_blocked() => Err(error),
            Err(error) => return Err(error),
        };
        let answer = ServerHello::read(&handshake_content(&ctx.output));
        if let Some(answer) = &answer {
            ctx.state.use_server_hello(answer);
        }
        self.awaits_second_hello = answer.is_some_and(|answer| answer.is_retry_request());
        ctx.shared().use_send_buffer();
        next
    }
}

/// Converts the error of a rejected ClientHello.
fn rejection(error: rustls::Error, version: Version) -> Error {
    match error {
        rustls::Error::PeerIncompatible(PeerIncompatible::NoKxGroupsInCommon) => {
            match version == Version::Tls13 {
                true => Code::InvalidSupportedGroupState.into(),
                // Before TLS 1.3 every cipher suite requires a group.
                false => Code::CipherNotSupported.into(),
            }
        }
        error => error.into(),
    }
}
