//! Decryption with a key that is derived from a passphrase: PBES2 (RFC 8018, 6.2) with PBKDF2 or scrypt
//! (RFC 7914), and the derivation of OpenSSL's older format, with MD5.

use std::num::NonZeroU32;

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, Algorithm, DecryptionContext, PaddedBlockDecryptingKey,
    UnboundCipherKey,
};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::pbkdf2;
use md5::{Digest, Md5};
use zeroize::Zeroizing;

use crate::base::{StackDepth, memory, with_cleared_stack};
use crate::error::{Code, Reason, Result};

/// The block size of AES in bytes.
pub(crate) const BLOCK: usize = 16;

/// A key derivation with its parameters, and the cipher that uses the key.
#[derive(Debug)]
pub(crate) struct Scheme {
    pub(crate) derivation: Derivation,
    pub(crate) cipher: Cipher,
    pub(crate) iv: [u8; BLOCK],
}

#[derive(Debug)]
pub(crate) enum Derivation {
    Pbkdf2 {
        prf: Prf,
        salt: Vec<u8>,
        iterations: NonZeroU32,
    },
    Scrypt {
        salt: Vec<u8>,
        cost: ScryptCost,
    },
    /// One iteration of MD5 with the start of the IV as salt: OpenSSL's EVP_BytesToKey().
    Md5,
}

/// The pseudorandom function of PBKDF2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prf {
    HmacSha1,
    HmacSha256,
    HmacSha384,
    HmacSha512,
}

/// A cipher in CBC mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cipher {
    Aes128,
    Aes192,
    Aes256,
}

/// The parameters of scrypt (RFC 7914, 2): the cost N as a power of two, the block size, and the
/// parallelization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ScryptCost {
    pub(crate) log_n: u8,
    pub(crate) r: u32,
    pub(crate) p: u32,
}

/// Limits on the work of a key derivation, whose parameters come with the file.
#[derive(Clone, Copy, Debug)]
pub struct KeyLimits {
    /// Iterations of PBKDF2.
    pub iterations: u32,
    /// Memory of scrypt in bytes.
    pub scrypt_memory: u64,
    /// Work of scrypt: the product of its three parameters.
    pub scrypt_work: u64,
}

impl KeyLimits {
    /// The limits of the C API: seconds, on a machine that needs a tenth of a second for what tools
    /// write by default.
    pub const DEFAULT: Self = Self {
        // RFC 8018, 4.2: "For especially critical keys, or for very powerful systems or systems where
        // user-perceived performance is not critical, an iteration count of 10,000,000 may be
        // appropriate."
        iterations: 10_000_000,
        // N = 2^17 and r = 8 take 128 MiB, and buffers of a few KiB; OpenSSL reads up to 32 MiB.
        scrypt_memory: 160 << 20,
        // Four times N = 2^17, r = 8, p = 1.
        scrypt_work: 4 << 20,
    };
}

impl Scheme {
    /// Checks that the key derivation is within the limits.
    pub(crate) fn check(&self, limits: &KeyLimits) -> Result<()> {
        match &self.derivation {
            Derivation::Pbkdf2 { iterations, .. } => {
                check_iterations(iterations.get().into(), limits)
            }
            Derivation::Scrypt { cost, .. } => cost.check(limits),
            Derivation::Md5 => Ok(()),
        }
    }

