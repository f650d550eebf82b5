//! Compares the verification of certificate chains with that of webpki, with the same trust anchors,
//! time, role and name.
//!
//! Invariants besides "no panic": a path that this library accepts, webpki accepts as well, and a path
//! that webpki accepts, this library accepts as well, alone and in its chain, and so for names, except
//! for the differences in [`rs2n_fuzz::chains::differences`].

#![no_main]

use libfuzzer_sys::fuzz_target;
use rs2n_core::base::Mode;
use rs2n_core::policy::Policy;
use rs2n_core::verify::comparison::{Comparison, Refusal};
use rs2n_fuzz::chains::differences::{
    LAXER, Laxer, LaxerName, NAMES, STRICTER, STRICTER_NAMES, Stricter, WHOLE,
};
use rs2n_fuzz::chains::{Case, parts};
use rs2n_fuzz::{pem, seeds};
use rustls::pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, Error, ExtendedKeyUsage, anchor_from_trusted_cert};

fuzz_target!(init: seeds::write("chain_differential", seeds::noise()), |input: &[u8]| {
    let mut bytes = input.iter();
    let mut choose = |of: usize| {
        let count = if of > 256 { 2 } else { 1 };
        let taken = bytes.by_ref().take(count);
        taken.fold(0, |number, &byte| number << 8 | usize::from(byte)) % of
    };
    let case = Case::generate(&mut choose);
    if case.chain.is_empty() {
        return;
    }
    let policy = Policy::find(b"default_tls13").expect("it exists");
    let mut comparison = Comparison::new(policy);
    let roots: Vec<_> = case.roots.iter().map(|root| CertificateDer::from(&root[..])).collect();
    let mut anchors = Vec::new();
    for root in &roots {
        // A root that one of them cannot read is no difference: the application chooses it.
        if let Ok(anchor) = anchor_from_trusted_cert(root)
            && comparison.trust(&pem::wrap("CERTIFICATE", root)).is_ok()
        {
            anchors.push(anchor);
        }
    }
    if anchors.is_empty() {
        return;
    }
    let verification = Verification { case: &case, comparison, anchors, policy };
    verification.compare_paths();
    verification.compare_names();
});

struct Verification<'a> {
    case: &'a Case,
    comparison: Comparison,
    anchors: Vec<TrustAnchor<'a>>,
    policy: &'static Policy,
}

/// Certificates in a message.
fn hex(certs: &[impl AsRef<[u8]>]) -> String {
    let text = |cert: &[u8]| cert.iter().map(|byte| format!("{byte:02x}")).collect();
    let texts = certs.iter().map(|cert| text(cert.as_ref()));
    texts.collect::<Vec<String>>().join("\n")
}

