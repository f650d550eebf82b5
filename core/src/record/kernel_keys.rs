//! Traffic keys in the form that kernel TLS requires.

use rustls::ConnectionTrafficSecrets;
use rustls::crypto::cipher::{AeadKey, Iv};

use crate::error::{Code, Result};

/// The lengths of the parts of an AES-GCM nonce in bytes: the fixed one, and the one that TLS 1.2
/// sends with each record (RFC 5288, 3).
const SALT_LEN: usize = 4;
/// See [`SALT_LEN`].
const EXPLICIT_LEN: usize = 8;

/// The AES-GCM key of one direction, with the state of its nonces.
pub struct KernelKeys {
    tls13: bool,
    key: AeadKey,
    salt: [u8; SALT_LEN],
    iv: [u8; EXPLICIT_LEN],
    sequence: u64,
}

impl KernelKeys {
    /// Converts the keys of the receiving direction. In TLS 1.2 each record has the explicit part
    /// of its nonce, so that the IV is not used.
    pub(crate) fn for_receiving(
        tls13: bool,
        (sequence, secrets): (u64, ConnectionTrafficSecrets),
    ) -> Result<Self> {
        let (key, iv) = match secrets {
            ConnectionTrafficSecrets::Aes128Gcm { key, iv }
            | ConnectionTrafficSecrets::Aes256Gcm { key, iv } => (key, iv),
            _ => return Err(Code::KtlsUnsupportedConn)?,
        };
        let (salt, iv) = split(&iv)?;
        Ok(Self {
            tls13,
            key,
            salt,
            iv,
            sequence,
        })
    }

    /// Converts the keys of the sending direction.
    ///
    /// In TLS 1.2 the kernel takes the IV as the explicit part of the next nonce, and increments it
    /// with each record. It must not repeat one that [`Sealer`](super::Sealer) or rustls has used.
    /// Their nonces are the sequence numbers below `sequence`, or at least 2^32 (see
    /// `Sealer::transferable_sequence()`, from which `sequence` is), which the limit of the key
    /// keeps out of reach. So the next one is `sequence`.
    pub(crate) fn for_sending(tls13: bool, keys: (u64, ConnectionTrafficSecrets)) -> Result<Self> {
        let mut keys = Self::for_receiving(tls13, keys)?;
        if !tls13 {
            keys.iv = keys.sequence.to_be_bytes();
        }
        Ok(keys)
    }

    /// Creates keys of the sending direction, for the tests of other crates.
    #[cfg(feature = "internal-test")]
    pub fn for_test(tls13: bool, key: &[u8], iv: [u8; 12], sequence: u64) -> Self {
        let iv = Iv::from(iv);
        let secrets = match <[u8; 16]>::try_from(key) {
            Ok(key) => ConnectionTrafficSecrets::Aes128Gcm {
                key: key.into(),
                iv,
            },
            Err(_) => {
                let key = <[u8; 32]>::try_from(key).expect("16 or 32 bytes");
                ConnectionTrafficSecrets::Aes256Gcm {
                    key: key.into(),
                    iv,
                }
            }
        };
        Self::for_sending(tls13, (sequence, secrets)).expect("AES-GCM")
    }

    pub fn is_tls13(&self) -> bool {
        self.tls13
    }

    /// Returns the key: 16 or 32 bytes.
    pub fn key(&self) -> &[u8] {
        self.key.as_ref()
    }

    /// Returns the fixed part of the nonces.
    pub fn salt(&self) -> [u8; SALT_LEN] {
        self.salt
    }

    /// Returns the rest of the IV in TLS 1.3; in TLS 1.2, the explicit part of the next nonce.
    pub fn iv(&self) -> [u8; EXPLICIT_LEN] {
        self.iv
    }

    /// Returns the sequence number of the next record.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }
}

fn split(iv: &Iv) -> Result<([u8; SALT_LEN], [u8; EXPLICIT_LEN])> {
    let (salt, iv) = iv
        .as_ref()
        .split_at_checked(SALT_LEN)
        .ok_or(Code::KeyInit)?;
    Ok((
        salt.try_into().map_err(|_| Code::KeyInit)?,
        iv.try_into().map_err(|_| Code::KeyInit)?,
    ))
}

/// Returns whether kernel TLS is supported for a cipher suite, which it is for those with AES-GCM.
pub fn has_kernel_keys(suite: u16) -> bool {
    matches!(
        suite,
        0x1301 | 0x1302 | 0x009c..=0x009f | 0xc02b | 0xc02c | 0xc02f | 0xc030
    )
}
