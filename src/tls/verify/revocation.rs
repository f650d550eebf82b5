//! Checking certificates against lists of revoked ones (RFC 5280, 6.3.3).

use std::sync::Arc;

use super::Verifier;
use super::crl::Crl;
use crate::tls::error::Code;
use crate::tls::x509::{Certificate, RevocationList};

/// The lists that the application has for a chain.
pub(crate) struct Revocation<'a> {
    lists: &'a [Arc<Crl>],
}

impl<'a> Revocation<'a> {
    pub(super) fn new(lists: &'a [Arc<Crl>]) -> Self {
        Self { lists }
    }

    /// Fails unless a list that covers a certificate, and is signed by its issuer, does not have it. How old
    /// the list may be is for the application to decide.
    pub(super) fn check(
        &self,
        verifier: &Verifier,
        cert: &Certificate<'_>,
        issuer: &Certificate<'_>,
    ) -> Result<(), Code> {
        let list = self.find(cert, issuer)?;
        // A trusted root is bound as well: it says itself what its key is for.
        if !issuer.key_usage().is_none_or(|usage| usage.crl_sign()) {
            return Err(Code::CrlIssuer);
        }
        if !verifier.has_signed(issuer, list.signed()) {
            return Err(Code::CrlSignature);
        }
        if list.has_unhandled_extension() {
            return Err(Code::CrlUnhandledCriticalExtension);
        }
        match list.has(cert.serial()) {
            true => Err(Code::CertRevoked),
            false => Ok(()),
        }
    }

    /// The list to consult: one for the certificate's distribution point before one for all, the newest of
    /// either.
    fn find(
        &self,
        cert: &Certificate<'_>,
        issuer: &Certificate<'_>,
    ) -> Result<&'a RevocationList, Code> {
        let lists = self.lists.iter().filter_map(|crl| crl.list().ok());
        let covering = lists.filter(|list| list.covers(cert, issuer));
        covering
            .max_by_key(|list| {
                let is_usable = !list.has_unhandled_extension();
                (is_usable, list.is_specific(), list.this_update())
            })
            .ok_or(Code::CrlLookupFailed)
    }
}