    /// Decrypts the ciphertext, of one or more whole blocks, in place. Returns `None` if the padding
    /// is wrong, as it is for all but one of 256 wrong passphrases.
    pub(crate) fn decrypt<'a>(
        &self,
        passphrase: &[u8],
        ciphertext: &'a mut [u8],
    ) -> Result<Option<&'a [u8]>> {
        self.probe_memory()?;
        let plaintext = with_cleared_stack(StackDepth::Keys, || {
            let mut key = Zeroizing::new([0; MAX_KEY_LEN]);
            let key = &mut key[..self.cipher.key_len()];
            self.derive(passphrase, key)?;
            self.open(key, ciphertext)
        });
        plaintext.map_err(|_| Code::Alloc.into())
    }

    /// Fails if there is no memory for the derivation, whose code cannot handle an allocation failure.
    fn probe_memory(&self) -> Result<()> {
        match &self.derivation {
            Derivation::Scrypt { cost, .. } => {
                memory::probe(usize::try_from(cost.memory()).map_err(|_| Code::Alloc)?)
            }
            _ => Ok(()),
        }
    }

    fn derive(&self, passphrase: &[u8], key: &mut [u8]) -> Result<(), Unspecified> {
        match &self.derivation {
            Derivation::Pbkdf2 {
                prf,
                salt,
                iterations,
            } => pbkdf2::derive(prf.algorithm(), *iterations, salt, passphrase, key),
            Derivation::Scrypt { salt, cost } => {
                let params = scrypt::Params::new(cost.log_n, cost.r, cost.p);
                let params = params.map_err(|_| Unspecified)?;
                scrypt::scrypt(passphrase, salt, &params, key).map_err(|_| Unspecified)?;
            }
            Derivation::Md5 => derive_with_md5(passphrase, &self.iv[..MD5_SALT_LEN], key),
        }
        Ok(())
    }

    /// Decrypts in place, and removes the padding; `None` if it is wrong.
    fn open<'a>(
        &self,
        key: &[u8],
        ciphertext: &'a mut [u8],
    ) -> Result<Option<&'a [u8]>, Unspecified> {
        let key = UnboundCipherKey::new(self.cipher.algorithm(), key)?;
        let key = PaddedBlockDecryptingKey::cbc_pkcs7(key)?;
        let context = DecryptionContext::Iv128(FixedLength::from(self.iv));
        Ok(key.decrypt(ciphertext, context).ok().map(|text| &*text))
    }
}

/// Checks a number of iterations of PBKDF2.
pub(crate) fn check_iterations(iterations: u64, limits: &KeyLimits) -> Result<()> {
    let limit = limits.iterations;
    match iterations <= limit.into() {
        true => Ok(()),
        false => Err(Code::KeyEncryption.because(Reason::KeyIterations { iterations, limit })),
    }
}

impl ScryptCost {
    fn check(self, limits: &KeyLimits) -> Result<()> {
        let Self { log_n, r, p } = self;
        if self.memory() > limits.scrypt_memory {
            let limit = limits.scrypt_memory;
            let reason = Reason::ScryptMemory { log_n, r, p, limit };
            return Err(Code::KeyEncryption.because(reason));
        }
        if self.work() > limits.scrypt_work {
            let limit = limits.scrypt_work;
            let reason = Reason::ScryptWork { log_n, r, p, limit };
            return Err(Code::KeyEncryption.because(reason));
        }
        Ok(())
    }

    /// The memory in bytes: N blocks that are mixed, p blocks of the input, and one to work with.
    fn memory(self) -> u64 {
        let blocks = self.n().saturating_add(u64::from(self.p) + 1);
        blocks.saturating_mul(128 * u64::from(self.r))
    }

    fn work(self) -> u64 {
        let product = self.n().saturating_mul(self.r.into());
        product.saturating_mul(self.p.into())
    }

    fn n(self) -> u64 {
        1_u64.checked_shl(self.log_n.into()).unwrap_or(u64::MAX)
    }
}

impl Prf {
    fn algorithm(self) -> pbkdf2::Algorithm {
        match self {
            Self::HmacSha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Self::HmacSha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::HmacSha384 => pbkdf2::PBKDF2_HMAC_SHA384,
            Self::HmacSha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }
}

impl Cipher {
    pub(crate) fn key_len(self) -> usize {
        match self {
            Self::Aes128 => 16,
            Self::Aes192 => 24,
            Self::Aes256 => MAX_KEY_LEN,
        }
    }

    fn algorithm(self) -> &'static Algorithm {
        match self {
            Self::Aes128 => &AES_128,
            Self::Aes192 => &AES_192,
            Self::Aes256 => &AES_256,
        }
    }
}

const MAX_KEY_LEN: usize = 32;

/// The part of the IV that is the salt.
const MD5_SALT_LEN: usize = 8;

fn derive_with_md5(passphrase: &[u8], salt: &[u8], key: &mut [u8]) {
    let mut last = Zeroizing::new([0; 16]);
    let mut used = 0;
    for part in key.chunks_mut(last.len()) {
        let mut hash = Md5::new();
        hash.update(&last[..used]);
        hash.update(passphrase);
        hash.update(salt);
        hash.finalize_into((&mut *last).into());
        used = last.len();
        part.copy_from_slice(&last[..part.len()]);
    }
}

