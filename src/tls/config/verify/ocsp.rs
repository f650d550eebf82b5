//! OCSP responses that come with a certificate (RFC 6066, 8; RFC 6960).

use std::ops::ControlFlow;

use der::{Decode, Encode};
use sha1::{Digest, Sha1};
use x509_ocsp::{
    BasicOcspResponse, CertStatus, OcspGeneralizedTime, OcspResponse, OcspResponseStatus,
    ResponderId, SingleResponse,
};
use x509_parser::asn1_rs::{Any, FromDer};

use super::Verifier;
use super::path::Path;
use crate::tls::error::{Code, Result};
use crate::tls::x509::{Certificate, Signed};

/// RFC 6960, 4.2.1: id-pkix-ocsp-basic.
const BASIC: &str = "1.3.6.1.5.5.7.48.1.1";

/// SHA-1, by which responders know certificates.
const SHA1: &str = "1.3.14.3.2.26";

/// How long a response counts that does not say so, in seconds.
const DEFAULT_LIFETIME: u64 = 3600;

/// Checks the response about the leaf of a path: that its responder is entitled to it, that it is current,
/// and that the status is good.
pub(super) fn check(verifier: &Verifier<'_>, path: &Path<'_>, response: &[u8]) -> Result<()> {
    let response = OcspResponse::from_der(response).map_err(|_| Code::InvalidOcspResponse)?;
    if response.response_status != OcspResponseStatus::Successful {
        return Err(Code::CertUntrusted)?;
    }
    let bytes = response.response_bytes.ok_or(Code::InvalidOcspResponse)?;
    if bytes.response_type.to_string() != BASIC {
        return Err(Code::InvalidOcspResponse)?;
    }
    let response = BasicOcspResponse::from_der(bytes.response.as_bytes())
        .map_err(|_| Code::InvalidOcspResponse)?;

    // The certificate whose key has signed the leaf, never one that merely has the issuer's name.
    let (leaf, issuer) = (path.leaf(), path.issuer());
    let now = verifier.config.unix_time()?.as_secs();
    let responder = Responder {
        verifier,
        issuer,
        now,
    };
    responder.check_signature(&response)?;

    let data = &response.tbs_response_data;
    // No extension is evaluated, so none may be critical (RFC 6960, 4.4).
    let mut extensions = data.response_extensions.iter().flatten();
    if extensions.any(|extension| extension.critical) {
        return Err(Code::CertUntrusted)?;
    }
    let about_leaf = data
        .responses
        .iter()
        .filter(|single| is_about(single, leaf, issuer));
    let mut is_any = false;
    // All of them must be good: none is newer than another by its place.
    for single in about_leaf {
        check_status(single, now)?;
        is_any = true;
    }
    match is_any {
        true => Ok(()),
        false => Err(Code::CertUntrusted)?,
    }
}

fn check_status(single: &SingleResponse, now: u64) -> Result<()> {
    let mut extensions = single.single_extensions.iter().flatten();
    if extensions.any(|extension| extension.critical) {
        return Err(Code::CertUntrusted)?;
    }
    check_time(single, now)?;
    match single.cert_status {
        CertStatus::Good(_) => Ok(()),
        CertStatus::Revoked(_) => Err(Code::CertRevoked)?,
        CertStatus::Unknown(_) => Err(Code::CertUntrusted)?,
    }
}

/// Who may respond about a certificate.
struct Responder<'a> {
    verifier: &'a Verifier<'a>,
    issuer: &'a Certificate<'a>,
    /// Seconds since 1970.
    now: u64,
}

/// The certificates of a response that are tried as its signer's.
const MAX_DELEGATES: usize = 2;

impl Responder<'_> {
    /// RFC 6960, 4.2.2.2: the issuer itself signs, or a delegate with a certificate of the issuer's for this.
    fn check_signature(&self, response: &BasicOcspResponse) -> Result<()> {
        let id = &response.tbs_response_data.responder_id;
        if is_responder(id, self.issuer) && self.verify(response, self.issuer) {
            return Ok(());
        }
        let delegates = response.certs.iter().flatten();
        let delegates = delegates.filter_map(|cert| Certificate::parse(cert.to_der().ok()?).ok());
        let mut delegates = delegates.filter(|cert| is_responder(id, cert));
        let found = delegates.by_ref().take(MAX_DELEGATES).try_for_each(|cert| {
            match self.is_delegate(&cert) && self.verify(response, &cert) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        match found.is_break() {
            true => Ok(()),
            false => Err(Code::CertUntrusted)?,
        }
    }

    /// Whether the issuer itself has signed a certificate, which is valid, for signing responses.
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

    fn verify(&self, response: &BasicOcspResponse, signer: &Certificate<'_>) -> bool {
        let (Ok(message), Ok(algorithm), Some(signature)) = (
            response.tbs_response_data.to_der(),
            response.signature_algorithm.to_der(),
            response.signature.as_bytes(),
        ) else {
            return false;
        };
        let Ok((_, algorithm)) = Any::from_der(&algorithm) else {
            return false;
        };
        let signed = Signed {
            message: &message,
            algorithm: algorithm.data,
            signature,
        };
        self.verifier.has_signed(signer, signed)
    }
}

fn is_responder(id: &ResponderId, cert: &Certificate<'_>) -> bool {
    match id {
        ResponderId::ByName(name) => name.to_der().is_ok_and(|name| name == cert.subject()),
        ResponderId::ByKey(hash) => hash.as_bytes() == key_hash(cert),
    }
}

fn key_hash(cert: &Certificate<'_>) -> [u8; 20] {
    Sha1::digest(cert.key()).into()
}

fn is_about(single: &SingleResponse, leaf: &Certificate<'_>, issuer: &Certificate<'_>) -> bool {
    let id = &single.cert_id;
    let name_hash = Sha1::digest(issuer.subject());
    id.hash_algorithm.oid.to_string() == SHA1
        && id.issuer_name_hash.as_bytes() == &name_hash[..]
        && id.issuer_key_hash.as_bytes() == key_hash(issuer)
        && id.serial_number.as_bytes() == leaf.serial()
}

fn check_time(single: &SingleResponse, now: u64) -> Result<()> {
    let seconds = |time: &OcspGeneralizedTime| time.0.to_unix_duration().as_secs();
    let age = now
        .checked_sub(seconds(&single.this_update))
        .ok_or(Code::CertInvalid)?;
    let is_old = match &single.next_update {
        Some(next) => now > seconds(next),
        None => age >= DEFAULT_LIFETIME,
    };
    match is_old {
        true => Err(Code::CertExpired)?,
        false => Ok(()),
    }
}
