//! Loading of private keys that are encrypted with a passphrase.

use rustls::pki_types::PrivateKeyDer;
use zeroize::Zeroizing;

use crate::base::memory;
pub use crate::crypto::passphrase::KeyLimits;
use crate::error::{Code, Limit, Reason, Result};
use crate::x509::{EncryptedKey, pem};

/// The source of a passphrase.
pub trait Passphrase {
    /// Writes the passphrase to the start of a buffer, and returns its length in bytes; `None` if there
    /// is none.
    fn read(&self, buffer: &mut [u8]) -> Option<usize>;
}

/// The maximum length of a passphrase in bytes: that of OpenSSL.
pub const MAX_PASSPHRASE: usize = 1024;

/// A private key before the passphrase is known. Whatever can be wrong with it until then is reported
/// before a user has to type.
pub(super) enum Locked {
    Plain(Vec<PrivateKeyDer<'static>>),
    Encrypted(EncryptedKey),
}

impl Locked {
    pub(super) fn parse(pem: &[u8], limits: &KeyLimits) -> Result<Self> {
        Ok(match EncryptedKey::parse(pem, limits)? {
            Some(key) => Self::Encrypted(key),
            None => Self::Plain(pem::private_key(pem)?),
        })
    }

    /// Returns the key in each format that it can have. The passphrase is read only if it is encrypted.
    pub(super) fn unlock(self, passphrase: &dyn Passphrase) -> Result<Vec<PrivateKeyDer<'static>>> {
        match self {
            Self::Plain(formats) => Ok(formats),
            Self::Encrypted(key) => {
                let mut buffer = Zeroizing::new(memory::zeroed(MAX_PASSPHRASE)?);
                let len = read(passphrase, &mut buffer)?;
                pem::key_formats(&key.decrypt(&buffer[..len])?)
            }
        }
    }
}

fn read(passphrase: &dyn Passphrase, buffer: &mut [u8]) -> Result<usize> {
    let failed = Code::PassphraseCallback;
    let Some(len) = passphrase.read(buffer) else {
        return Err(failed.rule("the passphrase callback has returned an error"))?;
    };
    match len <= buffer.len() {
        true => Ok(len),
        false => Err(failed.because(Reason::Length {
            of: "the passphrase",
            len: u32::try_from(len).unwrap_or(u32::MAX),
            limit: Limit::AtMost(buffer.len() as u32),
        }))?,
    }
}

#[cfg(test)]
mod tests;
