//! Traffic keys: the AEAD of a suite, its key, and the nonces and additional data of records.

use aws_lc_rs::aead::{
    AES_128_GCM, AES_256_GCM, Aad, Algorithm, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey,
};
use rustls::crypto::CipherSuite;
use rustls::{ConnectionTrafficSecrets, SupportedCipherSuite};

use zeroize::Zeroizing;

use super::{ContentType, WIRE_VERSION};
use crate::base::memory;
use crate::crypto::HeapSecret;
use crate::error::{Code, Result};

/// The tag length of every supported AEAD in bytes (RFC 5116, 5.1; RFC 8439, 2.8).
pub(super) const TAG_LEN: usize = 16;

/// The length of a nonce of every supported AEAD in bytes.
const NONCE_LEN: usize = 12;

/// The lengths of the parts of an AES-GCM nonce in TLS 1.2, in bytes: the fixed one, and the
/// explicit one, which precedes each ciphertext (RFC 5288, 3).
const SALT_LEN: usize = 4;
/// See [`SALT_LEN`].
const EXPLICIT_LEN: usize = NONCE_LEN - SALT_LEN;

/// The construction of a record around the AEAD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// RFC 8446, 5.2: an implicit nonce, and the content type in the plaintext.
    Tls13,
    /// RFC 5288: an explicit nonce.
    Tls12Gcm,
    /// RFC 7905: an implicit nonce.
    Tls12Chacha,
}

/// The traffic key and IV of one direction.
pub(super) struct TrafficKeys {
    pub(super) format: Format,
    cipher: Cipher,

    /// The first bytes of the IV, and the rest as a number.
    salt: [u8; SALT_LEN],
    iv: u64,
}

/// An AEAD with its key. A key that is expanded for AES-GCM takes 600 bytes, which an idle
/// connection does not need.
enum Cipher {
    Key(&'static Algorithm, HeapSecret),
    Expanded(LessSafeKey),
}

impl TrafficKeys {
    /// Fails if the secrets are not those of the suite's AEAD.
    pub(super) fn new(
        suite: SupportedCipherSuite,
        secrets: ConnectionTrafficSecrets,
    ) -> Result<Self> {
        let (algorithm, key, iv) = match secrets {
            ConnectionTrafficSecrets::Aes128Gcm { key, iv } => (&AES_128_GCM, key, iv),
            ConnectionTrafficSecrets::Aes256Gcm { key, iv } => (&AES_256_GCM, key, iv),
            ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv } => (&CHACHA20_POLY1305, key, iv),
            _ => return Err(Code::KeyInit)?,
        };
        let (format, expected) = shape(suite)?;
        if algorithm != expected || key.as_ref().len() != algorithm.key_len() {
            return Err(Code::KeyInit)?;
        }
        let key = Zeroizing::new(memory::copy(key.as_ref())?);
        let iv: [u8; NONCE_LEN] = iv.as_ref().try_into().map_err(|_| Code::KeyInit)?;
        let [a, b, c, d, last @ ..] = iv;
        Ok(Self {
            format,
            cipher: Cipher::Key(algorithm, key),
            salt: [a, b, c, d],
            iv: u64::from_be_bytes(last),
        })
    }

    pub(super) fn is_tls13(&self) -> bool {
        self.format == Format::Tls13
    }

    /// Returns the length of the explicit nonce before each ciphertext, in bytes.
    pub(super) fn explicit_nonce_len(&self) -> usize {
        match self.format {
            Format::Tls12Gcm => EXPLICIT_LEN,
            Format::Tls13 | Format::Tls12Chacha => 0,
        }
    }

    /// Returns whether the explicit nonce of a record is its sequence number, as in s2n-tls and in
    /// the kernel, which may continue with the same key. True if there are no explicit nonces.
    ///
    /// rustls has protected the first records of this side with other nonces: the sequence number
    /// xor the first nonce. If that is at least 2^32, no sequence number below 2^32 repeats one of
    /// them. Otherwise (once in 2^32 connections) the nonces of rustls are continued.
    pub(super) fn has_sequential_nonces(&self) -> bool {
        self.format != Format::Tls12Gcm || self.iv == 0 || self.iv > u32::MAX.into()
    }

    /// Makes the sequence numbers the explicit nonces of sealed records, if that repeats no nonce.
    pub(super) fn number_nonces(&mut self) {
        if self.format == Format::Tls12Gcm && self.has_sequential_nonces() {
            self.iv = 0;
        }
    }

    /// Returns the nonce of a record: the IV xor the sequence number (RFC 8446, 5.3; RFC 7905, 2).
    #[inline]
    pub(super) fn nonce(&self, sequence: u64) -> [u8; NONCE_LEN] {
        self.with_last((self.iv ^ sequence).to_be_bytes())
    }