#[cfg(test)]
impl Scheme {
    /// Encrypts a plaintext, for tests: the library writes no encrypted keys.
    pub(crate) fn encrypt(&self, passphrase: &[u8], plaintext: &[u8]) -> Vec<u8> {
        use aws_lc_rs::cipher::{EncryptionContext, PaddedBlockEncryptingKey};

        let mut key = [0; MAX_KEY_LEN];
        let key = &mut key[..self.cipher.key_len()];
        self.derive(passphrase, key).expect("a key");
        let key = UnboundCipherKey::new(self.cipher.algorithm(), key).expect("a key");
        let key = PaddedBlockEncryptingKey::cbc_pkcs7(key).expect("a key");
        let context = EncryptionContext::Iv128(FixedLength::from(self.iv));
        let mut content = plaintext.to_vec();
        key.less_safe_encrypt(&mut content, context)
            .expect("encrypted");
        content
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn derived(derivation: Derivation, passphrase: &[u8]) -> [u8; 32] {
        let scheme = Scheme {
            derivation,
            cipher: Cipher::Aes256,
            iv: [7; BLOCK],
        };
        let mut key = [0; 32];
        scheme.derive(passphrase, &mut key).expect("a key");
        key
    }

    /// RFC 7914, 11 and 12.
    #[test]
    fn derivations_match_the_published_vectors() {
        let key = derived(
            Derivation::Pbkdf2 {
                prf: Prf::HmacSha256,
                salt: b"salt".to_vec(),
                iterations: NonZeroU32::MIN,
            },
            b"passwd",
        );
        assert_eq!(key[..6], [0x55, 0xac, 0x04, 0x6e, 0x56, 0xe3]);
        let cost = ScryptCost {
            log_n: 10,
            r: 8,
            p: 16,
        };
        let salt = b"NaCl".to_vec();
        let key = derived(Derivation::Scrypt { salt, cost }, b"password");
        assert_eq!(key[..6], [0xfd, 0xba, 0xbe, 0x1c, 0x9d, 0x34]);
    }

    /// As `openssl enc -aes-256-cbc -md md5 -S 0707070707070707 -k secret -P` prints it.
    #[test]
    fn the_old_derivation_is_that_of_openssl() {
        let key = derived(Derivation::Md5, b"secret");
        assert_eq!(key[..4], [0xe9, 0x4c, 0x99, 0x05]);
        assert_eq!(key[28..], [0x80, 0x2b, 0xe1, 0x4f]);
    }

    #[test]
    fn costs_are_limited_without_overflow() {
        let check = |log_n, r, p| {
            let outcome = ScryptCost { log_n, r, p }.check(&KeyLimits::DEFAULT);
            outcome.map_err(|error| (error.code(), error.reason().to_string()))
        };
        for (log_n, r, p) in [(14, 8, 1), (17, 8, 1), (17, 8, 4), (1, 1, 1), (15, 32, 4)] {
            assert_eq!(check(log_n, r, p), Ok(()), "{log_n} {r} {p}");
        }
        for (log_n, r, p, name) in [
            (18, 8, 1, "memory"),
            (63, 8, 1, "memory"),
            (255, u32::MAX, u32::MAX, "memory"),
            (1, u32::MAX, 1, "memory"),
            (1, 1, u32::MAX, "memory"),
            (17, 8, 5, "work"),
            (1, 1, 2_000_000, "memory"),
        ] {
            let (code, reason) = check(log_n, r, p).expect_err("a limit");
            assert_eq!(code, Code::KeyEncryption);
            assert!(reason.contains(name), "{log_n} {r} {p}: {reason}");
        }
    }

    #[test]
    fn iterations_are_limited() {
        let limits = KeyLimits::DEFAULT;
        assert!(check_iterations(10_000_000, &limits).is_ok());
        let error = check_iterations(1 << 31, &limits).unwrap_err();
        assert_eq!(error.code(), Code::KeyEncryption);
        let reason = error.reason().to_string();
        assert!(reason.contains("2147483648"), "{reason}");
        assert!(reason.contains("10000000"), "{reason}");
    }
}
