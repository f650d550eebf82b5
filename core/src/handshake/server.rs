//! Processing of the ClientHello on a server: storage, selection of the config, and the response.

use std::sync::Arc;
use std::sync::atomic::Ordering::*;

use rustls::server::{Accepted, ServerConfig, ServerHandshake};
use rustls::{ServerSide, Tcp};

use super::Handshake;
use super::context::Context;
use super::offer::{Offer, negotiate_version, rejection};
use super::plaintext::handshake_content;
use super::quic;
use super::stage::{ReceivedHello, Stage};
use crate::base::{Version, memory};
use crate::config::EarlyDataProgress;
use crate::credentials::cert_types::CertTypes;
use crate::error::{Alert, Code, Result};
use crate::messages::{ClientHello, ClientHelloPayload, ServerHello};
use crate::resumption::EarlyDataBinding;

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
        match self.select_config(ctx, &accepted) {
            Ok(config) => {
                self.stage = Stage::Configured(accepted, config);
                Ok(())
            }
            Err(error) => {
                if error.is_blocked() {
                    self.stage = Stage::ClientHelloReceived(accepted);
                }
                Err(error)
            }
        }
    }

    fn select_config(
        &mut self,
        ctx: &mut Context<'_>,
        accepted: &ReceivedHello,
    ) -> Result<Arc<ServerConfig>> {
        let hello = ctx.state.client_hello().ok_or(Code::BadMessage)?;
        let offer = hello.with_payload(|hello| Ok(Offer::of(hello)))?;
        if offer.requests_ocsp {
            ctx.state.set_ocsp_requested();
        }
        let version = negotiate_version(ctx, &offer)?;
        quic::check_client_hello(ctx, hello)?;
        let mut config = ctx.settings.server(&ctx.state.overrides())?;
        Self::record_early_data_request(ctx, hello, version)?;
        if version == Version::Tls13 {
            self.select_psk(ctx, hello)?;
            Self::check_extensions(ctx, hello)?;
        }
        if !config.has_certificates && self.selected_psk.is_none() {
            // Before TLS 1.3 every cipher suite requires a certificate, so none is supported
            // without.
            let code = match version {
                Version::Tls13 => Code::NoValidSignatureScheme,
                _ => Code::CipherNotSupported,
            };
            let error = code.rule(
                "the config of the server has no certificate, and the client offers no pre-shared \
                 key that the server has",
            );
            return Err(ctx.refuse(error, Alert::HandshakeFailure));
        }
        let uses_psk = self.selected_psk.is_some();
        hello.with_payload(|hello| {
            config.negotiate_alpn(hello.alpn());
            match version {
                Version::Tls13 => self.check_cert_types(ctx, hello, uses_psk),
                _ => Ok(()),
            }
        })?;
        let mut config = self.use_config(config);
        let name = accepted.server_name();
        let name = name.as_ref().map(AsRef::as_ref);
        match version {
            Version::Tls13 => self.prepare_tls13(ctx, hello, name, &mut config)?,
            _ => self.prepare_tls12(ctx, hello, name, &mut config)?,
        }
        ctx.shared().psk_is_selected.store(true, Release);
        Ok(config)
    }

    /// Rejects a ClientHello of TLS 1.3 that lacks a mandatory extension (RFC 8446, 9.2: "Servers
    /// receiving a ClientHello which does not conform to these requirements MUST abort the handshake
    /// with a "missing_extension" alert"), and stores whether its client can resume.
    fn check_extensions(ctx: &mut Context<'_>, hello: &ClientHello) -> Result<()> {
        let resumes = hello.with_payload(|hello| Ok(hello.offers_psk_dhe()))?;
        ctx.shared().client_resumes.store(resumes, Release);
        hello
            .with_payload(|hello| hello.check_key_exchange())
            .map_err(|error| ctx.refuse(error, Alert::MissingExtension))
    }

    /// Lets rustls use the selected pre-shared key, and the early data behind a ClientHello.
    fn prepare_tls13(
        &mut self,
        ctx: &mut Context<'_>,
        hello: &ClientHello,
        server_name: Option<&str>,
        config: &mut Arc<ServerConfig>,
    ) -> Result<()> {
        let offered = hello.with_payload(|hello| {
            let own = config.alpn_protocols.iter();
            let mut own = own.filter(|own| hello.alpn().any(|name| name == own.as_ref()));
            own.next()
                .map(|name| memory::copy(name.as_ref()))
                .transpose()
        })?;
        let alpn = offered.unwrap_or_default();
        let max = self.decide_early_data(ctx, hello, &alpn)?;
        let Some(selected) = &self.selected_psk else {
            return Ok(());
        };
        let early_data = match max {
            Some(max) => {
                let binding = EarlyDataBinding {
                    alpn: &alpn,
                    now: ctx.settings.wall_now()?.as_secs(),
                    age: selected.psk.age,
                };
                Some((max, binding))
            }
            None => None,
        };
        let cert_types = psk_cert_types(ctx, hello)?;
        self.use_selected_psk(server_name, early_data, cert_types, config)
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
        let is_retry = |answer: &ServerHello| answer.is_retry_request();
        self.awaits_second_hello = answer.as_ref().is_some_and(is_retry);
        // That of TLS 1.2 is required when the keys are derived, in a later step.
        self.server_hello = answer.filter(|_| ctx.version() == Version::Tls12);
        ctx.shared().use_send_buffer();
        check_early_data(ctx, next?)
    }
}

/// Returns the certificate types of a handshake with a pre-shared key, which sends no certificate, so
/// that a client that supports none of them is no reason to fail.
fn psk_cert_types(ctx: &Context<'_>, hello: &ClientHello) -> Result<CertTypes> {
    let sent = ctx.settings.sent_types().unwrap_or_default();
    let is_common = hello.with_payload(|hello| Ok(sent.has_any_of(hello.server_cert_types())))?;
    Ok(match is_common {
        true => sent,
        false => CertTypes::Both,
    })
}

/// Fails if this library has accepted early data, and rustls has not.
fn check_early_data(ctx: &Context<'_>, next: ServerHandshake) -> Result<ServerHandshake> {
    let ServerHandshake::NeedsInput(mut next) = next else {
        return Ok(next);
    };
    let is_accepted = ctx.state.early_data_progress() == EarlyDataProgress::Accepted;
    if is_accepted && next.early_exporter().is_err() {
        return Err(Code::HandshakeState)?;
    }
    Ok(ServerHandshake::NeedsInput(next))
}
