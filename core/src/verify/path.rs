//! Path building and validation, from a peer's certificate to a trust anchor (RFC 5280, 6.1).
//!
//! Paths are built by names and key identifiers alone. Signatures, the most expensive step, are
//! verified only along a complete path, from the trust anchor down: validation stops at the first
//! certificate that no trusted key has signed. So a malicious chain costs little more than an
//! honest one.

use std::cell::{Cell, RefCell};
use std::ptr;

use super::moment::Moment;
use super::rejection::{Check, Fault};
use super::revocation::Revocation;
use super::trust_store::TrustStore;
use super::{Presented, Verifier};
use crate::base::Mode;
use crate::crypto::signature::verify;
use crate::error::{Code, Result};
use crate::x509::{Certificate, DerChain, Signed};

/// A certification path, from the leaf to the trust anchor.
pub(crate) struct Path<'a>(Vec<&'a Certificate<'a>>);

/// The maximum number of invalid signatures in one search. An honest chain needs none, or one if a
/// CA has two keys under one name and no key identifiers.
const MAX_WRONG_SIGNATURES: usize = 2;

/// The maximum number of candidate issuers in one search. An honest chain needs as many as it has
/// certificates, a cross-signed one a few more.
const MAX_STEPS: usize = 64;

impl<'a> Path<'a> {
    pub(super) fn find(
        verifier: &'a Verifier<'a>,
        presented: &'a Presented,
        revocation: Option<&Revocation<'_>>,
        moment: &Moment,
    ) -> Result<Self> {
        let leaf = presented.leaf()?;
        if verifier.trust.contains(leaf) {
            let path = Self(vec![leaf]);
            let is_issued = presented.has_issuer()?;
            let checked = path.check_alone(verifier, moment);
            // The purposes of a trust anchor are not checked.
            let checked = checked.and_then(|()| match is_issued {
                true => path.check_intent_of_leaf(verifier),
                false => Ok(()),
            });
            checked.map_err(|fault| verifier.reject(fault))?;
            return Ok(path);
        }
        let search = Search {
            verifier,
            trust: verifier.trust,
            presented,
            revocation,
            moment,
            verified: RefCell::default(),
            wrong: Cell::new(0),
            steps: Cell::new(0),
            first_fault: RefCell::default(),
        };
        search.run(leaf)
    }

    /// Returns the issuer of the leaf, or the leaf if that is the trust anchor.
    pub(super) fn issuer(&self) -> &'a Certificate<'a> {
        self.0.get(1).unwrap_or(&self.0[0])
    }

    pub(super) fn leaf(&self) -> &'a Certificate<'a> {
        self.0[0]
    }

    pub(super) fn anchor(&self) -> &'a Certificate<'a> {
        self.0[self.0.len() - 1]
    }

    /// Returns the certificates in DER.
    pub(crate) fn certificates(&self) -> DerChain {
        self.0.iter().map(|cert| Box::from(cert.der())).collect()
    }

