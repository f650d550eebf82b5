//! Whether a peer is who it says it is, in the order in which s2n-tls finds out.

use std::cell::Cell;
use std::sync::Arc;

use rustls::crypto::Identity;
use rustls::pki_types::{CertificateDer, TrustAnchor};
use webpki::{EndEntityCert, ExtendedKeyUsage, ExtendedKeyUsageValidator, KeyPurposeIdIter};

use super::trust::TrustStore;
use super::{Config, Overrides, VerifyHost};
use crate::tls::certs::names::{self, Names};
use crate::tls::error::{Code, Result};
use crate::tls::policy::Policy;

/// The most certificates that a peer may send.
const MAX_CHAIN: usize = 7;

impl Config {
    /// Verifies a server's chain, and that it is for `server_name`.
    pub fn verify_server(
        &self,
        over: &Overrides,
        identity: &Identity<'_>,
        server_name: Option<&[u8]>,
    ) -> Result<()> {
        self.verify(over, identity, server_name, &SERVER)
    }

    /// Verifies a client's chain. Whose it is only a callback can say.
    pub fn verify_client(&self, over: &Overrides, identity: &Identity<'_>) -> Result<()> {
        self.verify(over, identity, None, &CLIENT)
    }

    fn verify(
        &self,
        over: &Overrides,
        identity: &Identity<'_>,
        server_name: Option<&[u8]>,
        usage: &ExtendedKeyUsage,
    ) -> Result<()> {
        let settings = self.settings();
        if !settings.verifies {
            return Ok(());
        }
        if settings.trust.is_empty() {
            return Err(Code::CertUntrusted)?;
        }
        let Identity::X509(chain) = identity else {
            return Err(Code::CertTypeUnsupported)?;
        };
        let (leaf, rest) = (&chain.end_entity, &chain.intermediates);
        if rest.len() >= MAX_CHAIN {
            return Err(Code::CertMaxChainDepthExceeded)?;
        }

        let verify_host = over.verify_host.as_ref().or(settings.verify_host.as_ref());
        check_names(&Names::of(leaf)?, verify_host, server_name)?;

        let policy = over.policy.unwrap_or(settings.policy);
        self.verify_path(&settings.trust, policy, leaf, rest, usage)
    }

    fn verify_path(
        &self,
        trust: &TrustStore,
        policy: &Policy,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        usage: &ExtendedKeyUsage,
    ) -> Result<()> {
        let now = self.unix_time()?;
        if trust.contains(leaf) {
            return check_validity(leaf, now.as_secs());
        }
        let cert = EndEntityCert::try_from(leaf).map_err(|error| refusal(&error))?;
        let anchors: Vec<TrustAnchor<'_>> = trust.anchors().cloned().collect();
        let algorithms = policy.certificate_algorithms();
        let verify = |usage: &dyn ExtendedKeyUsageValidator| {
            cert.verify_for_usage(algorithms, &anchors, rest, now, usage, None, None)
                .map(drop)
                .map_err(|error| refusal(&error))
        };
        let lenient = Lenient {
            usage,
            refused: Cell::new(false),
        };
        verify(&lenient)?;
        if lenient.refused.get() {
            verify(usage)?;
        }
        Ok(())
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

/// Asks whether one of the certificate's names is acceptable.
fn check_names(
    names: &Names,
    verify_host: Option<&Arc<dyn VerifyHost>>,
    server_name: Option<&[u8]>,
) -> Result<()> {
    let accepted = match verify_host {
        Some(callback) => names.any(|name| callback.verify(name)),
        None => {
            let host = server_name.unwrap_or_default();
            names.any(|name| names::is_host(name, host))
        }
    };
    match accepted {
        true => Ok(()),
        false => Err(Code::CertInvalidHostname)?,
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
        RequiredEkuNotFound(_) => Code::CertIntentInvalid,
        UnsupportedCriticalExtension => Code::CertUnhandledCriticalExtension,
        BadDer | BadDerTime | TrailingData(_) => Code::DecodeCertificate,
        _ => Code::CertUntrusted,
    }
}
