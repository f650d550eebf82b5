//! From the secrets that rustls extracts to the provider's ciphers.

use rustls::crypto::cipher::{AeadKey, Iv, RecordDecrypter, RecordEncrypter};
use rustls::{ConnectionTrafficSecrets, SupportedCipherSuite};

use crate::tls::error::{Code, Result};

/// The tag of every AEAD that we know (RFC 5116, 5.1; RFC 8439, 2.8).
pub(super) const TAG_LEN: usize = 16;

/// A cipher of one direction, whose keys have the lengths that the suite wants.
///
/// The provider's constructors panic if they do not.
pub(super) struct Keys {
    suite: SupportedCipherSuite,
    key: AeadKey,
    iv: Iv,

    /// How much of `iv` is the same for all records. In TLS 1.2 the rest is where the explicit
    /// nonces begin.
    fixed_iv_len: usize,
}

impl Keys {
    pub(super) fn new(
        suite: SupportedCipherSuite,
        secrets: ConnectionTrafficSecrets,
    ) -> Result<Self> {
        let (key, iv) = match secrets {
            ConnectionTrafficSecrets::Aes128Gcm { key, iv }
            | ConnectionTrafficSecrets::Aes256Gcm { key, iv }
            | ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv } => (key, iv),
            _ => return Err(Code::KeyInit)?,
        };
        let (key_len, fixed_iv_len, iv_len) = match suite {
            SupportedCipherSuite::Tls12(suite) => {
                let shape = suite.aead_alg.key_block_shape();
                let iv_len = shape.fixed_iv_len + shape.explicit_nonce_len;
                (shape.enc_key_len, shape.fixed_iv_len, iv_len)
            }
            SupportedCipherSuite::Tls13(suite) => {
                let aead = suite.aead_alg;
                (aead.key_len(), aead.iv_len(), aead.iv_len())
            }
            _ => return Err(Code::KeyInit)?,
        };
        if key.as_ref().len() != key_len || iv.len() != iv_len {
            return Err(Code::KeyInit)?;
        }
        Ok(Self {
            suite,
            key,
            iv,
            fixed_iv_len,
        })
    }

    pub(super) fn is_tls13(&self) -> bool {
        matches!(self.suite, SupportedCipherSuite::Tls13(_))
    }

    /// How many records one key may seal, in the suite's own judgement.
    pub(super) fn confidentiality_limit(&self) -> u64 {
        match self.suite {
            SupportedCipherSuite::Tls12(suite) => suite.common.confidentiality_limit,
            SupportedCipherSuite::Tls13(suite) => suite.common.confidentiality_limit,
            _ => 0,
        }
    }

    /// How many bytes of nonce stand in front of each ciphertext.
    pub(super) fn explicit_nonce_len(&self) -> usize {
        self.iv.len() - self.fixed_iv_len
    }

    pub(super) fn encrypter(self) -> Result<Box<dyn RecordEncrypter>> {
        let (fixed, explicit) = self.iv.as_ref().split_at(self.fixed_iv_len);
        match self.suite {
            SupportedCipherSuite::Tls12(suite) => {
                Ok(suite.aead_alg.encrypter(self.key, fixed, explicit))
            }
            SupportedCipherSuite::Tls13(suite) => Ok(suite.aead_alg.encrypter(self.key, self.iv)),
            _ => Err(Code::KeyInit)?,
        }
    }

    pub(super) fn decrypter(self) -> Result<Box<dyn RecordDecrypter>> {
        let (fixed, _) = self.iv.as_ref().split_at(self.fixed_iv_len);
        match self.suite {
            SupportedCipherSuite::Tls12(suite) => Ok(suite.aead_alg.decrypter(self.key, fixed)),
            SupportedCipherSuite::Tls13(suite) => Ok(suite.aead_alg.decrypter(self.key, self.iv)),
            _ => Err(Code::KeyInit)?,
        }
    }
}
