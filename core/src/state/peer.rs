//! Authentication: the certificates and signatures of both sides.

use std::borrow::Cow;
use std::ffi::CStr;
use std::sync::Arc;

use super::State;
use crate::base::{Mode, Version, lock};
use crate::credentials::{self, CertChain, NameMatch};
use crate::error::{Code, Result};
use crate::policy::names::{self, HashAlgorithm, SignatureAlgorithm};
use crate::verify::Validation;
use crate::verify::crl::CrlLookup;
use crate::x509::spki::PublicKey;
use crate::x509::{Certificate, DerChain};

/// How a server's certificate was selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerNameMatch {
    /// The client sent no server_name.
    None,
    Exact,
    Wildcard,
    /// No certificate has the name.
    NoMatch,
}

/// The authentication of the peer.
#[derive(Default)]
pub(super) struct Peer {
    /// The verified path, from the leaf to the trust anchor.
    path: Option<DerChain>,
    /// Server: the client requested an OCSP response.
    ocsp_requested: bool,
    /// Allocated for connections that have one of these.
    rare: Option<Box<Rare>>,
}

/// The parts of the authentication that few connections have.
#[derive(Default)]
struct Rare {
    /// The certificates that the peer has sent, if verification is disabled.
    unverified: Option<DerChain>,
    /// The raw public key of the peer, which is trusted.
    raw_key: Option<Arc<[u8]>>,
    /// Client: the stapled OCSP response.
    ocsp: Option<Arc<[u8]>>,
    /// Objects of the callbacks for the peer's certificates: the application has their addresses.
    lookups: Vec<Arc<CrlLookup>>,
    validation: Option<Arc<Validation>>,
}

impl Peer {
    fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    fn ocsp(&self) -> Option<&Arc<[u8]>> {
        self.rare.as_ref()?.ocsp.as_ref()
    }
}

impl State {
    pub(crate) fn set_peer_path(&self, path: DerChain) {
        lock(&self.results).peer.path = Some(path);
    }

    pub(crate) fn set_unverified_peer(&self, chain: DerChain) {
        lock(&self.results).peer.rare().unverified = Some(chain);
    }

    pub(crate) fn set_peer_raw_key(&self, spki: &[u8]) {
        lock(&self.results).peer.rare().raw_key = Some(spki.into());
    }

    /// Returns the raw public key with which the peer has authenticated.
    pub(crate) fn peer_raw_key(&self) -> Result<Arc<[u8]>> {
        let results = lock(&self.results);
        let rare = results.peer.rare.as_ref();
        let key = rare.and_then(|rare| rare.raw_key.clone());
        Ok(key.ok_or(Code::NoCertFound)?)
    }

    pub(crate) fn set_crl_lookups(&self, lookups: &[Arc<CrlLookup>]) {
        lock(&self.results).peer.rare().lookups = lookups.to_vec();
    }

    pub(crate) fn set_validation(&self, validation: &Arc<Validation>) {
        lock(&self.results).peer.rare().validation = Some(validation.clone());
    }

    pub(crate) fn set_peer_ocsp(&self, response: &[u8]) {
        lock(&self.results).peer.rare().ocsp = Some(response.into());
    }

    pub(crate) fn set_ocsp_requested(&self) {
        lock(&self.results).peer.ocsp_requested = true;
    }

    /// Returns the verified path, from the leaf to the trust anchor.
    pub(crate) fn peer_path(&self) -> Result<DerChain> {
        let path = lock(&self.results).peer.path.clone();
        Ok(path.ok_or(Code::CertNotValidated)?)
    }

    /// Returns the certificates that the peer has sent, if verification is disabled. They
    /// authenticate nothing.
    pub(crate) fn unverified_peer(&self) -> Option<DerChain> {
        let results = lock(&self.results);
        results.peer.rare.as_ref()?.unverified.clone()
    }

    /// Client: returns the stapled OCSP response. Its address is valid until the connection is
    /// wiped.
    pub(crate) fn peer_ocsp(&self) -> Option<Arc<[u8]>> {
        lock(&self.results).peer.ocsp().cloned()
    }

    /// Returns whether an OCSP response is stapled: received by a client, or to be sent by a
    /// server.
    pub(crate) fn is_ocsp_stapled(&self) -> bool {
        let results = lock(&self.results);
        match self.mode {
            Mode::Client => results.peer.ocsp().is_some(),
            Mode::Server => {
                let chain = &results.selection.chain;
                let has_response = chain.as_ref().is_some_and(|chain| chain.ocsp().is_some());
                results.peer.ocsp_requested && has_response
            }
        }
    }

    /// Returns the certificate chain that this side sends, once it is selected.
    pub(crate) fn selected_chain(&self) -> Option<Arc<CertChain>> {
        lock(&self.results).selection.chain.clone()
    }

    /// Returns the type of a side's key, such as "rsa2048": of the selected chain, or of the peer's
    /// verified path or raw public key.
    pub(crate) fn public_key_name(&self, side: Mode) -> Result<Cow<'static, str>> {
        if side == self.mode {
            return self.selected_chain().ok_or(Code::Null)?.key_name();
        }
        let name = match self.peer_raw_key() {
            Ok(spki) => PublicKey::parse(spki.to_vec())?.info().name(),
            Err(_) => {
                let path = self.peer_path()?;
                let leaf = path.first().ok_or(Code::Null)?;
                Certificate::parse(&**leaf)?.key_info().name()
            }
        };
        Ok(name.ok_or(Code::CertTypeUnsupported)?)
    }

    /// Passes the application's signature to the handshake, if that is suspended for it.
    pub(crate) fn apply_signature(&self, operation: &credentials::Signature) -> Result<()> {
        operation.apply(self.signing())
    }

    /// Server: returns how the certificate was selected.
    pub(crate) fn server_name_match(&self) -> Result<ServerNameMatch> {
        if self.mode == Mode::Client {
            return Err(Code::ClientMode)?;
        }
        let selection = self.selection();
        if selection.chain.is_none() {
            return Err(Code::NoCertFound)?;
        }
        let has_name = self.with_server_name(|name| name.is_some());
        Ok(match selection.name_match {
            NameMatch::Exact => ServerNameMatch::Exact,
            NameMatch::Wildcard => ServerNameMatch::Wildcard,
            NameMatch::None if has_name => ServerNameMatch::NoMatch,
            NameMatch::None => ServerNameMatch::None,
        })
    }

    /// Returns the signature and hash algorithms of a side's signature.
    pub(crate) fn signature(&self, side: Mode) -> (SignatureAlgorithm, HashAlgorithm) {
        names::signature(self.scheme_of(side))
    }

    /// Returns the name of the scheme of a side's signature, if it has signed.
    pub(crate) fn signature_scheme(&self, side: Mode) -> Option<&'static CStr> {
        names::signature_scheme(self.scheme_of(side)?, self.version() >= Version::Tls13)
    }

    fn scheme_of(&self, side: Mode) -> Option<u16> {
        let selection = &lock(&self.results).selection;
        match side == self.mode {
            true => selection.local_scheme,
            false => selection.peer_scheme,
        }
    }
}
