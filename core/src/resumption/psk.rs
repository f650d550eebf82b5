//! External pre-shared keys (PSK; RFC 8446, 4.2.11).

use std::sync::Arc;

use rustls::crypto::HashAlgorithm;

use super::session_state::{EarlyDataState, Tls13State};
use crate::base::memory;
use crate::crypto::HeapSecret;
use crate::crypto::tls13::{EXTERNAL_SECRET_LEN, SUITES, external_secret};
use crate::error::{Code, Result};

/// The pre-shared keys of a connection: those of sessions, or external ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PskMode {
    #[default]
    Resumption,
    External,
}

/// The hash of an external pre-shared key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PskHash {
    #[default]
    Sha256,
    Sha384,
}

impl PskHash {
    pub(crate) fn algorithm(self) -> HashAlgorithm {
        match self {
            Self::Sha256 => HashAlgorithm::SHA256,
            Self::Sha384 => HashAlgorithm::SHA384,
        }
    }

    /// The length of the hash in bytes.
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
        }
    }

    /// Returns the first suite of TLS 1.3 with the hash.
    fn suite(self) -> u16 {
        let mut suites = SUITES.iter();
        let suite = suites.find(|suite| suite.common.hash_provider.algorithm() == self.algorithm());
        suite.map_or(0, |suite| suite.common.suite.0)
    }
}

/// An external pre-shared key, as an application composes it.
#[derive(Default)]
pub struct Psk {
    identity: Vec<u8>,
    secret: HeapSecret,
    hash: PskHash,
    /// The maximum length of early data in bytes; 0 for none.
    max_early_data: u32,
    /// The suite of early data.
    suite: Option<u16>,
    /// The application protocol of early data.
    alpn: Vec<u8>,
    context: Vec<u8>,
}

impl Psk {
    pub fn set_identity(&mut self, identity: &[u8]) -> Result<()> {
        if identity.is_empty() {
            return Err(Code::InvalidArgument)?;
        }
        self.identity = memory::copy(identity)?;
        Ok(())
    }

    /// Sets the secret. One of zeros is most likely an error of the application.
    pub fn set_secret(&mut self, secret: &[u8]) -> Result<()> {
        // All bytes are read: a search would end at the first that is not 0.
        if secret.iter().fold(0, |bits, &byte| bits | byte) == 0 {
            return Err(Code::InvalidArgument)?;
        }
        self.secret = memory::copy(secret)?.into();
        Ok(())
    }

    pub fn set_hash(&mut self, hash: PskHash) {
        self.hash = hash;
    }

    /// Permits early data of at most `max_len` bytes, with a cipher suite that has the hash of the
    /// key.
    pub fn configure_early_data(&mut self, max_len: u32, suite: u16) -> Result<()> {
        if !has_hash(suite, self.hash)? {
            return Err(Code::InvalidArgument)?;
        }
        self.max_early_data = max_len;
        self.suite = Some(suite);
        Ok(())
    }

    /// Sets the application protocol of early data.
    pub fn set_alpn(&mut self, protocol: &[u8]) -> Result<()> {
        self.alpn = memory::copy(protocol)?;
        Ok(())
    }

    pub fn set_context(&mut self, context: &[u8]) -> Result<()> {
        self.context = memory::copy(context)?;
        Ok(())
    }

    pub(crate) fn identity(&self) -> &[u8] {
        &self.identity
    }

    /// Returns the length of the key in the offer of a client, in bytes: its identity, its age and
    /// its binder, with their length prefixes.
    pub(crate) fn offered_len(&self) -> usize {
        offered_len(self.identity.len(), self.hash)
    }

    /// Prepares the key for handshakes.
    pub(crate) fn prepare(&self) -> Result<ExternalPsk> {
        let suite = self.suite.unwrap_or_else(|| self.hash.suite());
        // The hash may have been set after the suite.
        let has_hash = has_hash(suite, self.hash)?;
        if self.identity.is_empty() || self.secret.is_empty() || !has_hash {
            return Err(Code::InvalidArgument)?;
        }
        memory::probe(EXTERNAL_SECRET_LEN)?;
        let secret = external_secret(self.hash.algorithm(), &self.secret);
        let early_data = match self.max_early_data {
            0 => None,
            max_len => Some(Arc::new(EarlyDataState {
                max_len,
                alpn: memory::copy(&self.alpn)?,
                context: memory::copy(&self.context)?,
            })),
        };
        Ok(ExternalPsk {
            identity: memory::to_arc(&self.identity)?,
            hash: self.hash,
            state: Tls13State {
                suite,
                issued: 0,
                age_add: 0,
                secret: secret.ok_or(Code::HmacInvalidAlgorithm)?,
                expiration: None,
                early_data,
            },
        })
    }
}

