//! Cryptography of AWS-LC that rustls' provider leaves out, behind rustls' traits.

pub(crate) mod digest;
pub(crate) mod groups;
pub(crate) mod rsa_pss;
pub(crate) mod signature;
