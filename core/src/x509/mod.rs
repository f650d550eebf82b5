//! X.509 certificates, CRLs (RFC 5280) and OCSP responses (RFC 6960), each parsed once into typed
//! values; public keys without a certificate; PEM, and PKCS #3 parameters.

pub(crate) mod canonical;
mod certificate;
mod constraints;
mod crl;
pub(crate) mod der;
mod dh;
mod encrypted_key;
pub mod extension;
mod form;
mod grammar;
mod names;
pub(crate) mod ocsp;
pub(crate) mod pem;
mod public_key;
pub mod spki;
mod text;

#[cfg(test)]
pub(crate) use self::certificate::PARSED;
pub(crate) use self::certificate::{Certificate, outline, public_key};
pub(crate) use self::crl::RevocationList;
pub use self::dh::check_dh_params;
pub(crate) use self::encrypted_key::EncryptedKey;
pub(crate) use self::names::{Names, elements, is_host, values};
pub(crate) use self::public_key::{Curve, KeyInfo, PublicKeyType, rsa_bits};

/// A signed message, with its signature.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signed<'a> {
    pub(crate) message: &'a [u8],
    /// The content of the AlgorithmIdentifier.
    pub(crate) algorithm: &'a [u8],
    pub(crate) signature: &'a [u8],
}

/// Certificates (DER), the leaf first.
pub type DerChain = std::sync::Arc<[Box<[u8]>]>;
