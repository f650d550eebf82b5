//! Verification of the peer's certificate, with callbacks of the application, which may be
//! asynchronous.

use std::sync::Arc;

use rustls::crypto::{CertificateIdentity, Identity, VerifiedIdentity};

use super::context::Context;
use super::raw_key::KeyVerification;
use super::side::{self, Side};
use super::validation::{request_validation, validated};
use crate::base::log::log;
use crate::error::{Code, Error, Result};
use crate::verify::chain_cache::VerifiedChain;
use crate::verify::crl::{Crl, CrlLookup};
use crate::verify::{Moment, Presented, Validation, Verifier};

/// The verification of a peer's certificate, with the handshake state of rustls.
pub(super) struct PeerVerification<S: Side> {
    peer: S::Peer,
    identity: IdentityVerification,
}

/// The verification of what a peer has presented.
enum IdentityVerification {
    Certificates(CertVerification),
    RawKey(KeyVerification),
}

impl<S: Side> PeerVerification<S> {
    /// Starts the verification of a chain or a raw public key. With a public name, that of an ECH
    /// config, the server has rejected the encrypted ClientHello, and its certificate is verified for
    /// this name.
    pub(super) fn new(
        peer: S::Peer,
        presented: side::Presented,
        public_name: Option<Vec<u8>>,
    ) -> Self {
        let identity = match presented {
            side::Presented::Certificates(chain, ocsp_response) => {
                IdentityVerification::Certificates(CertVerification {
                    presented: Presented::new(chain),
                    ocsp_response,
                    progress: Progress::Presented,
                    public_name,
                })
            }
            side::Presented::RawKey(spki) => {
                IdentityVerification::RawKey(KeyVerification::new(spki))
            }
        };
        Self { peer, identity }
    }

    /// Returns whether a callback of the application is incomplete.
    pub(super) fn is_pending(&self) -> bool {
        match &self.identity {
            IdentityVerification::Certificates(certificates) => certificates.is_pending(),
            IdentityVerification::RawKey(key) => key.is_pending(),
        }
    }

    /// Continues the verification. Returns true if the identity is accepted, and false if a
    /// callback of the application is incomplete.
    pub(super) fn proceed(&mut self, ctx: &Context<'_>) -> Result<bool> {
        let overrides = ctx.state.overrides();
        let mut verifier = ctx.settings.verifier(&overrides, ctx.mode());
        let (outcome, what) = match &mut self.identity {
            IdentityVerification::Certificates(certificates) => {
                if certificates.public_name.is_some() {
                    // The callback of the application verifies the name that it connects to.
                    verifier.verify_host = None;
                }
                (certificates.proceed(ctx, &verifier), "certificate")
            }
            IdentityVerification::RawKey(key) => (key.proceed(ctx, &verifier), "raw public key"),
        };
        if matches!(outcome, Ok(true)) && !verifier.is_off() && self.has_public_name() {
            ctx.state.verify_ech_rejection();
        }
        match &outcome {
            Ok(true) => log!(
                Debug,
                ctx.state.name(),
                "handshake: the {what} of the peer is accepted"
            ),
            Ok(false) => {}
            Err(_) => ctx.state.set_rejection(verifier.rejection.take()),
        }
        outcome
    }

    /// Returns whether the certificate is verified for a public name. A raw public key has no name.
    fn has_public_name(&self) -> bool {
        match &self.identity {
            IdentityVerification::Certificates(certificates) => certificates.public_name.is_some(),
            IdentityVerification::RawKey(_) => false,
        }
    }

    /// Returns the peer, and the identity with which rustls continues: with the whole chain, or
    /// with the leaf alone.
    pub(super) fn accept(self) -> Result<(S::Peer, VerifiedIdentity<'static>)> {
        let certificates = match self.identity {
            IdentityVerification::Certificates(certificates) => certificates,
            IdentityVerification::RawKey(key) => {
                return Ok((self.peer, VerifiedIdentity::assertion(key.into_identity())));
            }
        };
        let mut chain = certificates.presented.into_chain().into_iter();
        let leaf = chain.next().ok_or(Code::NoCertFound)?;
        // rustls keeps the identity as long as the connection exists.
        let rest = match S::KEEPS_PEER_CHAIN {
            true => chain.collect(),
            false => Vec::new(),
        };
        let identity = Identity::X509(CertificateIdentity::new(leaf, rest));
        Ok((self.peer, VerifiedIdentity::assertion(identity)))
    }

    /// Ends the handshake with an error, and appends its alert to the output.
    pub(super) fn reject(self, error: &Error, output: &mut Vec<u8>) {
        S::reject(self.peer, rustls::Error::from(error), output);
    }
}

/// The verification of a certificate chain.
struct CertVerification {
    presented: Presented,
    /// Empty for none.
    ocsp_response: Vec<u8>,
    progress: Progress,
    /// The name that the certificate must have in place of the server name.
    public_name: Option<Vec<u8>>,
}

