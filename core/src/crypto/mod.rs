//! Cryptography that the provider of rustls lacks: key exchange groups, RSA-PSS keys, digests and
//! signature verification with a bare public key, of AWS-LC; the key schedule of TLS 1.3; and encryption
//! with a passphrase.

use zeroize::Zeroizing;

/// A secret on the heap: moving it leaves no copy behind.
pub(crate) type HeapSecret = Zeroizing<Vec<u8>>;

/// The length of a master secret of TLS 1.2 in bytes (RFC 5246, 8.1).
pub const MASTER_SECRET_LEN: usize = 48;

pub(crate) mod captured;
pub(crate) mod digest;
pub(crate) mod groups;
mod hkdf;
pub(crate) mod lazy_aead;
pub(crate) mod passphrase;
pub(crate) mod replay;
pub(crate) mod rsa_pss;
pub(crate) mod signature;
pub(crate) mod tls13;
