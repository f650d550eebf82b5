//! The path from a peer's certificate to one that we trust.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, UnixTime};
use webpki::{
    CertRevocationList, EndEntityCert, ExpirationPolicy, ExtendedKeyUsage,
    ExtendedKeyUsageValidator, KeyPurposeIdIter, RevocationCheckDepth, RevocationOptionsBuilder,
    UnknownStatusPolicy, VerifiedPath,
};
use x509_parser::prelude::X509Certificate;

use super::super::trust::Roots;
use super::{Presented, Verifier};
use crate::tls::certs::crl::Crl;
use crate::tls::certs::names;
use crate::tls::certs::path_rules::Path;
use crate::tls::connection::{Certificates, Mode};
use crate::tls::error::{Code, Result};

pub(super) fn find(
    verifier: &Verifier<'_>,
    presented: &Presented<'_>,
    crls: Option<&[Arc<Crl>]>,
) -> Result<Certificates> {
    let (leaf, rest) = presented.chain.split_first().ok_or(Code::NoCertFound)?;
    let parsed = presented.leaf()?;
    let times = match verifier.rules.checks_time {
        true => vec![verifier.config.unix_time()?],
        false => some_time_of_each(leaf, rest),
    };
    let alone = Path::alone(parsed);
    if verifier.trust.contains(leaf) {
        let now = times.first().filter(|_| verifier.rules.checks_time);
        alone.check(now.map(UnixTime::as_secs))?;
        // Nobody asks what the trusted end of a path is for.
        if presented.has_issuer()? {
            check_intent(verifier, &alone)?;
        }
        return Ok([leaf.as_ref().into()].into());
    }
    let lists = crls.unwrap_or_default().iter().map(|crl| crl.list());
    let lists: Vec<_> = lists.collect::<Result<_>>()?;
    let search = Search {
        verifier,
        leaf: EndEntityCert::try_from(leaf).map_err(|error| refusal(&error))?,
        parsed,
        rest,
        lists,
    };
    let path = search.at_one_of(&times)?;
    if crls.is_some_and(<[_]>::is_empty) {
        return Err(Code::CrlLookupFailed)?;
    }
    check_intent(verifier, &alone)?;
    Ok(path)
}

fn check_intent(verifier: &Verifier<'_>, leaf: &Path<'_>) -> Result<()> {
    match verifier.rules.checks_intent {
        true => Ok(leaf.check_intent(verifier.mode)?),
        false => Ok(()),
    }
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
    parsed: &'a X509Certificate<'a>,
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
        // Why the last path was refused that webpki would take, and the one that was not.
        let (refused, accepted) = (Cell::new(None), RefCell::new(None));
        let conforms = |path: &VerifiedPath<'_>| match self.check(roots, path, time) {
            Ok(path) => {
                *accepted.borrow_mut() = Some(path);
                Ok(())
            }
            Err(code) => {
                refused.set(Some(code));
                Err(webpki::Error::UnknownIssuer)
            }
        };
        let outcome = self.leaf.verify_for_usage(
            algorithms,
            &roots.anchors,
            self.rest,
            time,
            usage,
            revocation,
            Some(&conforms),
        );
        if let Err(error) = outcome {
            let code = refused.get().unwrap_or_else(|| refusal(&error));
            return Err(self.which_time(code, time))?;
        }
        Ok(accepted.take().ok_or(Code::CertUntrusted)?)
    }

    /// Whether a path conforms that webpki has found, with one of the certificates of its anchor.
    fn check(
        &self,
        roots: &Roots,
        path: &VerifiedPath<'_>,
        time: UnixTime,
    ) -> Result<Certificates, Code> {
        let now = self.verifier.rules.checks_time.then_some(time.as_secs());
        let leaf = self.leaf.der();
        let between = path.intermediate_certificates().map(|cert| cert.der());
        let below: Vec<_> = std::iter::once(leaf).chain(between).collect();
        let mut outcome = Err(Code::CertUntrusted);
        for root in roots.certificates_of(path.anchor()) {
            let whole = || below.iter().chain([root]).map(|cert| cert.as_ref());
            outcome = Path::read(self.parsed, whole().skip(1))
                .and_then(|path| path.check(now))
                .map(|()| whole().map(Box::from).collect());
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    /// What s2n-tls says of a chain in which it is not the time of every certificate.
    fn which_time(&self, code: Code, time: UnixTime) -> Code {
        if !matches!(code, Code::CertExpired | Code::CertNotYetValid) {
            return code;
        }
        let rest = self.rest.iter().map(|cert| cert.as_ref());
        let outcome =
            Path::read(self.parsed, rest).and_then(|path| path.check_times(time.as_secs()));
        outcome.err().unwrap_or(code)
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
        RequiredEkuNotFound(_) | EmptyEkuExtension => Code::CertIntentInvalid,
        UnsupportedCriticalExtension => Code::CertUnhandledCriticalExtension,
        _ => Code::CertUntrusted,
    }
}
