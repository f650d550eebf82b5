//! The verification of the peer's certificate, in which the application may have a say, and take its
//! time.

use std::sync::Arc;

use rustls::crypto::{CertificateIdentity, Identity, VerifiedIdentity};
use rustls::pki_types::CertificateDer;
use rustls::{ClientSide, ServerSide, Tcp, VerifyPeerIdentity};

use crate::tls::base::Version;
use crate::tls::base::memory;
use crate::tls::certs::crl::{Crl, CrlLookup};
use crate::tls::config::{Presented, Validation, Verifier};
use crate::tls::connection::Connection;
use crate::tls::error::{Code, Error, Result};

/// A certificate that nobody has accepted yet.
pub(super) struct Trial {
    peer: Peer,
    chain: Vec<CertificateDer<'static>>,
    /// Empty for none.
    ocsp: Vec<u8>,
    progress: Progress,
}

/// What rustls goes on with.
pub(super) enum Peer {
    Server(VerifyPeerIdentity<ClientSide, Tcp>),
    Client(VerifyPeerIdentity<ServerSide, Tcp>),
}

enum Progress {
    Presented,
    /// The application looks for lists of revoked certificates.
    LooksUp(Vec<Arc<CrlLookup>>),
    /// Everything is there to look for a path; the lists, if they were asked for.
    Ready(Option<Vec<Arc<Crl>>>),
    /// The path is fine, or does not matter.
    Verified,
    /// The application makes up its mind.
    Validates(Arc<Validation>),
}

impl Trial {
    pub(super) fn of_server(peer: VerifyPeerIdentity<ClientSide, Tcp>) -> Result<Self> {
        let presented = peer.presented_identity()?;
        let (chain, ocsp) = (certificates(presented.identity)?, presented.ocsp_response);
        let ocsp = ocsp.to_vec();
        Ok(Self {
            peer: Peer::Server(peer),
            chain,
            ocsp,
            progress: Progress::Presented,
        })
    }

    pub(super) fn of_client(peer: VerifyPeerIdentity<ServerSide, Tcp>) -> Result<Self> {
        Ok(Self {
            chain: certificates(peer.presented_identity()?.identity)?,
            peer: Peer::Client(peer),
            ocsp: Vec::new(),
            progress: Progress::Presented,
        })
    }

    /// Whether only the application can bring this on.
    pub(super) fn waits(&self) -> bool {
        match &self.progress {
            Progress::LooksUp(lookups) => lookups.iter().any(|one| one.answered().is_none()),
            Progress::Validates(validation) => validation.verdict().is_none(),
            _ => false,
        }
    }

    /// Goes on until the certificate is accepted, or the application is waited for: false.
    pub(super) fn proceed(&mut self, conn: &Connection) -> Result<bool> {
        let config = conn.config()?;
        let verifier = config.verifier(&conn.overrides(), conn.mode);
        let presented = Presented::new(&self.chain);
        loop {
            if self.waits() {
                return Ok(false);
            }
            self.progress = match &self.progress {
                Progress::Presented if verifier.is_off() => {
                    let shown = self.chain.iter().map(|cert| cert.as_ref().into());
                    conn.set_unverified_peer(shown.collect());
                    self.keep_ocsp(conn);
                    Progress::Verified
                }
                Progress::Presented => self.present(conn, &verifier, &presented)?,
                Progress::LooksUp(lookups) => {
                    let crls = lookups
                        .iter()
                        .filter_map(|lookup| lookup.answered().flatten());
                    Progress::Ready(Some(crls.collect()))
                }
                Progress::Ready(crls) => {
                    let path = verifier.find_path(&presented, crls.as_deref())?;
                    conn.set_peer_path(path.certificates());
                    self.keep_ocsp(conn);
                    if !self.ocsp.is_empty() {
                        verifier.check_ocsp(&path, &self.ocsp)?;
                    }
                    Progress::Verified
                }
                Progress::Verified => {
                    let Some(callback) = verifier.validate() else {
                        return Ok(true);
                    };
                    let validation = Arc::default();
                    conn.keep_validation(&validation);
                    if !callback.validate(conn.name(), &validation) {
                        return Err(Code::Cancelled)?;
                    }
                    Progress::Validates(validation)
                }
                Progress::Validates(validation) => match validation.verdict() {
                    Some(true) => return Ok(true),
                    _ => return Err(Code::CertRejected)?,
                },
            };
        }
    }

    fn keep_ocsp(&self, conn: &Connection) {
        if !self.ocsp.is_empty() {
            conn.set_peer_ocsp(&self.ocsp);
        }
    }

    /// Looks at the chain, and asks for lists of revoked certificates.
    fn present(
        &self,
        conn: &Connection,
        verifier: &Verifier<'_>,
        presented: &Presented<'_>,
    ) -> Result<Progress> {
        // A server without a callback compares with the name that the client asked for.
        let name = conn.with_server_name(|name| name.map(|name| name.to_bytes().to_vec()));
        let is_tls13 = conn.version() == Version::Tls13;
        verifier.check_presented(presented, name.as_deref(), is_tls13)?;
        let Some(callback) = verifier.look_up_crl() else {
            return Ok(Progress::Ready(None));
        };
        let lookups = self
            .chain
            .iter()
            .map(|cert| CrlLookup::new(cert).map(Arc::new));
        let lookups: Vec<_> = lookups.collect::<Result<_>>()?;
        conn.keep_lookups(&lookups);
        for lookup in &lookups {
            if !callback.look_up(lookup) {
                return Err(Code::Cancelled)?;
            }
        }
        Ok(Progress::LooksUp(lookups))
    }

    /// What rustls goes on with.
    pub(super) fn accept(self) -> Result<(Peer, VerifiedIdentity<'static>)> {
        let mut chain = self.chain.into_iter();
        let leaf = chain.next().ok_or(Code::NoCertFound)?;
        let rest = match &self.peer {
            // rustls keeps what it is given for as long as the connection lives. It needs the key of
            // the leaf; the rest of the chain has done its work.
            Peer::Server(_) => Vec::new(),
            Peer::Client(_) => chain.collect(),
        };
        let identity = Identity::X509(CertificateIdentity::new(leaf, rest));
        Ok((self.peer, VerifiedIdentity::assertion(identity)))
    }

    /// Lets rustls write the alert; the error stays ours.
    pub(super) fn refuse(self, error: &Error, output: &mut Vec<u8>) {
        let error = rustls::Error::from(error);
        match self.peer {
            Peer::Server(peer) => drop(peer.continue_with(Err(error), output)),
            Peer::Client(peer) => drop(peer.continue_with(Err(error), output)),
        }
    }
}

fn certificates(identity: &Identity<'_>) -> Result<Vec<CertificateDer<'static>>> {
    let Identity::X509(chain) = identity else {
        return Err(Code::CertTypeUnsupported)?;
    };
    let chain = [&chain.end_entity].into_iter().chain(&chain.intermediates);
    memory::expect(chain.clone().map(|cert| cert.len()).sum())?;
    Ok(chain.map(|cert| cert.clone().into_owned()).collect())
}
