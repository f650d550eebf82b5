//! Signature verification with a SubjectPublicKeyInfo.

use rustls::pki_types::{SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer};
use webpki::RawPublicKeyEntity;

/// Algorithms for keys of several types, of which a signature is verified with the one for its key.
pub(crate) type Algorithms = &'static [&'static dyn SignatureVerificationAlgorithm];

#[cfg(test)]
thread_local! {
    /// Counts the signatures that a thread has verified, of certificates and of handshakes.
    pub(crate) static VERIFIED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Errors of signature verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unverified {
    /// The key is malformed.
    BadKey,
    /// No algorithm supports this type of key.
    WrongKind,
    WrongSignature,
}

/// Verifies a signature with the first algorithm that supports the type of the key. `spki` is a
/// SubjectPublicKeyInfo.
pub(crate) fn verify(
    spki: &[u8],
    algorithms: &[&dyn SignatureVerificationAlgorithm],
    message: &[u8],
    signature: &[u8],
) -> Result<(), Unverified> {
    #[cfg(test)]
    VERIFIED.set(VERIFIED.get() + 1);
    let spki = SubjectPublicKeyInfoDer::from(spki);
    let key = RawPublicKeyEntity::try_from(&spki).map_err(|_| Unverified::BadKey)?;
    for &algorithm in algorithms {
        match key.verify_signature(algorithm, message, signature) {
            Err(webpki::Error::UnsupportedSignatureAlgorithmForPublicKey(_)) => continue,
            Err(_) => return Err(Unverified::WrongSignature),
            Ok(()) => return Ok(()),
        }
    }
    Err(Unverified::WrongKind)
}
