//! PEM files (RFC 7468).

use rustls::pki_types::pem::{Error, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::tls::error::{Code, Result};

/// All certificates of a file, at least one. Text between them is skipped.
pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let mut chain = Vec::new();
    for cert in CertificateDer::pem_slice_iter(pem) {
        chain.push(cert.map_err(|error| code(&error, Code::DecodeCertificate))?);
    }
    if !chain.is_empty() {
        return Ok(chain);
    }
    // A file of something else is told apart from one that is no PEM file.
    match pem.windows(BEGIN.len()).any(|text| text == BEGIN) {
        true => Err(Code::InvalidPem)?,
        false => Err(Code::NoCertificateInPem)?,
    }
}

/// The first private key of a file. Encrypted keys are not read: nobody could be asked for the
/// password.
pub(crate) fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>> {
    let key = PrivateKeyDer::from_pem_slice(pem);
    Ok(key.map_err(|error| code(&error, Code::DecodePrivateKey))?)
}

const BEGIN: &[u8] = b"-----BEGIN ";

/// What is not base64 cannot be decoded; the rest is a matter of lines.
fn code(error: &Error, undecodable: Code) -> Code {
    match error {
        Error::Base64Decode(_) => undecodable,
        _ => Code::InvalidPem,
    }
}
