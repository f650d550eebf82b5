//! The path from a peer's certificate to one that we trust.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, UnixTime};
use webpki::{
    CertRevocationList, EndEntityCert, ExpirationPolicy, ExtendedKeyUsage,
    ExtendedKeyUsageValidator, KeyPurposeIdIter, RevocationCheckDepth, RevocationOptionsBuilder,
    UnknownStatusPolicy,
};

use super::super::trust::Roots;
use super::Verifier;
use crate::tls::certs::crl::Crl;
use crate::tls::certs::names;
use crate::tls::connection::{Certificates, Mode};
use crate::tls::error::{Code, Result};

pub(super) fn find(
    verifier: &Verifier<'_>,
    leaf: &CertificateDer<'_>,
    rest: &[CertificateDer<'_>],
    crls: Option<&[Arc<Crl>]>,
) -> Result<Certificates> {
    let times = match verifier.rules.checks_time {
        true => vec![verifier.config.unix_time()?],
        false => some_time_of_each(leaf, rest),
    };
    if verifier.trust.contains(leaf) {
        if verifier.rules.checks_time {
            check_validity(leaf, times[0].as_secs())?;
        }
        return Ok([leaf.as_ref().into()].into());
    }
    let lists = crls.unwrap_or_default().iter().map(|crl| crl.list());
    let lists: Vec<_> = lists.collect::<Result<_>>()?;
    let search = Search {
        verifier,
        leaf: EndEntityCert::try_from(leaf).map_err(|error| refusal(&error))?,
        rest,
        lists,
    };
    let path = search.at_one_of(&times)?;
    if crls.is_some_and(<[_]>::is_empty) {
        return Err(Code::CrlLookupFailed)?;
    }
    Ok(path)
}

/// When the time does not matter: webpki cannot be told so, but a path is valid when the last of its
/// certificates has become valid, if it is at all.
fn some_time_of_each(leaf: &CertificateDer<'_>, rest: &[CertificateDer<'_>]) -> Vec<UnixTime> {
    let starts = [leaf].into_iter().chain(rest).filter_map(|cert| {
        let (first, _) = names::validity(cert).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(
            first.try_into().ok()?,
        )))
    });
    starts.collect()
}

struct Search<'a> {
    verifier: &'a Verifier<'a>,
    leaf: EndEntityCert<'a>,
    rest: &'a [CertificateDer<'a>],
    lists: Vec<&'a CertRevocationList<'static>>,
}

impl Search<'_> {
    fn at_one_of(&self, times: &[UnixTime]) -> Result<Certificates> {
        let mut outcome = Err(Code::DecodeCertificate.into());
        for &time in times {
            outcome = self.among_all(time);
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    /// Looks among our own roots, then among those of the system.
    fn among_all(&self, time: UnixTime) -> Result<Certificates> {
        let mut refused = Code::CertUntrusted;
        for roots in self.verifier.trust.roots() {
            match self.among(roots, time) {
                Ok(path) => return Ok(path),
                // What is wrong with a path says more than that there is none elsewhere.
                Err(error) if error.code() != Code::CertUntrusted => refused = error.code(),
                Err(_) => {}
            }
        }
        Err(refused)?
    }

    fn among(&self, roots: &Roots, time: UnixTime) -> Result<Certificates> {
        let usage = match self.verifier.mode {
            Mode::Client => &SERVER,
            Mode::Server => &CLIENT,
        };
        let lenient = Lenient {
            usage,
            refused: Cell::new(false),
        };
        let path = self.verify(roots, time, &lenient)?;
        if lenient.refused.get() && self.verifier.rules.checks_intent {
            return self.verify(roots, time, usage);
        }
        Ok(path)
    }

    fn verify(
        &self,
        roots: &Roots,
        time: UnixTime,
        usage: &dyn ExtendedKeyUsageValidator,
    ) -> Result<Certificates> {
        let algorithms = self.verifier.policy.certificate_algorithms();
        // s2n-tls leaves it to the application how old a list may be.
        let revocation = RevocationOptionsBuilder::new(&self.lists)
            .ok()
            .map(|options| {
                options
                    .with_depth(RevocationCheckDepth::Chain)
                    .with_status_policy(UnknownStatusPolicy::Deny)
                    .with_expiration_policy(ExpirationPolicy::Ignore)
                    .build()
            });
        let anchors = &roots.anchors;
        let path = self
            .leaf
            .verify_for_usage(
                algorithms, anchors, self.rest, time, usage, revocation, None,
            )
            .map_err(|error| refusal(&error))?;

        let mut certificates: Vec<Box<[u8]>> = vec![self.leaf.der().as_ref().into()];
        let between = path.intermediate_certificates();
        certificates.extend(between.map(|cert| Box::from(cert.der().as_ref())));
        let anchor = anchors.iter().position(|anchor| anchor == path.anchor());
        let root = anchor.and_then(|place| roots.certificates.get(place));
        certificates.extend(root.map(|root| Box::from(root.as_ref())));
        Ok(certificates.into())
    }
}

const SERVER: ExtendedKeyUsage = ExtendedKeyUsage::required_if_present(&[43, 6, 1, 5, 5, 7, 3, 1]);
const CLIENT: ExtendedKeyUsage = ExtendedKeyUsage::required_if_present(&[43, 6, 1, 5, 5, 7, 3, 2]);

/// Lets a wrong purpose pass at first: who vouches for a certificate counts before what it is for.
struct Lenient<'a> {
    usage: &'a ExtendedKeyUsage,
    refused: Cell<bool>,
}

impl ExtendedKeyUsageValidator for Lenient<'_> {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        if self.usage.validate(purposes).is_err() {
            self.refused.set(true);
        }
        Ok(())
    }
}

/// A certificate that is trusted itself needs no path, but its time must have come.
fn check_validity(cert: &CertificateDer<'_>, now: u64) -> Result<()> {
    let (first, last) = names::validity(cert)?;
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    if now < first {
        return Err(Code::CertNotYetValid)?;
    }
    if now > last {
        return Err(Code::CertExpired)?;
    }
    Ok(())
}

fn refusal(error: &webpki::Error) -> Code {
    use webpki::Error::*;
    match error {
        // Who is not valid for a moment is not valid any more.
        CertExpired { .. } | InvalidCertValidity => Code::CertExpired,
        CertNotValidYet { .. } => Code::CertNotYetValid,
        CertRevoked => Code::CertRevoked,
        UnknownRevocationStatus => Code::CrlLookupFailed,
        InvalidCrlSignatureForPublicKey
        | UnsupportedCrlSignatureAlgorithm(_)
        | UnsupportedCrlSignatureAlgorithmForPublicKey(_) => Code::CrlSignature,
        IssuerNotCrlSigner => Code::CrlIssuer,
        RequiredEkuNotFound(_) => Code::CertIntentInvalid,
        UnsupportedCriticalExtension => Code::CertUnhandledCriticalExtension,
        BadDer | BadDerTime | TrailingData(_) => Code::DecodeCertificate,
        _ => Code::CertUntrusted,
    }
}