impl Verification<'_> {
    fn compare_paths(&self) {
        let Case {
            chain, now, mode, ..
        } = self.case;
        match self.comparison.path(chain, *now, *mode) {
            Ok(path) => self.check_accepted(&path),
            Err(refusal) => {
                if let Ok(path) = self.webpki(chain, &self.anchors) {
                    self.check_rejected(&path, &refusal);
                }
            }
        }
    }

    /// Verifies an accepted path with webpki: alone, so that neither limits of the search nor errors of
    /// other paths make a difference.
    fn check_accepted(&self, path: &[Box<[u8]>]) {
        let (root, below) = path.split_last().expect("a trust anchor");
        let root = CertificateDer::from(&root[..]);
        let anchor = anchor_from_trusted_cert(&root).expect("it was read before");
        let below = if below.is_empty() { path } else { below };
        let below: Vec<_> = below.iter().map(|cert| cert.to_vec()).collect();
        let Err(error) = self.webpki(&below, &[anchor]) else {
            return;
        };
        let laxer = Laxer {
            case: self.case,
            path,
            error: &error,
        };
        assert!(
            LAXER.iter().any(|reason| reason(&laxer)),
            "webpki rejects an accepted path: {error:?}\n{}",
            hex(path)
        );
    }

    /// Verifies the path that webpki has found in a rejected chain: first alone.
    fn check_rejected(&self, path: &[Vec<u8>], whole: &Refusal) {
        let Case { now, mode, .. } = self.case;
        let (root, below) = path.split_last().expect("a trust anchor");
        let mut comparison = Comparison::new(self.policy);
        comparison
            .trust(&pem::wrap("CERTIFICATE", root))
            .expect("it was read before");
        let stricter = Stricter {
            case: self.case,
            certs: path,
            path: path.iter().map(|cert| parts(cert)).collect(),
        };
        let Err(alone) = comparison.path(below, *now, *mode) else {
            let mut reasons = WHOLE.iter();
            assert!(
                reasons.any(|(check, holds)| *check == whole.check && holds(&stricter)),
                "only the path of webpki is accepted: {whole:?}\n{}",
                hex(&self.case.chain)
            );
            return;
        };
        let mut reasons = STRICTER.iter();
        assert!(
            reasons.any(|(check, holds)| *check == alone.check && holds(&stricter)),
            "webpki accepts a rejected path: {alone:?}\n{}",
            hex(path)
        );
    }

    fn compare_names(&self) {
        let Case { chain, host, .. } = self.case;
        let own = self.comparison.name(&chain[..1], host.as_bytes());
        let end = CertificateDer::from(&chain[0][..]);
        let (Ok(cert), Ok(name)) = (EndEntityCert::try_from(&end), ServerName::try_from(*host))
        else {
            return;
        };
        match (own, cert.verify_is_valid_for_subject_name(&name)) {
            (Ok(()), Err(error)) => {
                let names = parts(&end).names();
                let laxer = LaxerName {
                    host,
                    leaf: &end,
                    names: &names,
                };
                assert!(
                    NAMES.iter().any(|reason| reason(&laxer)),
                    "webpki rejects the name {host}: {error:?}\n{}",
                    hex(&chain[..1])
                );
            }
            // Refusals for other reasons than the name are those of the paths.
            (Err(refusal), Ok(())) if refusal.check == "Name" => assert!(
                STRICTER_NAMES.iter().any(|reason| reason(host)),
                "webpki accepts the name {host}: {refusal:?}\n{}",
                hex(&chain[..1])
            ),
            _ => {}
        }
    }

    /// Verifies a chain with webpki. Returns the path, from the leaf to the trust anchor.
    fn webpki(
        &self,
        chain: &[Vec<u8>],
        anchors: &[TrustAnchor<'_>],
    ) -> Result<Vec<Vec<u8>>, Error> {
        let usage = match self.case.mode {
            Mode::Client => ExtendedKeyUsage::server_auth(),
            Mode::Server => ExtendedKeyUsage::client_auth(),
        };
        let time = UnixTime::since_unix_epoch(self.case.now);
        let chain: Vec<_> = chain
            .iter()
            .map(|cert| CertificateDer::from(&cert[..]))
            .collect();
        let algorithms = self.policy.certificate_algorithms();
        let end = EndEntityCert::try_from(&chain[0])?;
        let found =
            end.verify_for_usage(algorithms, anchors, &chain[1..], time, &usage, None, None)?;
        let issuers = found
            .intermediate_certificates()
            .map(|cert| cert.der().to_vec());
        let mut path: Vec<_> = [chain[0].to_vec()].into_iter().chain(issuers).collect();
        let mut roots = self.case.roots.iter();
        path.extend(roots.find(|root| is(root, found.anchor())).cloned());
        Ok(path)
    }
}

/// Returns whether a certificate is that of a trust anchor.
fn is(root: &[u8], anchor: &TrustAnchor<'_>) -> bool {
    let root = CertificateDer::from(root);
    anchor_from_trusted_cert(&root).is_ok_and(|root| root == *anchor)
}
