//! PEM files (RFC 7468).

use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::tls::error::{Code, Result};

/// All certificates of a file, at least one. Text between them is skipped.
pub(crate) fn certificates(mut pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let mut chain = Vec::new();
    for cert in rustls_pemfile::certs(&mut pem) {
        match cert {
            Ok(cert) => chain.push(cert),
            Err(_) if chain.is_empty() => return Err(Code::NoCertificateInPem)?,
            Err(_) => return Err(Code::InvalidPem)?,
        }
    }
    match chain.is_empty() {
        true => Err(Code::NoCertificateInPem)?,
        false => Ok(chain),
    }
}

/// The first private key of a file. Encrypted keys are not read: nobody could be asked for the
/// password.
pub(crate) fn private_key(mut pem: &[u8]) -> Result<PrivateKeyDer<'static>> {
    match rustls_pemfile::private_key(&mut pem) {
        Ok(Some(key)) => Ok(key),
        Ok(None) | Err(_) => Err(Code::InvalidPem)?,
    }
}