    fn check_alone(&self, verifier: &Verifier<'_>, moment: &Moment) -> Result<(), Fault<'a>> {
        let leaf = self.leaf();
        check_form(verifier, leaf)?;
        check_time(moment, leaf)
    }

    /// Checks extensions, basic constraints and path lengths of each certificate, in the order of
    /// s2n-tls, so that of two errors the same one is reported.
    fn check_authorities(&self, verifier: &Verifier<'_>) -> Result<(), Fault<'a>> {
        // Self-issued certificates and the leaf are not counted for path lengths (RFC 5280,
        // 4.2.1.9).
        let mut below = 0;
        for (place, &cert) in self.0.iter().enumerate() {
            check_form(verifier, cert)?;
            if place == 0 {
                continue;
            }
            let is_anchor = place + 1 == self.0.len();
            if !cert.is_authority(is_anchor) {
                return Err(Fault::untrusted(cert, Check::NotAnAuthority));
            }
            let is_self_issued = cert.is_self_issued();
            // As in s2n-tls, the path length of a root is ignored; RFC 5280, 6.1 permits both.
            let is_root = is_anchor && is_self_issued;
            let most = cert.path_length().unwrap_or(u32::MAX);
            if !is_root && below > most {
                return Err(Fault::untrusted(cert, Check::PathLength { most, below }));
            }
            below += u32::from(!is_self_issued);
        }
        Ok(())
    }

    /// Checks name constraints. They apply to all certificates below, except self-issued ones that
    /// are not the leaf (RFC 5280, 6.1.3 (b) and (c)).
    fn check_names(&self) -> Result<(), Fault<'a>> {
        for (place, &cert) in self.0.iter().enumerate() {
            let constraints = self.0[place + 1..]
                .iter()
                .filter_map(|above| above.constraints());
            let mut constraints = constraints.peekable();
            if constraints.peek().is_none() || (place > 0 && cert.is_self_issued()) {
                continue;
            }
            if !constraints.all(|constraints| constraints.allow(cert.subject(), cert.names())) {
                return Err(Fault::untrusted(cert, Check::NameConstraints));
            }
        }
        Ok(())
    }

    /// Checks that the leaf and the intermediates may be used for the role of the peer.
    fn check_intent(&self, verifier: &Verifier<'_>) -> Result<(), Fault<'a>> {
        self.check_intent_of_leaf(verifier)?;
        let mut below = self.0[..self.0.len() - 1].iter();
        match below.find(|cert| !verifier.allows_purposes_of(cert)) {
            None => Ok(()),
            Some(cert) => Err(Fault::of_purpose(cert, verifier)),
        }
    }

    fn check_intent_of_leaf(&self, verifier: &Verifier<'_>) -> Result<(), Fault<'a>> {
        let leaf = self.leaf();
        let is_server = verifier.mode == Mode::Client;
        // RFC 8446, 4.4.2.2, and RFC 5246, 7.4.2: "the digitalSignature bit MUST be set if the Key Usage
        // extension is present"; every key exchange of the library is signed.
        let may_sign = leaf.may_sign_handshakes();
        let allowed = verifier.allows_purposes_of(leaf) && leaf.allows_netscape(is_server);
        match !verifier.rules.checks_intent || allowed && may_sign {
            true => Ok(()),
            false => Err(Fault::of_purpose(leaf, verifier)),
        }
    }
}

/// Checks the extensions of a certificate.
fn check_form<'a>(verifier: &Verifier<'_>, cert: &'a Certificate<'a>) -> Result<(), Fault<'a>> {
    let known = &verifier.rules.known_extensions;
    cert.check_form(known).map_err(|code| {
        let check = match code {
            Code::CertUnhandledCriticalExtension => {
                Check::CriticalExtensions(cert.unknown_critical_extensions(known))
            }
            _ => Check::MalformedExtension,
        };
        Fault { code, cert, check }
    })
}

/// Checks the validity period of a certificate.
fn check_time<'a>(moment: &Moment, cert: &'a Certificate<'a>) -> Result<(), Fault<'a>> {
    moment.check(cert).map_err(|code| Fault {
        code,
        cert,
        check: Check::Time {
            validity: cert.validity(),
            now: moment.now().unwrap_or_default(),
        },
    })
}

impl Verifier<'_> {
    /// Returns whether the extended key usage allows the role of the peer: server or client
    /// authentication.
    fn allows_purposes_of(&self, cert: &Certificate<'_>) -> bool {
        !self.rules.checks_intent
            || cert.purposes().is_none_or(|purposes| match self.mode {
                Mode::Client => purposes.server_auth,
                Mode::Server => purposes.client_auth,
            })
    }

    /// Verifies a signature with the key of `issuer`, if the policy allows the algorithm.
    pub(super) fn has_signed(&self, issuer: &Certificate<'_>, signed: Signed<'_>) -> bool {
        let algorithms = self.policy.certificate_algorithms().iter().copied();
        let algorithms =
            algorithms.filter(|one| one.signature_alg_id().as_ref() == signed.algorithm);
        let algorithms: Vec<_> = algorithms.collect();
        let verified = verify(issuer.spki(), &algorithms, signed.message, signed.signature);
        verified.is_ok()
    }
}

/// The search for a valid path.
struct Search<'a, 's> {
    verifier: &'a Verifier<'a>,
    trust: &'a TrustStore,
    presented: &'a Presented,
    revocation: Option<&'s Revocation<'s>>,
    moment: &'s Moment,
    /// Outcomes of signature verifications, so that no signature is verified twice.
    verified: RefCell<Vec<Verified>>,
    wrong: Cell<usize>,
    steps: Cell<usize>,
    /// The fault of the first path, which is the one that s2n-tls validates.
    first_fault: RefCell<Option<Fault<'a>>>,
}

