//! A ClientHello that the application may look at.

use std::sync::Mutex;

use super::payload::{Message, RANDOM, host_name};
use crate::tls::base::memory;
use crate::tls::base::version::legacy_number;
use crate::tls::base::{Version, lock};
use crate::tls::error::{Code, Result};
use crate::tls::messages::extension_type::{SERVER_NAME, SUPPORTED_GROUPS};
use crate::tls::messages::{Bytes, Fingerprint, HandshakeHeader, Method};

/// A ClientHello, kept as its bytes and parsed when it is asked about.
///
/// That of a connection stays where it is as long as the connection: another life puts another
/// message into it.
#[derive(Debug, Default)]
pub struct ClientHello {
    contents: Mutex<Contents>,
    is_connections: bool,
}

#[derive(Debug, Default)]
struct Contents {
    /// Without the handshake header, and with zeros for the random bytes.
    body: Vec<u8>,
    random: [u8; RANDOM],
    /// As in the record; what is not a version of TLS included.
    legacy_version: Option<[u8; 2]>,
    /// The version in the header of the first record.
    record_version: Option<[u8; 2]>,
}

/// A field that is handed out as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The message, with zeros for the random bytes.
    Message,
    CipherSuites,
    /// All extensions.
    Extensions,
    SessionId,
    CompressionMethods,
}

/// The extensions that s2n-tls knows. Others can be found, but are not given by their number.
const KNOWN_EXTENSIONS: [u16; 21] = [
    0, 1, 5, 10, 11, 13, 16, 18, 23, 35, 41, 42, 43, 44, 45, 47, 51, 57, 13172, 0xfe01, 65281,
];

impl ClientHello {
    /// The place for a connection's own.
    pub(crate) fn of_connection() -> Self {
        Self {
            is_connections: true,
            ..Self::default()
        }
    }

    /// Parses a message that begins with its handshake header and ends where that says.
    pub fn parse(message: &[u8]) -> Result<Self> {
        if message.len() < HandshakeHeader::LEN {
            return Err(Code::SizeMismatch)?;
        }
        let (body, rest) = Message::split(message)?;
        if !rest.is_empty() {
            return Err(Code::BadMessage)?;
        }
        Message::parse(body)?.check_extensions(&KNOWN_EXTENSIONS)?;
        let hello = Self::default();
        hello.store(memory::copy(message)?, None);
        Ok(hello)
    }

    /// Keeps a message that can be parsed.
    pub(crate) fn store(&self, message: Vec<u8>, record_version: Option<[u8; 2]>) {
        let mut contents = Contents {
            record_version,
            ..Contents::default()
        };
        contents.body = message;
        contents.body.drain(..HandshakeHeader::LEN);
        contents.legacy_version = contents.body.first_chunk().copied();
        if let Some(random) = contents.body.get_mut(2..2 + RANDOM) {
            contents.random.copy_from_slice(random);
            random.fill(0);
        }
        *lock(&self.contents) = contents;
    }

    /// Gives back the memory of the message; the random bytes and the versions stay.
    pub(crate) fn free_message(&self) {
        lock(&self.contents).body = Vec::new();
    }

    /// Forgets all.
    pub(crate) fn clear(&self) {
        *lock(&self.contents) = Contents::default();
    }

    /// Whether there is, or was, a message.
    pub(crate) fn is_known(&self) -> bool {
        lock(&self.contents).legacy_version.is_some()
    }

    /// Whether it belongs to a connection, which frees it.
    pub fn is_connections(&self) -> bool {
        self.is_connections
    }

    /// Refuses a second message, its header included, that differs from this one where it must not
    /// (RFC 8446, 4.1.2).
    pub(crate) fn check_second(&self, message: &[u8]) -> Result<()> {
        let contents = lock(&self.contents);
        // With a message whose memory was given back there is nothing to compare.
        let mut first = Message::parse(&contents.body)?;
        first.random = &contents.random;
        let (body, _) = Message::split(message)?;
        first.check_second(&Message::parse(body)?)
    }

    /// Looks at the message.
    pub(crate) fn look<R>(&self, look: impl FnOnce(&Message<'_>) -> Result<R>) -> Result<R> {
        let contents = lock(&self.contents);
        // Nothing is left of a message whose memory was given back.
        let message = Message::parse(&contents.body).map_err(|_| Code::Null)?;
        look(&message)
    }

    /// Looks at the bytes of a field.
    pub fn with<R>(&self, field: Field, look: impl FnOnce(&[u8]) -> R) -> Result<R> {
        if field == Field::Message {
            return Ok(look(&lock(&self.contents).body));
        }
        self.look(|message| {
            Ok(look(match field {
                Field::Message | Field::Extensions => message.extensions,
                Field::CipherSuites => message.cipher_suites,
                Field::SessionId => message.session_id,
                Field::CompressionMethods => message.compression_methods,
            }))
        })
    }

    /// How many bytes a field has.
    pub fn len(&self, field: Field) -> usize {
        self.with(field, <[u8]>::len).unwrap_or(0)
    }

    /// Looks at the data of an extension.
    pub fn with_extension<R>(&self, typ: u16, look: impl FnOnce(&[u8]) -> R) -> Result<R> {
        if !KNOWN_EXTENSIONS.contains(&typ) {
            return Err(Code::UnrecognizedExtension)?;
        }
        self.look(|message| {
            let data = message.extension(typ);
            Ok(look(data.ok_or(Code::ExtensionNotReceived)?))
        })
    }

    /// Whether there is an extension of a type, known or not.
    pub fn has_extension(&self, typ: u16) -> bool {
        self.look(|message| Ok(message.extension(typ).is_some()))
            .unwrap_or(false)
    }

    pub fn fingerprint(&self, method: Method) -> Result<Fingerprint> {
        self.look(|message| method.apply(message))
    }

    pub fn random(&self) -> [u8; RANDOM] {
        lock(&self.contents).random
    }

    /// The version in the message, as the API numbers versions: 33 for 0x0303.
    pub fn legacy_version(&self) -> u8 {
        lock(&self.contents).legacy_version.map_or(0, legacy_number)
    }

    /// The version to talk about, which is TLS 1.2 at most (RFC 8446, 4.1.2).
    pub(crate) fn version(&self) -> Version {
        let version = lock(&self.contents).legacy_version;
        version.map_or(Version::Unknown, Version::from_legacy)
    }

    /// The version in the header of the record that brought it.
    pub fn record_version(&self) -> Result<u8> {
        let version = lock(&self.contents).record_version;
        Ok(version.map(legacy_number).ok_or(Code::InvalidArgument)?)
    }

    /// The numbers of the groups that the client supports, in its order.
    pub fn supported_groups(&self) -> Result<Vec<u16>> {
        self.with_extension(SUPPORTED_GROUPS, |data| {
            let groups = Bytes(data)
                .vector(2)
                .map_err(|_| Code::InvalidParsedExtensions)?;
            let (pairs, rest) = groups.as_chunks();
            if !rest.is_empty() {
                return Err(Code::InvalidParsedExtensions)?;
            }
            let mut numbers = Vec::new();
            memory::reserve_exact(&mut numbers, pairs.len())?;
            numbers.extend(pairs.iter().copied().map(u16::from_be_bytes));
            Ok(numbers)
        })?
    }

    /// Looks at the name that the client asks for.
    pub fn with_server_name<R>(&self, look: impl FnOnce(&[u8]) -> R) -> Result<R> {
        self.with_extension(SERVER_NAME, |data| {
            Ok(look(host_name(data).map_err(|_| Code::Safety)?))
        })?
    }
}
