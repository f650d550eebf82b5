//! PEM files (RFC 7468).

use std::iter;

use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls_pemfile::{Error, Item, read_one_from_slice};

use crate::tls::error::{Code, Result};

/// All certificates of a file, at least one. Text and other things between them are skipped.
pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let mut chain = Vec::new();
    for item in items(pem, Code::DecodeCertificate) {
        if let Item::X509Certificate(cert) = item? {
            chain.push(cert);
        }
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
    for item in items(pem, Code::DecodePrivateKey) {
        match item? {
            Item::Pkcs8Key(key) => return Ok(key.into()),
            Item::Pkcs1Key(key) => return Ok(key.into()),
            Item::Sec1Key(key) => return Ok(key.into()),
            _ => continue,
        }
    }
    Err(Code::InvalidPem)?
}

/// The first certificate revocation list of a file.
pub(super) fn crl(pem: &[u8]) -> Result<CertificateRevocationListDer<'static>> {
    for item in items(pem, Code::InvalidPem) {
        if let Item::Crl(list) = item? {
            return Ok(list);
        }
    }
    Err(Code::InvalidPem)?
}

const BEGIN: &[u8] = b"-----BEGIN ";

/// The sections of a file, up to the first that cannot be read.
fn items(mut pem: &[u8], undecodable: Code) -> impl Iterator<Item = Result<Item, Code>> {
    iter::from_fn(move || match read_one_from_slice(pem) {
        Ok(next) => next.map(|(item, rest)| {
            pem = rest;
            Ok(item)
        }),
        Err(error) => {
            pem = &[];
            Some(Err(match error {
                // What is not base64 cannot be decoded; the rest is a matter of lines.
                Error::Base64Decode(_) => undecodable,
                _ => Code::InvalidPem,
            }))
        }
    })
}
