//! Traffic keys: conversion of exported traffic secrets to the provider's record ciphers.

use rustls::crypto::cipher::{AeadKey, Iv, RecordDecrypter, RecordEncrypter};
use rustls::{ConnectionTrafficSecrets, SupportedCipherSuite};

use crate::error::{Code, Result};

/// The tag length of every supported AEAD in bytes (RFC 5116, 5.1; RFC 8439, 2.8).
pub(super) const TAG_LEN: usize = 16;

/// The maximum length of the explicit nonce of a supported AEAD in bytes (RFC 5288, 3).
const MAX_EXPLICIT_NONCE: usize = 8;

/// The traffic key and IV of one direction, with the lengths that the suite requires.
///
/// The provider's constructors panic on other lengths.
pub(super) struct TrafficKeys {
    suite: SupportedCipherSuite,
    key: AeadKey,
    iv: Iv,

    /// The length of the fixed part of `iv`, in bytes. In TLS 1.2 the rest is the first explicit
    /// nonce.
    fixed_iv_len: usize,
}

impl TrafficKeys {
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
        let explicit_len = iv_len - fixed_iv_len;
        if key.as_ref().len() != key_len || iv.len() != iv_len || explicit_len > MAX_EXPLICIT_NONCE
        {
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

    /// Returns the suite's limit on the number of records that one key may seal.
    pub(super) fn confidentiality_limit(&self) -> u64 {
        match self.suite {
            SupportedCipherSuite::Tls12(suite) => suite.common.confidentiality_limit,
            SupportedCipherSuite::Tls13(suite) => suite.common.confidentiality_limit,
            _ => 0,
        }
    }

    /// Returns the length of the explicit nonce before each ciphertext, in bytes.
    pub(super) fn explicit_nonce_len(&self) -> usize {
        self.iv.len() - self.fixed_iv_len
    }

    /// Returns whether the explicit nonce of a record is its sequence number, as in s2n-tls and in
    /// the kernel, which may continue with the same key.
    ///
    /// rustls has protected the first records of this side with other nonces: the sequence number
    /// xor the first nonce. If that is at least 2^32, no sequence number below 2^32 repeats one of
    /// them. Otherwise (once in 2^32 connections) the nonces of rustls are continued.
    pub(super) fn has_sequential_nonces(&self) -> bool {
        let first = self.first_explicit_nonce();
        let (high, low) = first.split_at(first.len() / 2);
        let is_zero = |bytes: &[u8]| bytes.iter().all(|&byte| byte == 0);
        !is_zero(high) || is_zero(low)
    }

    fn first_explicit_nonce(&self) -> &[u8] {
        &self.iv.as_ref()[self.fixed_iv_len..]
    }

    pub(super) fn encrypter(self) -> Result<Box<dyn RecordEncrypter>> {
        match self.suite {
            SupportedCipherSuite::Tls12(suite) => {
                let is_sequential = self.has_sequential_nonces();
                let (fixed, first) = self.iv.as_ref().split_at(self.fixed_iv_len);
                let first = match is_sequential {
                    true => &[0; MAX_EXPLICIT_NONCE][..first.len()],
                    false => first,
                };
                Ok(suite.aead_alg.encrypter(self.key, fixed, first))
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