impl<'a> Search<'a, '_> {
    fn run(&self, leaf: &'a Certificate<'a>) -> Result<Path<'a>> {
        let mut path = Path(vec![leaf]);
        if self.extend(&mut path) {
            return Ok(path);
        }
        let fault = self.first_fault.take();
        let fault = fault.unwrap_or_else(|| self.without_issuer(leaf));
        Err(self.verifier.reject(fault))
    }

    /// Returns the fault of a chain without a path to a trust anchor: that of the certificate where
    /// it ends.
    fn without_issuer(&self, leaf: &'a Certificate<'a>) -> Fault<'a> {
        let mut last = Path(vec![leaf]);
        for _ in 1..self.presented.chain().len() {
            let mut issuers = self.presented.issuers_of(last.anchor());
            match issuers.find(|cert| !has(&last, cert)) {
                Some(issuer) => last.0.push(issuer),
                None => break,
            }
        }
        let check = match last.anchor().is_self_issued() {
            true => Check::SelfSigned,
            false => Check::UnknownIssuer,
        };
        Fault::untrusted(last.anchor(), check)
    }

    /// Extends a path with each candidate issuer, trust anchors before certificates that the peer
    /// has sent, until it is complete and valid.
    fn extend(&self, path: &mut Path<'a>) -> bool {
        let head = path.anchor();
        let anchors = self.in_time(self.trust.issuers_of(head).collect());
        let others = self.presented.issuers_of(head);
        let others = self.in_time(others.filter(|cert| !has(path, cert)).collect());
        for (issuer, is_anchor) in anchors
            .into_iter()
            .map(|anchor| (anchor, true))
            .chain(others.into_iter().map(|other| (other, false)))
        {
            if self.is_exhausted() {
                return false;
            }
            path.0.push(issuer);
            let found = match is_anchor {
                true => self.check(path),
                false => self.extend(path),
            };
            if found {
                return true;
            }
            path.0.pop();
        }
        false
    }

    fn is_exhausted(&self) -> bool {
        self.steps.set(self.steps.get() + 1);
        self.steps.get() > MAX_STEPS || self.wrong.get() >= MAX_WRONG_SIGNATURES
    }

    /// Sorts certificates within their validity period before the others.
    fn in_time(&self, mut certs: Vec<&'a Certificate<'a>>) -> Vec<&'a Certificate<'a>> {
        if certs.len() > 1 {
            certs.sort_by_key(|cert| self.moment.check(cert).is_err());
        }
        certs
    }

    /// Returns whether a complete path is valid, and records the first fault.
    fn check(&self, path: &Path<'a>) -> bool {
        let Err(fault) = self.validate(path) else {
            return true;
        };
        self.first_fault.borrow_mut().get_or_insert(fault);
        false
    }

    /// Validates a complete path, in the order of s2n-tls.
    fn validate(&self, path: &Path<'a>) -> Result<(), Fault<'a>> {
        path.check_authorities(self.verifier)?;
        if let Some(revocation) = self.revocation {
            for pair in path.0.windows(2) {
                self.check_list(revocation, pair[0], pair[1], path.anchor())?;
            }
        }
        self.check_signatures(path)?;
        path.check_names()?;
        path.check_intent(self.verifier)
    }

    /// Checks a certificate against CRLs. The invalid signature of a CRL is counted like that of a
    /// certificate, except for CRLs of the trust anchor: see [`Self::is_signed`].
    fn check_list(
        &self,
        revocation: &Revocation<'_>,
        cert: &'a Certificate<'a>,
        issuer: &Certificate<'_>,
        anchor: &Certificate<'_>,
    ) -> Result<(), Fault<'a>> {
        let outcome = revocation.check(self.verifier, cert, issuer);
        if outcome == Err(Code::CrlSignature) && !ptr::eq(issuer, anchor) {
            self.wrong.set(self.wrong.get() + 1);
        }
        outcome.map_err(|code| Fault {
            code,
            cert,
            check: Check::of_crl(code),
        })
    }

    fn check_signatures(&self, path: &Path<'a>) -> Result<(), Fault<'a>> {
        let mut issuer = None;
        for (height, &cert) in path.0.iter().rev().enumerate() {
            if let Some(issuer) = issuer
                && !self.is_signed(cert, issuer, height == 1)
            {
                let policy = self.verifier.policy.label();
                let algorithm = cert.signature_algorithm_name();
                let check = Check::Signature { policy, algorithm };
                return Err(Fault::untrusted(cert, check));
            }
            check_time(self.moment, cert)?;
            issuer = Some(cert);
        }
        Ok(())
    }

    fn is_signed(&self, cert: &Certificate<'_>, issuer: &Certificate<'_>, by_anchor: bool) -> bool {
        let pair = (ptr::from_ref(cert).addr(), ptr::from_ref(issuer).addr());
        let mut verified = self.verified.borrow_mut();
        if let Some(known) = verified.iter().find(|known| known.pair == pair) {
            return known.is_valid;
        }
        let signed = cert.signed();
        let is_valid = signed.is_some_and(|signed| self.verifier.has_signed(issuer, signed));
        // The peer has no influence on how many trusted keys share a name.
        let failed_before = |known: &Verified| {
            by_anchor && known.by_anchor && known.pair.0 == pair.0 && !known.is_valid
        };
        if !is_valid && !verified.iter().any(failed_before) {
            self.wrong.set(self.wrong.get() + 1);
        }
        verified.push(Verified {
            pair,
            by_anchor,
            is_valid,
        });
        is_valid
    }
}

/// The outcome of a signature verification.
struct Verified {
    /// The addresses of the certificate and of the issuer.
    pair: (usize, usize),
    by_anchor: bool,
    is_valid: bool,
}

/// Returns whether a path contains a certificate with the same name and key (RFC 4158, 5.2).
fn has(path: &Path<'_>, cert: &Certificate<'_>) -> bool {
    let mut certs = path.0.iter();
    certs.any(|one| one.spki() == cert.spki() && one.subject() == cert.subject())
}
