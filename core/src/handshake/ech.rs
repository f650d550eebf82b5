//! Encrypted ClientHello (RFC 9849) of a client: whether the server accepts it. rustls makes the two
//! ClientHellos, and verifies the confirmation in the ServerHello.

use rustls::client;
use rustls::error::RejectedEch;
use rustls::pki_types::DnsName;

use super::Handshake;
use super::context::Context;
use crate::base::log::log;
use crate::credentials::secret::Secret;
use crate::error::{Alert, Code, Error, Reason, Result};
use crate::messages::ClientHelloPayload;
use crate::state::EchStatus;

impl Handshake {
    /// Fails if the settings require an encrypted ClientHello that cannot be sent.
    pub(super) fn check_ech(ctx: &Context<'_>) -> Result<()> {
        let is_offered = ctx.state.offers_ech();
        if (is_offered || ctx.settings.sends_ech_grease()) && !ctx.policy().supports_tls13() {
            return Err(Code::InvalidCipherPreferences.rule(
                "Encrypted ClientHello, and GREASE for it, require TLS 1.3, which the security policy \
                 does not have",
            ));
        }
        if !is_offered {
            return Ok(());
        }
        if ctx.is_quic {
            return Err(
                Code::UnsupportedWithQuic.rule("Encrypted ClientHello is not supported with QUIC")
            );
        }
        let has_name = ctx.state.with_server_name(|name| {
            name.is_some_and(|name| DnsName::try_from(name.to_bytes()).is_ok())
        });
        match has_name {
            true => Ok(()),
            false => Err(Code::InvalidState.rule(
                "Encrypted ClientHello requires a DNS name of the server: see s2n_set_server_name()",
            )),
        }
    }

    /// Returns whether the client offers TLS 1.3 alone, whatever its policy has.
    pub(super) fn is_tls13_alone(ctx: &Context<'_>) -> bool {
        ctx.is_quic
            || ctx.settings.client_requires_tls13()
            || ctx.state.offers_ech()
            || ctx.settings.sends_ech_grease()
    }

    /// Stores the status of a ClientHello that was created.
    pub(super) fn begin_ech(&mut self, ctx: &Context<'_>, hello: &ClientHelloPayload<'_>) {
        if ctx.state.offers_ech() {
            self.outer_random = hello.random().map(Box::new);
            ctx.state.set_ech_status(EchStatus::Offered);
        } else if ctx.settings.sends_ech_grease() {
            ctx.state.set_ech_status(EchStatus::Grease);
        }
    }

    /// Determines from the secrets of the handshake whether the server has accepted the encrypted
    /// ClientHello. rustls reports it only at the end, but the application may ask earlier, when it
    /// validates the certificate.
    pub(super) fn conclude_ech(&mut self, ctx: &Context<'_>, secrets: &[Secret]) -> Result<()> {
        let Some(outer) = self.outer_random.as_deref() else {
            return Ok(());
        };
        let mut secrets = secrets.iter();
        let Some(secret) = secrets.find(|secret| secret.protects_messages()) else {
            return Ok(());
        };
        // The key log has the random of the ClientHello that the server has answered.
        if secret.client_random != *outer {
            ctx.state.set_ech_status(EchStatus::Accepted);
            log!(
                Info,
                ctx.state.name(),
                "handshake: the server has accepted the encrypted ClientHello"
            );
            return Ok(());
        }
        ctx.state.set_ech_status(EchStatus::Rejected);
        log!(
            Info,
            ctx.state.name(),
            "handshake: the server has rejected the encrypted ClientHello"
        );
        // RFC 9849, 6.1.4: "If the server responds with a "pre_shared_key" [...] the client MUST abort
        // the handshake with an "illegal_parameter" alert": the outer one has random identities.
        if (self.server_hello.as_ref()).is_some_and(|hello| hello.has_pre_shared_key) {
            let error = Error::with_alert(Code::BadMessage, Alert::IllegalParameter);
            return Err(error.because(Reason::Rule(
                "the server has selected a pre-shared key without decrypting the ClientHello",
            )));
        }
        Ok(())
    }

    /// Fails if a handshake with an encrypted ClientHello is complete, and the server has not accepted
    /// it: rustls must have ended that.
    pub(super) fn check_ech_status(&self, status: client::EchStatus) -> Result<()> {
        match self.outer_random.is_none() || status == client::EchStatus::Accepted {
            true => Ok(()),
            false => Err(Code::EchRejected)?,
        }
    }
}

/// Records that a handshake has ended because the server has rejected the encrypted ClientHello, and
/// returns the error. It is not delayed: it depends on no secret, and the application connects again
/// at once.
pub(super) fn reject(ctx: &Context<'_>, rejected: &RejectedEch) -> Error {
    let configs = rejected.retry_configs();
    let configs = configs.map(|list| list.to_vec()).unwrap_or_default();
    let has_configs = configs.len() > size_of::<u16>();
    ctx.state.set_retry_configs(match has_configs {
        true => configs,
        false => Vec::new(),
    });
    let error = Code::EchRejected.rule(match has_configs {
        true => "the server has rejected the encrypted ClientHello, and has sent other configs",
        false => "the server has rejected the encrypted ClientHello, and has sent no other configs",
    });
    error.without_blinding().and_alert(Alert::EchRequired)
}
