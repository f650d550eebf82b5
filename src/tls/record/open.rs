//! Unprotecting what we receive.

use std::ops::Range;

use rustls::crypto::cipher::{EncodableVersion, InboundOpaque, Record, RecordDecrypter};
use rustls::enums::{ContentType as WireType, ProtocolVersion};
use rustls::{ConnectionTrafficSecrets, SupportedCipherSuite};

use super::keys::{Keys, TAG_LEN};
use super::{ContentType, Header};
use crate::tls::error::{Code, Error, Result};

/// The reading keys of a connection.
pub struct Opener {
    suite: SupportedCipherSuite,
    decrypter: Box<dyn RecordDecrypter>,
    tls13: bool,

    /// The number of the next record under this key.
    sequence: u64,

    /// How many bytes of nonce stand in front of each ciphertext.
    explicit_nonce_len: usize,
}

/// What was in a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    pub typ: ContentType,

    /// Where the plaintext lies in the record.
    pub plain: Range<usize>,
}

impl Opener {
    /// Begins with the record number in `keys`.
    pub fn new(
        suite: SupportedCipherSuite,
        (sequence, secrets): (u64, ConnectionTrafficSecrets),
    ) -> Result<Self> {
        let keys = Keys::new(suite, secrets)?;
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

    /// Refuses what cannot become a record of this connection, before its body has come.
    pub fn check(&self, header: &Header) -> Result<()> {
        header.check()?;
        Ok(())
    }

    /// Decrypts a record, header included, in place.
    ///
    /// A record that fails is not counted, but its bytes are lost.
    pub fn open(&mut self, record: &mut [u8]) -> Result<Opened> {
        let (header, body) = record
            .split_at_mut_checked(Header::LEN)
            .ok_or(Code::Safety)?;
        let header = Header::read(header);
        let outer = header.check()?;
        // RFC 8446, 5.2: "The outer opaque_type field of a TLSCiphertext record is always set to
        // the value 23". The tag does not cover this byte as it came, so we look.
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

        let protected = Record::new(WireType(outer as u8), VERSION, InboundOpaque(body));
        let opened = self
            .decrypter
            .decrypt(protected, self.sequence)
            .map_err(refusal)?;
        self.sequence += 1;

        let start = Header::LEN + self.explicit_nonce_len;
        Ok(Opened {
            typ: ContentType::try_from(opened.typ.0)?,
            plain: start..start + opened.payload.len(),
        })
    }

    /// Goes on with other keys.
    pub fn rekey(&mut self, keys: (u64, ConnectionTrafficSecrets)) -> Result<()> {
        *self = Self::new(self.suite, keys)?;
        Ok(())
    }
}

/// RFC 8446, 5.2: "The length MUST NOT exceed 2^14 + 256 bytes."
const MAX_CIPHERTEXT_TLS13: usize = (1 << 14) + 256;

const VERSION: EncodableVersion = EncodableVersion::Legacy(ProtocolVersion::TLSv1_2);

/// What the API says when the provider refuses a record.
fn refusal(error: rustls::Error) -> Error {
    Error::new(match error {
        // s2n-tls takes up to 16 bytes more if they are padding (an old Java sends those), and
        // has no limit in TLS 1.2. The provider allows neither.
        rustls::Error::PeerSentOversizedRecord => Code::MaxInnerPlaintextSize,
        // The tag was right, but there is no content type, or one that may not be encrypted.
        rustls::Error::PeerMisbehaved(_) => Code::BadMessage,
        _ => Code::Decrypt,
    })
}
