//! Encrypted private keys in PEM: EncryptedPrivateKeyInfo with PBES2 (RFC 5958, 3; RFC 8018, A.4), and
//! the older format of OpenSSL with the headers of RFC 1421.

use std::num::NonZeroU32;

use x509_parser::asn1_rs::Tag;
use zeroize::Zeroizing;

use super::der::{Fields, Value};
use super::pem::{self, Section};
use crate::base::memory;
use crate::crypto::passphrase::{
    BLOCK, Cipher, Derivation, KeyLimits, Prf, Scheme, ScryptCost, check_iterations,
};
use crate::error::{AlgorithmName, Code, Reason, Result};

/// A private key that is encrypted with a passphrase, within the limits of its key derivation.
#[derive(Debug)]
pub(crate) struct EncryptedKey {
    scheme: Scheme,
    ciphertext: Vec<u8>,
}

impl EncryptedKey {
    /// Parses the key of a text: that of the first section, or the one after the parameters of an
    /// elliptic curve. Returns `None` if it is not encrypted.
    pub(crate) fn parse(text: &[u8], limits: &KeyLimits) -> Result<Option<Self>> {
        let key = match pem::key_section(text)? {
            section if section.label() == ENCRYPTED => {
                let content = section.decode(Code::DecodePrivateKey)?;
                Self::pbes2(&content, limits)?
            }
            section if !section.headers().is_empty() => Self::with_headers(&section)?,
            _ => return Ok(None),
        };
        let len = key.ciphertext.len();
        if len == 0 || !len.is_multiple_of(BLOCK) {
            return Err(malformed("the encrypted key is not made of whole blocks"))?;
        }
        key.scheme.check(limits)?;
        Ok(Some(key))
    }

    fn pbes2(der: &[u8], limits: &KeyLimits) -> Result<Self> {
        let parts = || {
            let mut fields = Fields::of_whole(der)?;
            let algorithm = Algorithm::parse(&fields.next()?)?;
            let ciphertext = fields.primitive(Tag::OctetString)?;
            fields.end()?;
            Some((algorithm, ciphertext))
        };
        let (algorithm, ciphertext) =
            parts().ok_or_else(|| malformed("the structure of the encrypted key is invalid"))?;
        Ok(Self {
            scheme: algorithm.scheme(limits)?,
            ciphertext: memory::copy(ciphertext)?,
        })
    }

    fn with_headers(section: &Section<'_>) -> Result<Self> {
        let header = |name: &[u8]| {
            let mut lines = section.headers().split(|&byte| byte == b'\n');
            lines.find_map(|line| Some(line.strip_prefix(name)?.trim_ascii()))
        };
        if header(b"Proc-Type:") != Some(b"4,ENCRYPTED") {
            return Err(
                Code::InvalidPem.rule("the header Proc-Type is not that of an encrypted key")
            )?;
        }
        let info = header(b"DEK-Info:").unwrap_or_default();
        let comma = info.iter().position(|&byte| byte == b',');
        let (name, iv) = info.split_at(comma.unwrap_or(info.len()));
        let cipher = HEADER_CIPHERS.iter().find(|(known, _)| *known == name);
        let Some(&(_, cipher)) = cipher else {
            return Err(unsupported(AlgorithmName::text(name)))?;
        };
        let iv = iv.strip_prefix(b",").and_then(hexadecimal);
        Ok(Self {
            scheme: Scheme {
                derivation: Derivation::Md5,
                cipher,
                iv: iv.ok_or_else(|| malformed("the IV in the header DEK-Info is invalid"))?,
            },
            ciphertext: memory::copy(&section.decode(Code::DecodePrivateKey)?)?,
        })
    }

    /// Decrypts the key, which is then in DER.
    pub(crate) fn decrypt(self, passphrase: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let mut content = Zeroizing::new(self.ciphertext);
        let key = match self.scheme.decrypt(passphrase, &mut content)? {
            Some(key) if is_key(key) => Some(Zeroizing::new(memory::copy(key)?)),
            // The padding of a wrong plaintext is right by chance, once in 256 times.
            _ => None,
        };
        key.ok_or_else(|| {
            Code::WrongPassphrase
                .rule("the passphrase is not that of the private key, or the key is damaged")
        })
    }
}

const ENCRYPTED: &[u8] = b"ENCRYPTED PRIVATE KEY";

/// The ciphers of the header DEK-Info.
const HEADER_CIPHERS: [(&[u8], Cipher); 3] = [
    (b"AES-128-CBC", Cipher::Aes128),
    (b"AES-192-CBC", Cipher::Aes192),
    (b"AES-256-CBC", Cipher::Aes256),
];

/// Returns whether a plaintext has the structure of a private key in any format: a SEQUENCE of whole
/// values, the first of which is a version. A wrong one does not, but for a chance of 2^-32.
fn is_key(der: &[u8]) -> bool {
    let read = || {
        let mut fields = Fields::of_whole(der)?;
        fields.next()?.integer()?;
        while !fields.is_empty() {
            fields.next()?;
        }
        Some(())
    };
    read().is_some()
}

