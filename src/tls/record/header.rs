//! The five bytes in front of every record.

use super::{MAX_PLAINTEXT, Opened, WIRE_VERSION};
use crate::tls::error::{Code, Result};

/// What a record carries (RFC 8446, 5.1).
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

/// rustls refuses records of this length and above, whatever they hold (RFC 5246, 6.2.3 allows this very
/// length).
const MAX_UNPROTECTED: usize = MAX_PLAINTEXT + 2048;

/// A record's header, as it arrives: any bytes, not yet a valid record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub typ: u8,
    pub version: [u8; 2],

    /// How many bytes follow the header.
    pub len: usize,
}

impl Header {
    /// How many bytes a header takes.
    pub const LEN: usize = 5;

    /// Reads the header at the front of `bytes`.
    ///
    /// # Panics
    ///
    /// If there are fewer than [`Header::LEN`] bytes.
    pub fn read(bytes: &[u8]) -> Self {
        let [typ, major, minor, len @ ..] = *bytes
            .first_chunk::<{ Self::LEN }>()
            .expect("the caller waits for a whole header");
        Self {
            typ,
            version: [major, minor],
            len: u16::from_be_bytes(len).into(),
        }
    }

    /// Refuses what can be no record before there were keys: that of SSLv2, which has its length
    /// here.
    pub fn check_unprotected(&self) -> Result<()> {
        match self.typ & 0x80 {
            0 => Ok(()),
            _ => Err(Code::BadMessage)?,
        }
    }

    /// Whether a record without protection may hold handshake messages, or a part of one. What
    /// may not is refused by rustls.
    pub fn is_handshake(&self) -> bool {
        self.typ == ContentType::Handshake as u8
            && self.version[0] == WIRE_VERSION[0]
            && (1..MAX_UNPROTECTED).contains(&self.len)
    }

    /// The content of a record that came before there were keys.
    pub fn unprotected(&self) -> Result<Opened> {
        let typ = ContentType::try_from(self.typ)?;
        // Nobody vouches for bytes without protection, so they never reach the application.
        if typ == ContentType::ApplicationData {
            return Err(Code::Decrypt)?;
        }
        Ok(Opened {
            typ,
            plain: Self::LEN..Self::LEN + self.len,
        })
    }

    /// The record's type, once the version is agreed on.
    pub(super) fn check(&self) -> Result<ContentType> {
        if self.version != WIRE_VERSION {
            return Err(Code::BadMessage)?;
        }
        Ok(ContentType::try_from(self.typ)?)
    }
}
