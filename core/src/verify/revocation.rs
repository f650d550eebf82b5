//! Revocation checks of certificates with CRLs (RFC 5280, 6.3.3).

use std::sync::Arc;

use super::Verifier;
use super::crl::Crl;
use crate::error::Code;
use crate::x509::{Certificate, RevocationList};

/// The CRLs that the application has provided for a chain.
pub(crate) struct Revocation<'a> {
    lists: &'a [Arc<Crl>],
}

impl<'a> Revocation<'a> {
    pub(super) fn new(lists: &'a [Arc<Crl>]) -> Self {
        Self { lists }
    }

    /// Checks that a CRL covers a certificate, is signed by its issuer, and does not list it. The
    /// application decides on the age of the CRL.
    pub(super) fn check(
        &self,
        verifier: &Verifier<'_>,
        cert: &Certificate<'_>,
        issuer: &Certificate<'_>,
    ) -> Result<(), Code> {
        let list = self.find(cert, issuer)?;
        // The key usage of a trust anchor is checked as well.
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

    /// Selects the CRL: one for the certificate's distribution point before one without, and the
    /// newest of either.
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