/// Returns whether a suite of TLS 1.3 has a hash.
fn has_hash(suite: u16, hash: PskHash) -> Result<bool> {
    let mut suites = SUITES.iter();
    let known = suites.find(|known| known.common.suite.0 == suite);
    let known = known.ok_or(Code::CipherNotSupported)?;
    Ok(known.common.hash_provider.algorithm() == hash.algorithm())
}

/// An external pre-shared key of a connection.
pub(crate) struct ExternalPsk {
    pub(crate) identity: Arc<[u8]>,
    pub(crate) hash: PskHash,
    /// The key in the form of a session, with an `external_secret`.
    pub(crate) state: Tls13State,
}

impl ExternalPsk {
    /// See [`Psk::offered_len`].
    pub(crate) fn offered_len(&self) -> usize {
        offered_len(self.identity.len(), self.hash)
    }
}

fn offered_len(identity: usize, hash: PskHash) -> usize {
    2 + identity + 4 + 1 + hash.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn psk() -> Psk {
        let mut psk = Psk::default();
        psk.set_identity(b"identity").expect("of a length");
        psk.set_secret(b"secret").expect("not zeros");
        psk
    }

    fn code<T>(outcome: Result<T>) -> Option<Code> {
        outcome.err().map(|error| error.code())
    }

    #[test]
    fn a_key_without_an_identity_or_a_secret_is_rejected() {
        assert!(psk().prepare().is_ok());
        let mut psk = Psk::default();
        assert_eq!(code(psk.set_identity(b"")), Some(Code::InvalidArgument));
        assert_eq!(code(psk.set_secret(b"")), Some(Code::InvalidArgument));
        assert_eq!(code(psk.set_secret(&[0; 40])), Some(Code::InvalidArgument));
        psk.set_identity(b"identity").expect("of a length");
        assert_eq!(code(psk.prepare()), Some(Code::InvalidArgument));
        let mut psk = Psk::default();
        psk.set_secret(&[0, 1]).expect("not zeros");
        assert_eq!(code(psk.prepare()), Some(Code::InvalidArgument));
    }

    #[test]
    fn early_data_needs_a_suite_with_the_hash_of_the_key() {
        let mut psk = psk();
        assert!(psk.configure_early_data(9, 0x1301).is_ok());
        let other = psk.configure_early_data(9, 0x1302);
        assert_eq!(code(other), Some(Code::InvalidArgument));
        let unknown = psk.configure_early_data(9, 0x1399);
        assert_eq!(code(unknown), Some(Code::CipherNotSupported));
        psk.set_hash(PskHash::Sha384);
        assert_eq!(code(psk.prepare()), Some(Code::InvalidArgument));
        psk.set_hash(PskHash::Sha256);
        let prepared = psk.prepare().expect("complete");
        assert_eq!(prepared.state.suite, 0x1301);
        assert_eq!(prepared.state.early_data.map(|it| it.max_len), Some(9));
    }

    #[test]
    fn the_suite_has_the_hash_of_the_key() {
        let mut psk = psk();
        psk.set_hash(PskHash::Sha384);
        let prepared = psk.prepare().expect("complete");
        assert_eq!(prepared.state.suite, 0x1302);
        assert_eq!(prepared.offered_len(), 2 + 8 + 4 + 1 + 48);
        assert_eq!(psk.offered_len(), prepared.offered_len());
    }

    #[test]
    fn secrets_of_every_length_are_converted_to_the_same_length() {
        for len in [1, 16, 48, 64, 65, 255, 65_535] {
            let mut psk = psk();
            psk.set_secret(&vec![7; len]).expect("not zeros");
            let prepared = psk.prepare().expect("complete");
            assert_eq!(prepared.state.secret.len(), EXTERNAL_SECRET_LEN);
        }
    }

    #[test]
    fn early_data_has_the_protocol_and_the_context_of_the_application() {
        let mut psk = psk();
        psk.set_alpn(b"h2").expect("memory");
        psk.set_context(b"context").expect("memory");
        assert!(psk.prepare().expect("complete").state.early_data.is_none());
        psk.configure_early_data(9, 0x1301).expect("of the hash");
        let early_data = psk.prepare().expect("complete").state.early_data;
        let early_data = early_data.expect("permitted");
        assert_eq!((early_data.max_len, &early_data.alpn[..]), (9, &b"h2"[..]));
        assert_eq!(early_data.context, b"context");
    }
}
