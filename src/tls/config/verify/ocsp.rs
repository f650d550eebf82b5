//! OCSP responses that come with a certificate (RFC 6066, 8; RFC 6960).

use der::{Decode, Encode};
use rustls::pki_types::{CertificateDer, UnixTime};
use sha1::{Digest, Sha1};
use webpki::{EndEntityCert, ExtendedKeyUsage, anchor_from_trusted_cert};
use x509_ocsp::{
    BasicOcspResponse, CertStatus, OcspGeneralizedTime, OcspResponse, OcspResponseStatus,
    ResponderId, SingleResponse,
};
use x509_parser::asn1_rs::Any;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::Verifier;
use crate::tls::certs::names;
use crate::tls::connection::Certificates;
use crate::tls::error::{Code, Result};

/// RFC 6960, 4.2.1: id-pkix-ocsp-basic.
const BASIC: &str = "1.3.6.1.5.5.7.48.1.1";

/// SHA-1, by which responders know certificates.
const SHA1: &str = "1.3.14.3.2.26";

/// RFC 6960, 4.2.2.2: id-kp-OCSPSigning.
const OCSP_SIGNING: ExtendedKeyUsage = ExtendedKeyUsage::required(&[43, 6, 1, 5, 5, 7, 3, 9]);

/// How long a response counts that does not say so, in seconds.
const DEFAULT_LIFETIME: u64 = 3600;

/// Checks what a responder says of the leaf of a path: that it has the right to, that it is the latest
/// news, and that it is good news.
pub(super) fn check(verifier: &Verifier<'_>, path: &Certificates, response: &[u8]) -> Result<()> {
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

    let leaf = names::parse(&path[0])?;
    let issuer = path.iter().find(|der| {
        let candidate = names::parse(der);
        candidate.is_ok_and(|candidate| candidate.subject() == leaf.issuer())
    });
    let issuer = issuer.ok_or(Code::CertUntrusted)?;
    let now = verifier.config.unix_time()?;
    Responder {
        verifier,
        issuer,
        now,
    }
    .check_signature(&response)?;

    let issuer = names::parse(issuer)?;
    let responses = response.tbs_response_data.responses.iter();
    let mut about_leaf = responses.filter(|single| is_about(single, &leaf, &issuer));
    let single = about_leaf.next_back().ok_or(Code::CertUntrusted)?;
    check_time(single, now)?;
    match single.cert_status {
        CertStatus::Good(_) => Ok(()),
        CertStatus::Revoked(_) => Err(Code::CertRevoked)?,
        CertStatus::Unknown(_) => Err(Code::CertUntrusted)?,
    }
}

/// Who may speak about a certificate.
struct Responder<'a> {
    verifier: &'a Verifier<'a>,
    issuer: &'a [u8],
    now: UnixTime,
}

impl Responder<'_> {
    /// RFC 6960, 4.2.2.2: the issuer itself signs, or somebody with a certificate of it for this.
    fn check_signature(&self, response: &BasicOcspResponse) -> Result<()> {
        let id = &response.tbs_response_data.responder_id;
        if is_responder(id, self.issuer) {
            return self.verify(response, self.issuer);
        }
        for cert in response.certs.iter().flatten() {
            let Ok(cert) = cert.to_der() else { continue };
            if is_responder(id, &cert) {
                self.check_delegate(&cert)?;
                return self.verify(response, &cert);
            }
        }
        Err(Code::CertUntrusted)?
    }

    fn check_delegate(&self, cert: &[u8]) -> Result<()> {
        let issuer = CertificateDer::from(self.issuer);
        let anchor = anchor_from_trusted_cert(&issuer).map_err(|_| Code::CertUntrusted)?;
        let cert = CertificateDer::from(cert);
        let cert = EndEntityCert::try_from(&cert).map_err(|_| Code::CertUntrusted)?;
        let algorithms = self.verifier.policy.certificate_algorithms();
        let anchors = [anchor];
        let path = cert.verify_for_usage(
            algorithms,
            &anchors,
            &[],
            self.now,
            &OCSP_SIGNING,
            None,
            None,
        );
        path.map(drop).map_err(|_| Code::CertUntrusted.into())
    }

    fn verify(&self, response: &BasicOcspResponse, signer: &[u8]) -> Result<()> {
        let signer = CertificateDer::from(signer);
        let signer = EndEntityCert::try_from(&signer).map_err(|_| Code::CertUntrusted)?;
        let (Ok(message), Ok(algorithm), Some(signature)) = (
            response.tbs_response_data.to_der(),
            response.signature_algorithm.to_der(),
            response.signature.as_bytes(),
        ) else {
            return Err(Code::CertUntrusted)?;
        };
        let Ok((_, algorithm)) = Any::from_der(&algorithm) else {
            return Err(Code::CertUntrusted)?;
        };
        let algorithms = self.verifier.policy.certificate_algorithms().iter();
        let mut suitable =
            algorithms.filter(|candidate| candidate.signature_alg_id().as_ref() == algorithm.data);
        let is_signed = suitable.any(|&candidate| {
            let verified = signer.verify_signature(candidate, &message, signature);
            verified.is_ok()
        });
        match is_signed {
            true => Ok(()),
            false => Err(Code::CertUntrusted)?,
        }
    }
}

fn is_responder(id: &ResponderId, cert: &[u8]) -> bool {
    let Ok((_, cert)) = X509Certificate::from_der(cert) else {
        return false;
    };
    match id {
        ResponderId::ByName(name) => {
            let name = name.to_der();
            name.is_ok_and(|name| name == cert.subject().as_raw())
        }
        ResponderId::ByKey(hash) => hash.as_bytes() == key_hash(&cert),
    }
}

fn key_hash(cert: &X509Certificate<'_>) -> [u8; 20] {
    Sha1::digest(&cert.public_key().subject_public_key.data).into()
}

fn is_about(
    single: &SingleResponse,
    leaf: &X509Certificate<'_>,
    issuer: &X509Certificate<'_>,
) -> bool {
    let id = &single.cert_id;
    let name_hash = Sha1::digest(issuer.subject().as_raw());
    id.hash_algorithm.oid.to_string() == SHA1
        && id.issuer_name_hash.as_bytes() == &name_hash[..]
        && id.issuer_key_hash.as_bytes() == key_hash(issuer)
        && id.serial_number.as_bytes() == leaf.raw_serial()
}

fn check_time(single: &SingleResponse, now: UnixTime) -> Result<()> {
    let seconds = |time: &OcspGeneralizedTime| time.0.to_unix_duration().as_secs();
    let now = now.as_secs();
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