/// An AlgorithmIdentifier (RFC 5280, 4.1.1.2).
struct Algorithm<'a> {
    oid: &'a [u8],
    parameters: Option<Value<'a>>,
}

impl<'a> Algorithm<'a> {
    fn parse(value: &Value<'a>) -> Option<Self> {
        let mut fields = Fields::of(value)?;
        let oid = fields.next()?.oid()?;
        let parameters = match fields.is_empty() {
            true => None,
            false => Some(fields.next()?),
        };
        fields.end()?;
        Some(Self { oid, parameters })
    }

    /// Reads the parameters, which are a SEQUENCE.
    fn fields(&self) -> Option<Fields<'a>> {
        Fields::of(self.parameters.as_ref()?)
    }

    /// The error for an algorithm that is not supported.
    fn refused<T>(&self) -> Result<T> {
        let known = REFUSED.iter().find(|(oid, _)| *oid == self.oid);
        Err(unsupported(match known {
            Some((_, name)) => AlgorithmName::Known(name),
            None => AlgorithmName::oid(self.oid),
        }))?
    }

    fn scheme(&self, limits: &KeyLimits) -> Result<Scheme> {
        if self.oid != PBES2 {
            return self.refused();
        }
        let parts = || {
            let mut fields = self.fields()?;
            let derivation = Algorithm::parse(&fields.next()?)?;
            let encryption = Algorithm::parse(&fields.next()?)?;
            fields.end()?;
            Some((derivation, encryption))
        };
        let (derivation, encryption) =
            parts().ok_or_else(|| malformed("the parameters of PBES2 are invalid"))?;
        let (cipher, iv) = encryption.cipher()?;
        Ok(Scheme {
            derivation: match derivation.oid {
                PBKDF2 => derivation.pbkdf2(cipher, limits)?,
                SCRYPT => derivation.scrypt(cipher)?,
                _ => return derivation.refused(),
            },
            cipher,
            iv,
        })
    }

    fn cipher(&self) -> Result<(Cipher, [u8; BLOCK])> {
        let cipher = CIPHERS.iter().find(|(oid, _)| *oid == self.oid);
        let Some(&(_, cipher)) = cipher else {
            return self.refused();
        };
        let iv = || {
            let iv = self.parameters.as_ref()?.primitive(Tag::OctetString)?;
            iv.try_into().ok()
        };
        let iv = iv().ok_or_else(|| malformed("the IV of the cipher is invalid"))?;
        Ok((cipher, iv))
    }

    /// RFC 8018, A.2.
    fn pbkdf2(&self, cipher: Cipher, limits: &KeyLimits) -> Result<Derivation> {
        let parts = || {
            let mut fields = self.fields()?;
            let salt = fields.primitive(Tag::OctetString)?;
            let iterations = number(&fields.next()?)?;
            let mut prf = None;
            let mut next = fields.next();
            if let Some(len) = next.as_ref().and_then(number) {
                (len == cipher.key_len() as u64).then_some(())?;
                next = fields.next();
            }
            if let Some(value) = next {
                prf = Some(Algorithm::parse(&value)?);
            }
            fields.end()?;
            Some((salt, iterations, prf))
        };
        let invalid = || malformed("the parameters of PBKDF2 are invalid");
        let (salt, iterations, prf) = parts().ok_or_else(invalid)?;
        let prf = match &prf {
            // "DEFAULT algid-hmacWithSHA1"
            None => Prf::HmacSha1,
            Some(prf) => prf.prf()?,
        };
        check_iterations(iterations, limits)?;
        let iterations = u32::try_from(iterations).ok().and_then(NonZeroU32::new);
        Ok(Derivation::Pbkdf2 {
            prf,
            salt: memory::copy(salt)?,
            iterations: iterations.ok_or_else(invalid)?,
        })
    }

    fn prf(&self) -> Result<Prf> {
        let prf = PRFS.iter().find(|(oid, _)| *oid == self.oid);
        let Some(&(_, prf)) = prf else {
            return self.refused();
        };
        // They are NULL; GnuTLS omits them.
        let is_null = |value: &Value<'_>| value.primitive(Tag::Null).is_some_and(<[u8]>::is_empty);
        match self.parameters.as_ref().is_none_or(is_null) {
            true => Ok(prf),
            false => Err(malformed("the parameters of PBKDF2's function are invalid"))?,
        }
    }

    /// RFC 7914, 7.1.
    fn scrypt(&self, cipher: Cipher) -> Result<Derivation> {
        let parts = || {
            let mut fields = self.fields()?;
            let salt = fields.primitive(Tag::OctetString)?;
            let n = number(&fields.next()?)?;
            let r = number(&fields.next()?)?;
            let p = number(&fields.next()?)?;
            if !fields.is_empty() {
                let len = number(&fields.next()?)?;
                (len == cipher.key_len() as u64).then_some(())?;
            }
            fields.end()?;
            // RFC 7914, 2: N "must be larger than 1, a power of 2". An INTEGER above the largest such
            // number of 64 bits is above the limit in any case.
            let is_power = n > 1 && (n.is_power_of_two() || n == u64::MAX);
            (is_power && r > 0 && p > 0).then_some(())?;
            let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
            let cost = ScryptCost {
                log_n: match n {
                    u64::MAX => 64,
                    n => n.trailing_zeros() as u8,
                },
                r: small(r),
                p: small(p),
            };
            Some((salt, cost))
        };
        let (salt, cost) =
            parts().ok_or_else(|| malformed("the parameters of scrypt are invalid"))?;
        Ok(Derivation::Scrypt {
            salt: memory::copy(salt)?,
            cost,
        })
    }
}

