//! Opening of received records: decryption and authentication.

use rustls::crypto::cipher::{InboundOpaque, Record, RecordDecrypter};
use rustls::enums::ContentType as WireType;
use rustls::{ConnectionTrafficSecrets, SupportedCipherSuite};

use super::keys::{TAG_LEN, TrafficKeys};
use super::{ContentType, Header, Opened, RECORD_VERSION};
use crate::error::{Code, Error, Result};

/// Opens received records with the read keys of a connection.
pub struct Opener {
    suite: SupportedCipherSuite,
    decrypter: Box<dyn RecordDecrypter>,
    tls13: bool,

    /// The sequence number of the next record under this key.
    sequence: u64,

    /// The length of the explicit nonce before each ciphertext, in bytes.
    explicit_nonce_len: usize,
}

impl Opener {
    /// Creates an opener that continues at the sequence number that is given with the secrets.
    pub fn new(
        suite: SupportedCipherSuite,
        (sequence, secrets): (u64, ConnectionTrafficSecrets),
    ) -> Result<Self> {
        let keys = TrafficKeys::new(suite, secrets)?;
        Ok(Self {
            suite,
            tls13: keys.is_tls13(),
            sequence,
            explicit_nonce_len: keys.explicit_nonce_len(),
            decrypter: keys.decrypter()?,
        })
    }

    pub fn is_tls13(&self) -> bool {
        self.tls13
    }

    /// Returns the sequence number of the next record.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Validates a header before the record's body is received.
    pub fn check(&self, header: &Header) -> Result<()> {
        header.check()?;
        Ok(())
    }

    /// Opens a record, header included, in place.
    ///
    /// A failure does not advance the sequence number, but destroys the record's bytes.
    pub fn open(&mut self, record: &mut [u8]) -> Result<Opened> {
        let (header, body) = record
            .split_at_mut_checked(Header::LEN)
            .ok_or(Code::Safety)?;
        let header = Header::read(header);
        let outer = header.check()?;
        // RFC 8446, 5.2: "The outer opaque_type field of a TLSCiphertext record is always set to
        // the value 23". The tag does not authenticate the received byte, so it is validated here.
        if self.tls13 && outer != ContentType::ApplicationData {
            return Err(Code::BadMessage)?;
        }
        if self.tls13 && header.len > MAX_CIPHERTEXT_TLS13 {
            return Err(Code::RecordLimit)?;
        }
        if body.len() != header.len || body.len() < self.explicit_nonce_len + TAG_LEN {
            return Err(Code::Safety)?;
        }
        if self.sequence == u64::MAX {
            return Err(Code::RecordLimit)?;
        }

        let protected = Record::new(WireType(outer as u8), RECORD_VERSION, InboundOpaque(body));
        let opened = self
            .decrypter
            .decrypt(protected, self.sequence)
            .map_err(decrypt_error)?;
        self.sequence += 1;

        let start = Header::LEN + self.explicit_nonce_len;
        Ok(Opened {
            typ: ContentType::try_from(opened.typ.0)?,
            plain: start..start + opened.payload.len(),
        })
    }

    /// Replaces the keys after a KeyUpdate.
    pub fn rekey(&mut self, keys: (u64, ConnectionTrafficSecrets)) -> Result<()> {
        *self = Self::new(self.suite, keys)?;
        Ok(())
    }
}

/// RFC 8446, 5.2: "The length MUST NOT exceed 2^14 + 256 bytes."
const MAX_CIPHERTEXT_TLS13: usize = (1 << 14) + 256;

/// Converts an error of the provider's decrypter.
fn decrypt_error(error: rustls::Error) -> Error {
    Error::new(match error {
        // s2n-tls accepts up to 16 bytes more if they are padding (as old Java versions send), and
        // has no limit in TLS 1.2. The provider accepts neither.
        rustls::Error::PeerSentOversizedRecord => Code::MaxInnerPlaintextSize,
        // The tag is valid, but the content type is missing, or must not be encrypted.
        rustls::Error::PeerMisbehaved(_) => Code::BadMessage,
        _ => Code::Decrypt,
    })
}