enum Progress {
    Presented,
    /// The application looks up CRLs.
    LookingUpCrls(Vec<Arc<CrlLookup>>),
    /// A path can be built; with CRLs, if there is a callback for them.
    Ready(Option<Vec<Arc<Crl>>>),
    /// The path of the chain is cached.
    Known(Arc<VerifiedChain>),
    /// The path is valid, or verification is disabled.
    Verified,
    /// The application validates the certificate.
    Validating(Arc<Validation>),
}

impl CertVerification {
    fn is_pending(&self) -> bool {
        match &self.progress {
            Progress::LookingUpCrls(lookups) => lookups.iter().any(|one| one.answered().is_none()),
            Progress::Validating(validation) => validation.outcome().is_none(),
            _ => false,
        }
    }

    /// Continues the verification. Returns true if the certificate is accepted, and false if a
    /// callback of the application is incomplete.
    fn proceed(&mut self, ctx: &Context<'_>, verifier: &Verifier<'_>) -> Result<bool> {
        let reject = |code, reason| verifier.reject_leaf(code, &self.presented, reason);
        loop {
            if self.is_pending() {
                return Ok(false);
            }
            self.progress = match &self.progress {
                Progress::Presented if verifier.is_off() => {
                    verifier.check_accepts_certificates()?;
                    let chain = self.presented.chain().iter();
                    let chain = chain.map(|cert| cert.as_ref().into()).collect();
                    ctx.state.set_unverified_peer(chain);
                    self.store_ocsp(ctx);
                    Progress::Verified
                }
                Progress::Presented => {
                    verifier.check_accepts_certificates()?;
                    self.check_presented(ctx, verifier)?
                }
                Progress::LookingUpCrls(lookups) => {
                    let crls = lookups
                        .iter()
                        .filter_map(|lookup| lookup.answered().flatten());
                    Progress::Ready(Some(crls.collect()))
                }
                Progress::Ready(crls) => {
                    self.check_path(ctx, verifier, crls.as_deref(), &verifier.moment()?)?
                }
                Progress::Known(known) => {
                    let moment = verifier.moment()?;
                    match known.path_at(&moment) {
                        Some(path) => {
                            ctx.state.set_peer_path(path);
                            self.store_ocsp(ctx);
                            Progress::Verified
                        }
                        None => self.check_path(ctx, verifier, None, &moment)?,
                    }
                }
                Progress::Verified => match request_validation(ctx, verifier, reject)? {
                    Some(validation) => Progress::Validating(validation),
                    None => return Ok(true),
                },
                Progress::Validating(validation) => return validated(validation, reject),
            };
        }
    }

    /// Builds the path, and checks the OCSP response.
    fn check_path(
        &self,
        ctx: &Context<'_>,
        verifier: &Verifier<'_>,
        crls: Option<&[Arc<Crl>]>,
        moment: &Moment,
    ) -> Result<Progress> {
        let path = verifier.find_path(&self.presented, crls, moment)?;
        let certificates = path.certificates();
        ctx.state.set_peer_path(certificates.clone());
        self.store_ocsp(ctx);
        if self.has_ocsp() {
            verifier.check_ocsp(&path, &self.ocsp_response)?;
        }
        let (is_tls13, has_ocsp) = (ctx.is_tls13(), self.has_ocsp());
        verifier.cache(&self.presented, is_tls13, has_ocsp, &certificates, moment);
        Ok(Progress::Verified)
    }

    fn has_ocsp(&self) -> bool {
        !self.ocsp_response.is_empty()
    }

    /// Stores the OCSP response for the application.
    fn store_ocsp(&self, ctx: &Context<'_>) {
        if self.has_ocsp() {
            ctx.state.set_peer_ocsp(&self.ocsp_response);
        }
    }

    /// Checks the chain and its names, and starts the CRL lookups.
    fn check_presented(&self, ctx: &Context<'_>, verifier: &Verifier<'_>) -> Result<Progress> {
        // Without a callback, a server compares the names with the server_name of the client.
        let name = match &self.public_name {
            Some(name) => Some(name.clone()),
            None => ctx
                .state
                .with_server_name(|name| name.map(|name| name.to_bytes().to_vec())),
        };
        let (name, is_tls13) = (name.as_deref(), ctx.is_tls13());
        if let Some(known) = verifier.find_known(&self.presented, is_tls13, self.has_ocsp()) {
            verifier.check_known(&known, &self.presented, name)?;
            return Ok(Progress::Known(known));
        }
        verifier.check_presented(&self.presented, name, is_tls13)?;
        let Some(callback) = verifier.crl_lookup_callback() else {
            return Ok(Progress::Ready(None));
        };
        let lookups = self.presented.crl_lookups()?;
        ctx.state.set_crl_lookups(&lookups);
        for lookup in &lookups {
            if !callback.look_up(lookup) {
                return Err(verifier.reject_leaf(
                    Code::Cancelled,
                    &self.presented,
                    "the callback of s2n_config_set_crl_lookup_cb() has failed",
                ));
            }
        }
        Ok(Progress::LookingUpCrls(lookups))
    }
}
