//! AEADs of TLS 1.3 for rustls, whose keys are expanded when they first protect a record.
//!
//! rustls creates the ciphers for application data as soon as it has derived their keys, and the
//! record layer replaces them before they are used. So the keys are captured instead, which also
//! saves to derive them again.

use rustls::crypto::cipher::{
    AeadKey, InboundOpaque, Iv, OutboundPlain, Record, RecordDecrypter, RecordEncrypter,
    Tls13AeadAlgorithm, UnsupportedOperationError,
};
use rustls::{ConnectionTrafficSecrets, Error};

use super::captured::change;

/// An AEAD of the provider.
pub(super) struct LazyAead(pub(super) &'static dyn Tls13AeadAlgorithm);

/// The tag length of every AEAD of TLS 1.3 in bytes (RFC 5116, 5.1; RFC 8439, 2.8).
const TAG_LEN: usize = 16;

impl LazyAead {
    /// Copies keys, on the heap.
    fn copy(&self, key: &AeadKey, iv: &Iv) -> Option<Box<ConnectionTrafficSecrets>> {
        let keys = self.0.extract_keys(aead_key(key.as_ref())?, iv.clone());
        keys.ok().map(Box::new)
    }
}

impl Tls13AeadAlgorithm for LazyAead {
    fn encrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn RecordEncrypter> {
        let copy = self.copy(&key, &iv);
        change(|captured| captured.write_keys = copy);
        Box::new(Lazy::<dyn RecordEncrypter>::new(self.0, key, iv))
    }

    fn decrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn RecordDecrypter> {
        let copy = self.copy(&key, &iv);
        change(|captured| captured.read_keys = copy);
        Box::new(Lazy::<dyn RecordDecrypter>::new(self.0, key, iv))
    }

    fn key_len(&self) -> usize {
        self.0.key_len()
    }

    fn iv_len(&self) -> usize {
        self.0.iv_len()
    }

    fn extract_keys(
        &self,
        key: AeadKey,
        iv: Iv,
    ) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        self.0.extract_keys(key, iv)
    }
}

/// Converts a key of 16 or 32 bytes.
pub(crate) fn aead_key(bytes: &[u8]) -> Option<AeadKey> {
    if let Ok(key) = <[u8; 16]>::try_from(bytes) {
        return Some(key.into());
    }
    Some(<[u8; 32]>::try_from(bytes).ok()?.into())
}

/// A cipher that is created when it is first used.
struct Lazy<C: ?Sized> {
    aead: &'static dyn Tls13AeadAlgorithm,
    /// The keys, until the cipher is created.
    keys: Option<(AeadKey, Iv)>,
    cipher: Option<Box<C>>,
}

impl<C: ?Sized> Lazy<C> {
    /// Creates the cipher from copies of the keys, which are cleared where they are.
    fn create(&mut self, create: impl FnOnce(&dyn Tls13AeadAlgorithm, AeadKey, Iv) -> Box<C>) {
        if let Some((key, iv)) = &self.keys {
            let copy = aead_key(key.as_ref());
            self.cipher = copy.map(|key| create(self.aead, key, iv.clone()));
            self.keys = None;
        }
    }

    fn new(aead: &'static dyn Tls13AeadAlgorithm, key: AeadKey, iv: Iv) -> Self {
        Self {
            aead,
            keys: Some((key, iv)),
            cipher: None,
        }
    }
}

impl RecordEncrypter for Lazy<dyn RecordEncrypter> {
    fn encrypt<'a>(
        &mut self,
        record: Record<OutboundPlain<'_>>,
        sequence: u64,
        output: &'a mut [u8],
    ) -> Result<Record<&'a [u8]>, Error> {
        self.create(|aead, key, iv| aead.encrypter(key, iv));
        let cipher = self.cipher.as_mut().ok_or(Error::EncryptError)?;
        cipher.encrypt(record, sequence, output)
    }

    fn encrypted_payload_len(&self, len: usize) -> usize {
        // With the content type (RFC 8446, 5.2).
        len + 1 + TAG_LEN
    }
}

impl RecordDecrypter for Lazy<dyn RecordDecrypter> {
    fn decrypt<'a>(
        &mut self,
        record: Record<InboundOpaque<'a>>,
        sequence: u64,
    ) -> Result<Record<&'a [u8]>, Error> {
        self.create(|aead, key, iv| aead.decrypter(key, iv));
        let cipher = self.cipher.as_mut().ok_or(Error::DecryptError)?;
        cipher.decrypt(record, sequence)
    }
}
