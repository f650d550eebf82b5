//! Who showed which certificate, and how the handshake was signed.

use std::ffi::CStr;
use std::sync::Arc;
use std::sync::atomic::Ordering::*;

use super::Connection;
use crate::tls::base::{Mode, Version, lock};
use crate::tls::certs::CertChain;
use crate::tls::certs::crl::CrlLookup;
use crate::tls::config::Validation;
use crate::tls::credentials::step_context::Choices;
use crate::tls::credentials::{self, NameMatch};
use crate::tls::error::{Code, Result};
use crate::tls::handshake::At;
use crate::tls::policy::names::{self, Hash, Signature};

/// How a server's certificate was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerName {
    /// The client asked for no name.
    None,
    Exact,
    Wildcard,
    /// No certificate has the name.
    NoMatch,
}

/// Certificates (DER), the leaf first.
pub type Certificates = Arc<[Box<[u8]>]>;

/// What the peer has shown of itself.
#[derive(Default)]
pub(super) struct Peer {
    /// The path from its certificate to one that we trust.
    path: Option<Certificates>,
    /// What it showed, if nobody verifies that.
    unverified: Option<Certificates>,
    /// Client: the OCSP response that came with the certificate.
    ocsp: Option<Arc<[u8]>>,
    /// Server: the client asked for an OCSP response.
    asked_for_ocsp: bool,
    /// What the application was asked about the peer's certificates, and has the addresses of.
    lookups: Vec<Arc<CrlLookup>>,
    validation: Option<Arc<Validation>>,
}

impl Connection {
    pub(crate) fn set_peer_path(&self, path: Certificates) {
        lock(&self.peer).path = Some(path);
    }

    pub(crate) fn set_unverified_peer(&self, shown: Certificates) {
        lock(&self.peer).unverified = Some(shown);
    }

    pub(crate) fn keep_lookups(&self, lookups: &[Arc<CrlLookup>]) {
        lock(&self.peer).lookups = lookups.to_vec();
    }

    pub(crate) fn keep_validation(&self, validation: &Arc<Validation>) {
        lock(&self.peer).validation = Some(validation.clone());
    }

    pub(crate) fn set_peer_ocsp(&self, response: &[u8]) {
        lock(&self.peer).ocsp = Some(response.into());
    }

    pub(crate) fn note_ocsp_request(&self) {
        lock(&self.peer).asked_for_ocsp = true;
    }

    /// The path that was verified: the peer's certificate first, one that we trust last.
    pub fn peer_path(&self) -> Result<Certificates> {
        let path = lock(&self.peer).path.clone();
        Ok(path.ok_or(Code::CertNotValidated)?)
    }

    /// The certificates that the peer has shown, if the config verifies none: anybody can show them.
    pub fn unverified_peer(&self) -> Option<Certificates> {
        lock(&self.peer).unverified.clone()
    }

    /// Client: the OCSP response that came with the server's certificate. It stays where it is until the
    /// connection is wiped.
    pub fn peer_ocsp(&self) -> Option<Arc<[u8]>> {
        lock(&self.peer).ocsp.clone()
    }

    /// Whether the server shows, or showed, an OCSP response.
    pub fn is_ocsp_stapled(&self) -> bool {
        let peer = lock(&self.peer);
        match self.mode {
            Mode::Client => peer.ocsp.is_some(),
            Mode::Server => {
                let chain = self.selected_chain();
                peer.asked_for_ocsp && chain.is_some_and(|chain| chain.ocsp().is_some())
            }
        }
    }

    pub(crate) fn choices(&self) -> Choices {
        lock(&self.choices).clone()
    }

    pub(crate) fn note_choices(&self, later: Choices) {
        lock(&self.choices).extend(later);
    }

    /// The certificate that this side shows, once it is chosen.
    pub fn selected_chain(&self) -> Option<Arc<CertChain>> {
        lock(&self.choices).chain.clone()
    }

    /// Passes the application's signature to the handshake, if that is suspended for it.
    pub fn apply_signature(&self, operation: &credentials::Signature) -> Result<()> {
        operation.apply(&self.signing)
    }

    /// Server: how the certificate was found.
    pub fn name_match(&self) -> Result<ServerName> {
        if self.mode == Mode::Client {
            return Err(Code::ClientMode)?;
        }
        let choices = self.choices();
        if choices.chain.is_none() {
            return Err(Code::NoCertFound)?;
        }
        let asked = self.with_server_name(|name| name.is_some());
        Ok(match choices.name_match {
            NameMatch::Exact => ServerName::Exact,
            NameMatch::Wildcard => ServerName::Wildcard,
            NameMatch::None if asked => ServerName::NoMatch,
            NameMatch::None => ServerName::None,
        })
    }

    /// The message of the handshake that comes next, or the end of it.
    pub fn message_name(&self) -> &'static CStr {
        At::name(self.shared.at.load(Acquire))
    }

    /// How the server signed.
    pub fn server_signature(&self) -> (Signature, Hash) {
        names::signature(self.scheme_of(Mode::Server))
    }

    /// How the client signed, if it showed a certificate.
    pub fn client_signature(&self) -> (Signature, Hash) {
        names::signature(self.scheme_of(Mode::Client))
    }

    /// The name of the server's signature scheme.
    pub fn signature_scheme_name(&self) -> &'static CStr {
        self.signature_scheme(Mode::Server).unwrap_or(c"none")
    }

    /// The name of the scheme with which a side signed, if it did.
    pub fn signature_scheme(&self, side: Mode) -> Option<&'static CStr> {
        names::signature_scheme(self.scheme_of(side)?, self.version() >= Version::Tls13)
    }

    fn scheme_of(&self, side: Mode) -> Option<u16> {
        let choices = lock(&self.choices);
        match side == self.mode {
            true => choices.our_scheme,
            false => choices.peer_scheme,
        }
    }
}
