//! Sealing of sent records: encryption and key usage limits.

use rustls::crypto::cipher::{OutboundPlain, Record, RecordEncrypter};
use rustls::enums::ContentType as WireType;
use rustls::{ConnectionTrafficSecrets, SupportedCipherSuite};
use zeroize::Zeroizing;

use super::keys::{TAG_LEN, TrafficKeys};
use super::{ContentType, Header, MAX_PLAINTEXT, RECORD_VERSION};
use crate::error::{Code, Error, Result};

/// The number of records that s2n-tls seals with one AES-GCM key: 2^24.5 (RFC 8446, 5.5).
const RFC_RECORD_LIMIT: u64 = 23_726_565;

/// Seals sent records with the write keys of a connection.
pub struct Sealer {
    suite: SupportedCipherSuite,
    encrypter: Box<dyn RecordEncrypter>,
    tls13: bool,

    /// The sequence number of the next record under this key.
    sequence: u64,

    /// The number of records that a key may seal. The last one is reserved for other content than
    /// application data: the KeyUpdate before the next key, or the alert that ends a TLS 1.2
    /// connection.
    limit: u64,

    /// Another implementation may continue with the key at the sequence number: no nonce repeats.
    transferable: bool,
}

impl Sealer {
    /// Creates a sealer that continues at the sequence number that is given with the secrets.
    pub fn new(
        suite: SupportedCipherSuite,
        (sequence, secrets): (u64, ConnectionTrafficSecrets),
    ) -> Result<Self> {
        let keys = TrafficKeys::new(suite, secrets)?;
        let limit = match keys.confidentiality_limit() {
            // ChaCha20-Poly1305: sequence numbers run out first.
            u64::MAX => u64::MAX,
            // The limit of rustls for AES-GCM is 2^24, less than that of s2n-tls. The smaller one
            // applies: an early KeyUpdate makes no difference to a peer.
            limit => limit.min(RFC_RECORD_LIMIT),
        };
        let (tls13, transferable) = (keys.is_tls13(), keys.has_sequential_nonces());
        let mut encrypter = keys.encrypter()?;
        if sequence > 0 {
            prime_nonce_check(encrypter.as_mut())?;
        }
        Ok(Self {
            suite,
            encrypter,
            tls13,
            sequence,
            limit,
            transferable,
        })
    }

    /// Lowers the number of records that a key may seal.
    #[cfg(test)]
    pub fn lower_limit(&mut self, records: u64) {
        self.limit = self.limit.min(records);
    }

    pub fn is_tls13(&self) -> bool {
        self.tls13
    }

    /// Returns the sequence number of the next record, at which another implementation may continue
    /// with the key; `None` if that could repeat a nonce.
    pub fn transferable_sequence(&self) -> Option<u64> {
        self.transferable.then_some(self.sequence)
    }

    /// Returns the number of records that a key may seal.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Returns how many bytes longer a record is than its plaintext.
    pub fn overhead(&self) -> usize {
        Header::LEN + self.encrypter.encrypted_payload_len(0)
    }

    /// Seals the concatenation of `pieces` as one record, at the start of `out`.
    ///
    /// Returns the record's length. A single piece is sealed without a copy. A failed call may be
    /// repeated: it does not advance the sequence number, but the content of `out` is undefined.
    pub fn seal(&mut self, typ: ContentType, pieces: &[&[u8]], out: &mut [u8]) -> Result<usize> {
        let plain = OutboundPlain::new(pieces);
        if plain.len() > MAX_PLAINTEXT {
            return Err(Code::FragmentLengthTooLarge)?;
        }
        if self.sequence >= self.end_sequence(typ) {
            return Err(Code::RecordLimit)?;
        }
        if out.len() < plain.len() + self.overhead() {
            return Err(Code::RecordStufferSize)?;
        }

        let (header, payload) = out.split_at_mut(Header::LEN);
        let record = Record::new(WireType(typ as u8), RECORD_VERSION, plain);
        let sealed = self
            .encrypter
            .encrypt(record, self.sequence, payload)
            .map_err(|_| Error::new(Code::Encrypt))?;
        self.sequence += 1;

        let len = sealed.payload.len();
        header[0] = sealed.typ.0;
        header[1..3].copy_from_slice(&super::WIRE_VERSION);
        // The check above keeps a payload far below 2^16 bytes.
        header[3..].copy_from_slice(&(len as u16).to_be_bytes());
        Ok(Header::LEN + len)
    }

    /// Returns whether a TLS 1.3 key may seal only the KeyUpdate that replaces it.
    pub fn requires_key_update(&self) -> bool {
        self.tls13 && self.sequence >= self.end_sequence(ContentType::ApplicationData)
    }

    /// Replaces the keys after a KeyUpdate. The limit stays as it is.
    pub fn rekey(&mut self, keys: (u64, ConnectionTrafficSecrets)) -> Result<()> {
        let limit = self.limit;
        *self = Self::new(self.suite, keys)?;
        self.limit = limit;
        Ok(())
    }

    /// Returns the first sequence number that the key must not seal.
    fn end_sequence(&self, typ: ContentType) -> u64 {
        match typ {
            ContentType::ApplicationData => self.limit.saturating_sub(1),
            _ => self.limit,
        }
    }
}

/// The maximum payload length of an empty record in bytes: explicit nonce, inner type, tag.
const EMPTY_PAYLOAD: usize = 8 + 1 + TAG_LEN;

/// Seals record 0 with a new encrypter, before it seals a later one.
///
/// AWS-LC rejects repeated nonces: it assumes that the first nonce is that of record 0, derives the
/// sequence number of the following ones from it, and requires these to increase. But a key that
/// rustls exports has sealed records before, at least Finished in TLS 1.2, and the numbers that
/// AWS-LC derives from any other first nonce do not increase.
///
/// So record 0 is sealed again, with no content. Reuse of a nonce is safe only because the result
/// is secret: it is zeroized here and never leaves this function, and the attacks on a repeated
/// nonce require both ciphertexts or both tags.
fn prime_nonce_check(encrypter: &mut dyn RecordEncrypter) -> Result<()> {
    let mut discarded = Zeroizing::new([0; EMPTY_PAYLOAD]);
    let empty = Record::new(
        WireType::ApplicationData,
        RECORD_VERSION,
        OutboundPlain::new_empty(),
    );
    encrypter
        .encrypt(empty, 0, discarded.as_mut())
        .map_err(|_| Error::new(Code::KeyInit))?;
    Ok(())
}