/// Returns the value of an INTEGER that is not negative; a larger one than 64 bits is the largest.
fn number(value: &Value<'_>) -> Option<u64> {
    let bytes = value.unsigned()?;
    Some(match bytes.len() {
        0..=8 => bytes
            .iter()
            .fold(0, |sum, &byte| sum << 8 | u64::from(byte)),
        _ => u64::MAX,
    })
}

/// Parses the hexadecimal digits of an IV.
fn hexadecimal(digits: &[u8]) -> Option<[u8; BLOCK]> {
    let mut bytes = [0; BLOCK];
    let pairs = digits.chunks_exact(2);
    (pairs.remainder().is_empty() && pairs.len() == BLOCK).then_some(())?;
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        let value = |digit: u8| char::from(digit).to_digit(16);
        *byte = (value(pair[0])? << 4 | value(pair[1])?) as u8;
    }
    Some(bytes)
}

fn malformed(rule: &'static str) -> crate::error::Error {
    Code::DecodePrivateKey.rule(rule)
}

fn unsupported(name: AlgorithmName) -> crate::error::Error {
    Code::KeyEncryption.because(Reason::KeyAlgorithm(name))
}

// The contents of object identifiers.

/// 1.2.840.113549.1.5
const PBES2: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d";
const PBKDF2: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c";
/// 1.3.6.1.4.1.11591.4.11
const SCRYPT: &[u8] = b"\x2b\x06\x01\x04\x01\xda\x47\x04\x0b";

/// 1.2.840.113549.2
const PRFS: [(&[u8], Prf); 4] = [
    (b"\x2a\x86\x48\x86\xf7\x0d\x02\x07", Prf::HmacSha1),
    (b"\x2a\x86\x48\x86\xf7\x0d\x02\x09", Prf::HmacSha256),
    (b"\x2a\x86\x48\x86\xf7\x0d\x02\x0a", Prf::HmacSha384),
    (b"\x2a\x86\x48\x86\xf7\x0d\x02\x0b", Prf::HmacSha512),
];

/// 2.16.840.1.101.3.4.1
const CIPHERS: [(&[u8], Cipher); 3] = [
    (b"\x60\x86\x48\x01\x65\x03\x04\x01\x02", Cipher::Aes128),
    (b"\x60\x86\x48\x01\x65\x03\x04\x01\x16", Cipher::Aes192),
    (b"\x60\x86\x48\x01\x65\x03\x04\x01\x2a", Cipher::Aes256),
];

/// Algorithms that tools write, or wrote, with the names that they have there.
const REFUSED: [(&[u8], &str); 17] = [
    (b"\x2a\x86\x48\x86\xf7\x0d\x03\x07", "des-EDE3-CBC"),
    (b"\x2b\x0e\x03\x02\x07", "des-CBC"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x03\x02", "rc2-CBC"),
    (b"\x60\x86\x48\x01\x65\x03\x04\x01\x06", "aes-128-GCM"),
    (b"\x60\x86\x48\x01\x65\x03\x04\x01\x2e", "aes-256-GCM"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x02\x08", "hmacWithSHA224"),
    (
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x01",
        "pbeWithMD2AndDES-CBC",
    ),
    (
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x03",
        "pbeWithMD5AndDES-CBC",
    ),
    (
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x06",
        "pbeWithMD5AndRC2-CBC",
    ),
    (
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0a",
        "pbeWithSHA1AndDES-CBC",
    ),
    (
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0b",
        "pbeWithSHA1AndRC2-CBC",
    ),
    (
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x01",
        "pbeWithSHA1And128BitRC4",
    ),
    (
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x02",
        "pbeWithSHA1And40BitRC4",
    ),
    (
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x03",
        "pbeWithSHA1And3-KeyTripleDES-CBC",
    ),
    (
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x04",
        "pbeWithSHA1And2-KeyTripleDES-CBC",
    ),
    (
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x05",
        "pbeWithSHA1And128BitRC2-CBC",
    ),
    (
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x06",
        "pbeWithSHA1And40BitRC2-CBC",
    ),
];

#[cfg(test)]
mod tests;