    /// Returns a nonce with these bytes behind the salt.
    #[inline]
    fn with_last(&self, last: [u8; EXPLICIT_LEN]) -> [u8; NONCE_LEN] {
        let mut nonce = [0; NONCE_LEN];
        nonce[..SALT_LEN].copy_from_slice(&self.salt);
        nonce[SALT_LEN..].copy_from_slice(&last);
        nonce
    }

    /// Returns the nonce of a received record. `explicit` is its explicit nonce, if there is one.
    #[inline]
    pub(super) fn received_nonce(&self, sequence: u64, explicit: &[u8]) -> Nonce {
        Nonce::assume_unique_for_key(match self.format {
            Format::Tls12Gcm => {
                let explicit = explicit.first_chunk().expect("its length was validated");
                self.with_last(*explicit)
            }
            Format::Tls13 | Format::Tls12Chacha => self.nonce(sequence),
        })
    }

    /// Returns the additional data of a record: in TLS 1.3 its header, in TLS 1.2 its sequence
    /// number, and the header that it would have as plaintext (RFC 8446, 5.2; RFC 5246, 6.2.3.3).
    ///
    /// `body` is the length behind the header, `content` that of the plaintext, in bytes.
    #[inline]
    pub(super) fn aad(
        &self,
        sequence: u64,
        outer: ContentType,
        body: usize,
        content: usize,
    ) -> Aad<AdditionalData> {
        let is_tls13 = self.is_tls13();
        let len = if is_tls13 { body } else { content };
        let mut bytes = [0; MAX_AAD];
        bytes[..8].copy_from_slice(&sequence.to_be_bytes());
        bytes[8] = outer as u8;
        bytes[9..11].copy_from_slice(&WIRE_VERSION);
        // Records have fewer than 2^16 bytes.
        bytes[11..].copy_from_slice(&(len as u16).to_be_bytes());
        Aad::from(AdditionalData { bytes, is_tls13 })
    }

    /// Expands the key for the first record.
    #[inline]
    pub(super) fn expand(&mut self) -> Result<()> {
        match &self.cipher {
            Cipher::Expanded(_) => Ok(()),
            Cipher::Key(algorithm, key) => {
                self.cipher = Cipher::Expanded(expand(algorithm, key)?);
                Ok(())
            }
        }
    }

    /// Returns the AEAD. Fails unless the key is expanded.
    #[inline]
    pub(super) fn aead(&self) -> Result<&LessSafeKey> {
        match &self.cipher {
            Cipher::Expanded(aead) => Ok(aead),
            Cipher::Key(..) => Err(Code::KeyInit)?,
        }
    }
}

/// Expands a key, whose length is valid: only memory can be lacking.
#[cold]
fn expand(algorithm: &'static Algorithm, key: &[u8]) -> Result<LessSafeKey> {
    let key = UnboundKey::new(algorithm, key).map_err(|_| Code::Alloc)?;
    Ok(LessSafeKey::new(key))
}

const MAX_AAD: usize = 13;

/// The additional data of a record.
pub(super) struct AdditionalData {
    bytes: [u8; MAX_AAD],
    is_tls13: bool,
}

impl AsRef<[u8]> for AdditionalData {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        match self.is_tls13 {
            true => &self.bytes[8..],
            false => &self.bytes,
        }
    }
}

/// Returns the suite's limit on the number of records that one key may seal.
pub(super) fn confidentiality_limit(suite: SupportedCipherSuite) -> u64 {
    match suite {
        SupportedCipherSuite::Tls12(suite) => suite.common.confidentiality_limit,
        SupportedCipherSuite::Tls13(suite) => suite.common.confidentiality_limit,
        _ => 0,
    }
}

/// Returns the record format and the AEAD of a suite.
fn shape(suite: SupportedCipherSuite) -> Result<(Format, &'static Algorithm)> {
    use CipherSuite as Suite;
    let algorithm = match suite.suite() {
        Suite::TLS13_AES_128_GCM_SHA256
        | Suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
        | Suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => &AES_128_GCM,
        Suite::TLS13_AES_256_GCM_SHA384
        | Suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
        | Suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 => &AES_256_GCM,
        Suite::TLS13_CHACHA20_POLY1305_SHA256
        | Suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
        | Suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 => &CHACHA20_POLY1305,
        _ => return Err(Code::KeyInit)?,
    };
    let format = match suite {
        SupportedCipherSuite::Tls13(_) => Format::Tls13,
        _ if algorithm == &CHACHA20_POLY1305 => Format::Tls12Chacha,
        _ => Format::Tls12Gcm,
    };
    Ok((format, algorithm))
}
