//! Verification of stapled OCSP responses (RFC 6066, 8; RFC 6960).

#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use super::Verifier;
use super::path::Path;
use crate::crypto::digest::Algorithm;
use crate::error::{Code, Result};
use crate::x509::Certificate;
use crate::x509::ocsp::{
    BasicResponse, CertId, CertStatus, OcspResponse, ResponderId, SingleResponse,
};

/// The lifetime of a response without nextUpdate, in seconds.
const DEFAULT_LIFETIME: u64 = 3600;

/// Verifies the response for the leaf of a path: the responder is authorized, the response is
/// current, and the status is good.
pub(super) fn check(verifier: &Verifier<'_>, path: &Path<'_>, response: &[u8]) -> Result<()> {
    let response = match OcspResponse::parse(response)
        .ok_or_else(|| Code::InvalidOcspResponse.rule("it is malformed"))?
    {
        OcspResponse::Basic(response) => response,
        OcspResponse::Failed => {
            Err(Code::CertUntrusted.rule("the responder reports an error in place of a status"))?
        }
    };

    // The issuer is the certificate whose key has signed the leaf, never another one with its name.
    let (leaf, issuer) = (path.leaf(), path.issuer());
    let now = verifier.unix_time()?;
    let responder = Responder {
        verifier,
        issuer,
        now,
    };
    responder.check_signature(&response)?;

    // No extension is evaluated, so none may be critical (RFC 6960, 4.4).
    if response.has_critical_extension {
        return Err(Code::CertUntrusted.rule(CRITICAL));
    }
    let singles = response.responses.iter();
    let of_leaf = singles.filter(|single| matches(&single.id, leaf, issuer));
    let mut is_any = false;
    // All of them must be good: their order does not imply which one is newer.
    for single in of_leaf {
        check_status(single, now)?;
        is_any = true;
    }
    match is_any {
        true => Ok(()),
        false => Err(Code::CertUntrusted.rule("it has no status of this certificate")),
    }
}

const CRITICAL: &str = "it has a critical extension that is not supported";

fn check_status(single: &SingleResponse<'_>, now: u64) -> Result<()> {
    if single.has_critical_extension {
        return Err(Code::CertUntrusted.rule(CRITICAL));
    }
    check_time(single, now)?;
    match single.status {
        CertStatus::Good => Ok(()),
        CertStatus::Revoked => Err(Code::CertRevoked.rule("the certificate is revoked")),
        CertStatus::Unknown => {
            Err(Code::CertUntrusted.rule("the responder does not know the certificate"))
        }
    }
}

/// The responders that are authorized for a certificate.
struct Responder<'a> {
    verifier: &'a Verifier<'a>,
    issuer: &'a Certificate<'a>,
    /// Seconds since 1970.
    now: u64,
}

/// The maximum number of delegates whose signature is verified for one response.
const MAX_DELEGATES: usize = 2;

impl Responder<'_> {
    /// Verifies the signature: by the issuer, or by a delegate whose certificate for this purpose
    /// the issuer has signed (RFC 6960, 4.2.2.2).
    fn check_signature(&self, response: &BasicResponse<'_>) -> Result<()> {
        let id = &response.responder;
        if is_responder(id, self.issuer) && self.verify(response, self.issuer) {
            return Ok(());
        }
        let delegates = response.certificates.iter();
        let delegates = delegates.filter_map(|&cert| Certificate::parse(cert).ok());
        let mut delegates = delegates.filter(|cert| is_responder(id, cert));
        let found = delegates.by_ref().take(MAX_DELEGATES).try_for_each(|cert| {
            match self.is_delegate(&cert) && self.verify(response, &cert) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        match found.is_break() {
            true => Ok(()),
            false => Err(Code::CertUntrusted.rule(
                "it is signed neither by the issuer of the certificate nor by a responder that the \
                 issuer has authorized",
            )),
        }
    }

    /// Returns whether a certificate is valid, allows signing responses, and is signed by the
    /// issuer.
    fn is_delegate(&self, cert: &Certificate<'_>) -> bool {
        let now = i64::try_from(self.now).unwrap_or(i64::MAX);
        let signs_responses = cert
            .purposes()
            .is_some_and(|purposes| purposes.ocsp_signing)
            && cert
                .key_usage()
                .is_none_or(|usage| usage.digital_signature());
        signs_responses
            && cert.check_form(&[]).is_ok()
            && cert.check_time(now).is_ok()
            && cert.names_as_issuer(self.issuer)
            && cert
                .signed()
                .is_some_and(|signed| self.verifier.has_signed(self.issuer, signed))
    }

    fn verify(&self, response: &BasicResponse<'_>, signer: &Certificate<'_>) -> bool {
        self.verifier.has_signed(signer, response.signed)
    }
}

fn is_responder(id: &ResponderId<'_>, cert: &Certificate<'_>) -> bool {
    match *id {
        ResponderId::Name(name) => name == cert.subject(),
        ResponderId::KeyHash(hash) => is_sha1_of(hash, cert.key_info().key),
    }
}

fn matches(id: &CertId<'_>, leaf: &Certificate<'_>, issuer: &Certificate<'_>) -> bool {
    id.is_sha1
        && is_sha1_of(id.issuer_name_hash, issuer.subject())
        && is_sha1_of(id.issuer_key_hash, issuer.key_info().key)
        && id.serial == leaf.serial()
}

fn is_sha1_of(hash: &[u8], message: &[u8]) -> bool {
    Algorithm::Sha1.digest(message).as_ref() == hash
}

fn check_time(single: &SingleResponse<'_>, now: u64) -> Result<()> {
    let age = now
        .checked_sub(single.this_update)
        .ok_or_else(|| Code::CertInvalid.rule("its thisUpdate is in the future"))?;
    let is_old = match single.next_update {
        Some(next) => now > next,
        None => age >= DEFAULT_LIFETIME,
    };
    match is_old {
        true => Err(Code::CertExpired.rule("it has expired (nextUpdate)")),
        false => Ok(()),
    }
}
