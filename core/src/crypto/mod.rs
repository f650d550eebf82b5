//! Cryptography of AWS-LC that the provider of rustls lacks: key exchange groups, RSA-PSS keys,
//! digests, and signature verification with a bare public key.

pub(crate) mod digest;
pub(crate) mod groups;
pub(crate) mod rsa_pss;
pub(crate) mod signature;
