//! Record headers and content types.

use std::ops::Range;

use super::{MAX_PLAINTEXT, WIRE_VERSION};
use crate::error::{Code, Error, Reason, Result};

/// The content type of a record (RFC 8446, 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ContentType {
    ChangeCipherSpec = 20,
    Alert = 21,
    Handshake = 22,
    ApplicationData = 23,
}

impl TryFrom<u8> for ContentType {
    type Error = Code;

    fn try_from(typ: u8) -> Result<Self, Code> {
        match typ {
            20 => Ok(Self::ChangeCipherSpec),
            21 => Ok(Self::Alert),
            22 => Ok(Self::Handshake),
            23 => Ok(Self::ApplicationData),
            _ => Err(Code::BadMessage),
        }
    }
}

/// rustls rejects records of this length and above, whatever their content (RFC 5246, 6.2.3 permits
/// exactly this length).
const MAX_UNPROTECTED: usize = MAX_PLAINTEXT + 2048;

/// The header of a record, not yet validated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub typ: u8,
    pub version: [u8; 2],

    /// The number of bytes that follow the header.
    pub len: usize,
}

impl Header {
    /// The length of a header in bytes.
    pub const LEN: usize = 5;

    /// Reads the header at the start of `bytes`.
    ///
    /// # Panics
    ///
    /// If `bytes` has fewer than [`Header::LEN`] bytes.
    pub fn read(bytes: &[u8]) -> Self {
        let [typ, major, minor, len @ ..] = *bytes
            .first_chunk::<{ Self::LEN }>()
            .expect("the caller has received a whole header");
        Self {
            typ,
            version: [major, minor],
            len: u16::from_be_bytes(len).into(),
        }
    }

    /// Rejects SSLv2 records among those before there are traffic keys: their first byte belongs to
    /// the length.
    pub fn reject_sslv2(&self) -> Result<()> {
        match self.typ & 0x80 {
            0 => Ok(()),
            _ => Err(Code::BadMessage.because(self.not_a_record())),
        }
    }

    /// Returns the reason that rejects a header which is none of TLS.
    pub fn not_a_record(&self) -> Reason {
        Reason::NotARecord {
            header: self.bytes(),
        }
    }

    /// Returns the encoded header.
    pub fn bytes(&self) -> [u8; Self::LEN] {
        let ([major, minor], [high, low]) = (self.version, (self.len as u16).to_be_bytes());
        [self.typ, major, minor, high, low]
    }

    /// Returns the content type.
    fn content_type(&self) -> Result<ContentType> {
        ContentType::try_from(self.typ).map_err(|code| unknown_type(code, self.typ))
    }

    /// Returns whether a plaintext record may contain handshake messages, or a part of one. rustls
    /// rejects records that may not.
    pub fn is_handshake(&self) -> bool {
        self.typ == ContentType::Handshake as u8
            && self.version[0] == WIRE_VERSION[0]
            && (1..MAX_UNPROTECTED).contains(&self.len)
    }

    /// Validates a plaintext record, which was received before there were traffic keys.
    pub fn validate_plaintext(&self) -> Result<Opened> {
        let typ = self.content_type()?;
        // Plaintext is not authenticated, so that it is never returned to the application.
        if typ == ContentType::ApplicationData {
            return Err(Code::Decrypt.rule("application data before there are traffic keys"));
        }
        Ok(Opened {
            typ,
            plain: Self::LEN..Self::LEN + self.len,
        })
    }

    /// Validates the header of a record after the version is negotiated, and returns its type.
    pub(super) fn check(&self) -> Result<ContentType> {
        if self.version != WIRE_VERSION {
            return Err(Code::BadMessage.because(Reason::RecordVersion(self.version)));
        }
        self.content_type()
    }
}

/// Returns the error of a content type that is unknown.
#[track_caller]
pub(super) fn unknown_type(code: Code, typ: u8) -> Error {
    let allowed = "the types 20 to 23";
    code.because(Reason::RecordType { typ, allowed })
}

/// The content of an opened record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    pub typ: ContentType,

    /// The range of the plaintext in the record.
    pub plain: Range<usize>,
}
