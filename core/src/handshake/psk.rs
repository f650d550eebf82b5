//! The pre-shared key that a server uses (RFC 8446, 4.2.11): which one of a ClientHello, and the
//! rustls config with it.
//!
//! The decision is made before rustls answers the ClientHello. rustls is given a store that has
//! this key alone.

use std::sync::Arc;

use rustls::Error as RustlsError;
use rustls::crypto::{Credentials, Identity, SelectedCredential, Signer};
use rustls::enums::CertificateType;
use rustls::pki_types::CertificateDer;
use rustls::server::{ClientHello as RustlsHello, ServerConfig, ServerCredentialResolver};

use super::Handshake;
use super::context::Context;
use crate::base::memory;
use crate::config::{ClientAuth, PskMode};
use crate::credentials::cert_types::CertTypes;
use crate::credentials::signing::NoKey;
use crate::error::Result;
use crate::messages::{ClientHello, ClientHelloPayload};
use crate::policy::PskSuite;
use crate::resumption::{Binding, ChosenPsk, EarlyDataBinding, OfferedPsks, Tls13Sessions};

/// A pre-shared key, and the suite of the handshake that uses it.
pub(super) struct SelectedPsk {
    pub(super) psk: ChosenPsk,
    pub(super) suite: PskSuite,
}

impl Handshake {
    /// Selects the pre-shared key of a ClientHello, once.
    pub(super) fn select_psk(&mut self, ctx: &Context<'_>, hello: &ClientHello) -> Result<()> {
        if std::mem::replace(&mut self.has_selected_psk, true) {
            return Ok(());
        }
        let chosen = choose(ctx, hello)?;
        // The callback may have chosen a key, and failed.
        ctx.state.drop_used_psk();
        let Some(psk) = chosen else {
            return Ok(());
        };
        let suite = hello.with_payload(|hello| {
            let suites = hello.suites();
            Ok(ctx.policy().psk_suite(psk.state.suite, suites))
        })?;
        // RFC 8446, 4.2.11: "If no acceptable PSKs are found, the server SHOULD perform a non-PSK
        // handshake if possible."
        let Some(suite) = suite else {
            return Ok(());
        };
        ctx.state.use_psk(&psk);
        self.selected_psk = Some(Box::new(SelectedPsk { psk, suite }));
        Ok(())
    }

    /// Makes rustls use the selected pre-shared key, and accept early data if `early_data` is given.
    pub(super) fn use_selected_psk(
        &mut self,
        server_name: Option<&str>,
        early_data: Option<(u32, EarlyDataBinding<'_>)>,
        cert_types: CertTypes,
        config: &mut Arc<ServerConfig>,
    ) -> Result<()> {
        let Some(selected) = self.selected_psk.take() else {
            return Ok(());
        };
        let SelectedPsk { psk, suite } = *selected;
        let binding = Binding {
            server_name,
            suite: suite.number,
            early_data: early_data.map(|(_, binding)| binding),
        };
        let config = Arc::make_mut(config);
        config.cipher_suite_selector = suite.selector;
        config.session_storage = Arc::new(Tls13Sessions {
            identity: psk.identity,
            session: binding.tls13_session(&psk.state)?,
        });
        config.cert_resolver = Arc::new(OptionalCertificate {
            resolver: config.cert_resolver.clone(),
            types: cert_types.list(),
        });
        config.max_early_data_size = early_data.map_or(0, |(max, _)| max);
        self.expiration = psk.state.expiration;
        Ok(())
    }
}

/// Chooses one of the pre-shared keys that the client offers.
fn choose(ctx: &Context<'_>, hello: &ClientHello) -> Result<Option<ChosenPsk>> {
    let identities = hello.with_payload(|hello| match hello.offers_psk_dhe() {
        true => memory::to_arc(hello.psk_identity_list()),
        false => Ok(Arc::default()),
    })?;
    if identities.is_empty() {
        return Ok(None);
    }
    let config = &ctx.config;
    let callback = config.with_resumption(|settings| settings.psk_selection.clone());
    if let Some(callback) = callback {
        // No lock is held: the callback may use the connection, and add keys.
        let offered = OfferedPsks::new(ctx.state.name(), identities);
        let is_chosen = callback.select(ctx.state.name(), &offered);
        return Ok(offered.take_chosen().filter(|_| is_chosen));
    }
    let offered = ClientHelloPayload::identities_of(&identities);
    if ctx.state.psk_mode() == PskMode::External {
        return ctx.state.choose_external(offered);
    }
    // A session has no certificate of the client.
    if !config.uses_tickets() || ctx.client_auth() != ClientAuth::None {
        return Ok(None);
    }
    let Ok(now) = ctx.settings.wall_nanoseconds() else {
        return Ok(None);
    };
    let settings = config.with_resumption(|settings| settings.clone());
    Ok(settings.find_tls13(offered, now))
}

/// Resolves the certificate of a handshake with a pre-shared key. It is not sent, so that there may
/// be none, but rustls requires one.
#[derive(Debug)]
struct OptionalCertificate {
    resolver: Arc<dyn ServerCredentialResolver>,
    types: &'static [CertificateType],
}

impl ServerCredentialResolver for OptionalCertificate {
    fn resolve(&self, hello: &RustlsHello<'_>) -> Result<SelectedCredential, RustlsError> {
        self.resolver.resolve(hello).or_else(|_| no_certificate())
    }

    fn supported_certificate_types(&self) -> &'static [CertificateType] {
        self.types
    }
}

/// Returns an empty certificate, with a key that cannot sign: the second ClientHello, after a
/// HelloRetryRequest, does not have the pre-shared key.
fn no_certificate() -> Result<SelectedCredential, RustlsError> {
    const EMPTY_SEQUENCE: [u8; 2] = [0x30, 0];

    let chain = vec![CertificateDer::from(EMPTY_SEQUENCE.to_vec())];
    let identity = Arc::new(Identity::from_cert_chain(chain)?);
    let credentials = Credentials::new_unchecked(identity, Box::new(NoKey));
    let selected = credentials.signer(&[NoKey.scheme()]);
    selected.ok_or(RustlsError::NoSuitableCertificate)
}
