//! Protecting what we send.

use rustls::crypto::cipher::{EncodableVersion, OutboundPlain, Record, RecordEncrypter};
use rustls::enums::{ContentType as WireType, ProtocolVersion};
use rustls::{ConnectionTrafficSecrets, SupportedCipherSuite};
use zeroize::Zeroizing;

use super::keys::{Keys, TAG_LEN};
use super::{ContentType, Header, MAX_PLAINTEXT};
use crate::tls::error::{Code, Error, Result};

/// How many records s2n-tls seals with one AES-GCM key: 2^24.5 (RFC 8446, 5.5).
const RFC_RECORD_LIMIT: u64 = 23_726_565;

/// The writing keys of a connection.
pub struct Sealer {
    suite: SupportedCipherSuite,
    encrypter: Box<dyn RecordEncrypter>,
    tls13: bool,

    /// The number of the next record under this key.
    sequence: u64,

    /// How many records a key may seal. The last is kept for what is not application data: the
    /// KeyUpdate that brings a new key, or the alert that ends a TLS 1.2 connection.
    limit: u64,
}

impl Sealer {
    /// Begins with the record number in `keys`.
    pub fn new(
        suite: SupportedCipherSuite,
        (sequence, secrets): (u64, ConnectionTrafficSecrets),
    ) -> Result<Self> {
        let keys = Keys::new(suite, secrets)?;
        let limit = match keys.confidentiality_limit() {
            // ChaCha20-Poly1305: sequence numbers run out first.
            u64::MAX => u64::MAX,
            // rustls names 2^24 for AES-GCM, less than s2n-tls' number. The smaller one counts: a
            // peer cannot tell why its partner updates a key early.
            limit => limit.min(RFC_RECORD_LIMIT),
        };
        let tls13 = keys.is_tls13();
        let mut encrypter = keys.encrypter()?;
        if sequence > 0 {
            prime(encrypter.as_mut())?;
        }
        Ok(Self {
            suite,
            encrypter,
            tls13,
            sequence,
            limit,
        })
    }

    /// Makes the key's limit come after `records` records, if that is sooner: for tests.
    pub fn lower_limit(&mut self, records: u64) {
        self.limit = self.limit.min(records);
    }

    pub fn is_tls13(&self) -> bool {
        self.tls13
    }

    /// How many bytes a record has on the wire beyond its plaintext.
    pub fn overhead(&self) -> usize {
        Header::LEN + self.encrypter.encrypted_payload_len(0)
    }

    /// Seals the concatenation of `pieces` as one record, at the front of `out`.
    ///
    /// Returns the record's length. A single piece is sealed without being copied. A failed call
    /// seals nothing and may be repeated, but leaves `out` in any state.
    pub fn seal(&mut self, typ: ContentType, pieces: &[&[u8]], out: &mut [u8]) -> Result<usize> {
        let plain = OutboundPlain::new(pieces);
        if plain.len() > MAX_PLAINTEXT {
            return Err(Code::FragmentLengthTooLarge)?;
        }
        if self.sequence >= self.last_sequence(typ) {
            return Err(Code::RecordLimit)?;
        }
        if out.len() < plain.len() + self.overhead() {
            return Err(Code::RecordStufferSize)?;
        }

        let (header, payload) = out.split_at_mut(Header::LEN);
        let record = Record::new(WireType(typ as u8), VERSION, plain);
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

    /// Whether a TLS 1.3 key may seal nothing more but the KeyUpdate that replaces it.
    pub fn wants_key_update(&self) -> bool {
        self.tls13 && self.sequence >= self.last_sequence(ContentType::ApplicationData)
    }

    /// Goes on with other keys.
    pub fn rekey(&mut self, keys: (u64, ConnectionTrafficSecrets)) -> Result<()> {
        let limit = self.limit;
        *self = Self::new(self.suite, keys)?;
        self.lower_limit(limit);
        Ok(())
    }

    /// The number of the first record that is too much for the key.
    fn last_sequence(&self, typ: ContentType) -> u64 {
        match typ {
            ContentType::ApplicationData => self.limit.saturating_sub(1),
            _ => self.limit,
        }
    }
}

/// Both versions write the same number on the wire; see [`super::WIRE_VERSION`].
const VERSION: EncodableVersion = EncodableVersion::Legacy(ProtocolVersion::TLSv1_2);

/// The longest payload of an empty record: explicit nonce, inner type, tag.
const EMPTY_PAYLOAD: usize = 8 + 1 + TAG_LEN;

/// Lets the cipher see record 0 before it seals a later one.
///
/// AWS-LC guards against a repeated nonce: it takes the first one it sees for record 0's, derives
/// the record number of the following ones from it, and wants those to grow. But a key that
/// rustls hands over has sealed records already, at least Finished in TLS 1.2, and what the guard
/// derives from any other beginning does not grow.
///
/// So record 0 is sealed again, with nothing in it. To reuse a nonce is safe only as long as
/// nobody sees the result: it is wiped here and never leaves this function, and the attacks on a
/// repeated nonce need both ciphertexts or both tags.
fn prime(encrypter: &mut dyn RecordEncrypter) -> Result<()> {
    let mut unseen = Zeroizing::new([0; EMPTY_PAYLOAD]);
    let nothing = Record::new(
        WireType::ApplicationData,
        VERSION,
        OutboundPlain::new_empty(),
    );
    encrypter
        .encrypt(nothing, 0, unseen.as_mut())
        .map_err(|_| Error::new(Code::KeyInit))?;
    Ok(())
}
