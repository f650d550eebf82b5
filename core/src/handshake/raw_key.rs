//! Verification of the peer's raw public key (RFC 7250), and the negotiation of certificate types.
//!
//! No name, validity period, revocation list or OCSP response is checked: a key has none. The callback
//! that validates certificates is called, after the key was found among the trusted ones.

use std::sync::Arc;

use rustls::crypto::Identity;

use super::context::Context;
use super::validation::{request_validation, validated};
use super::{Handshake, fatal_record};
use crate::base::{Mode, Version};
use crate::config::ClientAuth;
use crate::credentials::cert_types::{CertTypes, HelloTypes, RAW_PUBLIC_KEY};
use crate::error::{Alert, Code, Error, Result};
use crate::messages::{ClientHelloPayload, ServerHello};
use crate::verify::rejection::Check;
use crate::verify::{Validation, Verifier};

/// The verification of a raw public key.
pub(super) struct KeyVerification {
    spki: Vec<u8>,
    progress: Progress,
}

enum Progress {
    Presented,
    /// The key is one of the trusted ones.
    Trusted,
    /// The application validates the key.
    Validating(Arc<Validation>),
}

impl KeyVerification {
    pub(super) fn new(spki: Vec<u8>) -> Self {
        Self {
            spki,
            progress: Progress::Presented,
        }
    }

    /// Returns whether a callback of the application is incomplete.
    pub(super) fn is_pending(&self) -> bool {
        match &self.progress {
            Progress::Validating(validation) => validation.outcome().is_none(),
            _ => false,
        }
    }

    /// Continues the verification. Returns true if the key is accepted, and false if the callback of
    /// the application is incomplete.
    pub(super) fn proceed(&mut self, ctx: &Context<'_>, verifier: &Verifier<'_>) -> Result<bool> {
        let reject = |code, reason| {
            let check = Check::Application(reason);
            verifier.reject_key(code, &self.spki, check)
        };
        loop {
            self.progress = match &self.progress {
                Progress::Presented => {
                    verifier.check_raw_key(&self.spki)?;
                    ctx.state.set_peer_raw_key(&self.spki);
                    Progress::Trusted
                }
                Progress::Trusted => match request_validation(ctx, verifier, reject)? {
                    Some(validation) => Progress::Validating(validation),
                    None => return Ok(true),
                },
                Progress::Validating(validation) => return validated(validation, reject),
            };
        }
    }

    /// Returns the identity with which rustls continues.
    pub(super) fn into_identity(self) -> Identity<'static> {
        Identity::RawPublicKey(self.spki.into())
    }
}

impl Handshake {
    /// Returns what the hellos have determined about certificate types so far.
    pub(super) fn hello_types(&self, ctx: &Context<'_>) -> HelloTypes {
        let is_tls13 = match ctx.mode() {
            Mode::Client => {
                self.server_hello_version == Some(Version::Tls13) && !self.awaits_second_hello
            }
            Mode::Server => ctx.is_tls13(),
        };
        HelloTypes {
            is_tls13,
            client_has_raw_key: self.client_has_raw_key,
        }
    }

    /// Server: checks that the client supports the certificate types of the config, before rustls
    /// does: RFC 7250, 4.2, requires the alert unsupported_certificate. A handshake with a pre-shared
    /// key has no certificates.
    pub(super) fn check_cert_types(
        &mut self,
        ctx: &mut Context<'_>,
        hello: &ClientHelloPayload<'_>,
        uses_psk: bool,
    ) -> Result<()> {
        let offered = hello.client_cert_types();
        self.client_has_raw_key = offered.is_some_and(|types| types.contains(&RAW_PUBLIC_KEY));
        if uses_psk {
            return Ok(());
        }
        let sent = ctx
            .settings
            .sent_types()
            .filter(|types| types.has_raw_keys());
        let is_sendable = sent.is_none_or(|types| types.has_any_of(hello.server_cert_types()));
        let accepted = ctx.settings.accepted_types();
        let is_acceptable = ctx.client_auth() != ClientAuth::Required
            || accepted != CertTypes::RawPublicKey
            || self.client_has_raw_key;
        let rule = match (is_sendable, is_acceptable) {
            (true, true) => return Ok(()),
            (false, _) => {
                "the client supports none of the certificate types that the server has (RFC 7250): \
                 the config has a raw public key"
            }
            (true, false) => {
                "client authentication is required with a raw public key (RFC 7250), and the client \
                 has none"
            }
        };
        let error = Code::CertTypeUnsupported.rule(rule);
        Err(ctx.refuse(error, Alert::UnsupportedCertificate))
    }

    /// Client: checks that a server that selects TLS 1.2 has not selected raw public keys. If they
    /// were not offered, rustls rejects the extension as unsolicited.
    pub(super) fn check_tls12_cert_types(
        &self,
        ctx: &mut Context<'_>,
        hello: &ServerHello,
    ) -> Result<()> {
        let settings = &ctx.settings;
        let is_offered = settings.accepted_types().has_raw_keys()
            || settings.sent_types().is_some_and(CertTypes::has_raw_keys);
        if !is_offered || !hello.selects_cert_type || hello.version == Version::Tls13 {
            return Ok(());
        }
        ctx.send.pending_alert = fatal_record(Alert::UnsupportedCertificate).to_vec();
        let error = Code::CertTypeUnsupported.rule(
            "the server selects raw public keys with TLS 1.2; they are supported with TLS 1.3 only",
        );
        Err(error.and_alert(Alert::UnsupportedCertificate))
    }
}

/// Client: checks that the policy has TLS 1.3, if raw public keys require it.
pub(super) fn check_policy(ctx: &Context<'_>) -> Result<()> {
    let is_required = ctx.settings.client_requires_tls13();
    match is_required && !ctx.policy().supports_tls13() {
        true => Err(Code::InvalidCipherPreferences
            .rule("raw public keys require TLS 1.3, which the security policy does not have")),
        false => Ok(()),
    }
}

/// Returns the error of a server that requires TLS 1.3, because of raw public keys.
pub(super) fn tls13_required() -> Error {
    Code::ProtocolVersionUnsupported.rule(
        "the config of the server has raw public keys and no certificates for one of the sides, which \
         requires TLS 1.3: the client, or the security policy, does not support it",
    )
}
