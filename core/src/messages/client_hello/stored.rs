//! A stored ClientHello, for queries of the application.

use std::ops::Range;
use std::sync::Mutex;

use super::payload::{ClientHelloPayload, RANDOM_LEN, host_name};
use crate::base::version::legacy_number;
use crate::base::{Version, lock, memory};
use crate::error::{Code, Result};
use crate::messages::extension_type::{SERVER_NAME, SUPPORTED_GROUPS};
use crate::messages::{Fingerprint, FingerprintMethod, HandshakeHeader, Reader};

/// A ClientHello, stored as bytes and parsed by every query.
///
/// That of a connection has the same address as long as the connection exists: after
/// `s2n_connection_wipe()` it stores the next message.
#[derive(Debug, Default)]
pub struct ClientHello {
    contents: Mutex<Contents>,
    belongs_to_connection: bool,
}

#[derive(Debug, Default)]
struct Contents {
    /// With its handshake header; empty if there is none. It is exactly as long as the message, and
    /// ends behind the random once the memory of the rest is freed.
    message: Box<[u8]>,
    is_freed: bool,
    /// The version in the header of the first record.
    record_version: Option<[u8; 2]>,
}

/// The range of the random in a message.
const RANDOM: Range<usize> = HandshakeHeader::LEN + 2..HandshakeHeader::LEN + 2 + RANDOM_LEN;

impl Contents {
    /// Returns the message without its handshake header; empty if its memory is freed.
    fn body(&self) -> &[u8] {
        match self.is_freed {
            true => &[],
            false => self.message.get(HandshakeHeader::LEN..).unwrap_or_default(),
        }
    }

    fn random(&self) -> [u8; RANDOM_LEN] {
        let random = self.message.get(RANDOM);
        let random = random.and_then(|random| random.first_chunk());
        random.copied().unwrap_or_default()
    }

    /// Returns legacy_version as received, even if it is not a version of TLS.
    fn legacy_version(&self) -> Option<[u8; 2]> {
        let body = self.message.get(HandshakeHeader::LEN..)?;
        body.first_chunk().copied()
    }
}

/// A field that is returned as raw bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The message, with zeros for the random.
    Message,
    CipherSuites,
    /// All extensions.
    Extensions,
    SessionId,
    CompressionMethods,
}

/// The extensions that s2n-tls supports. The presence of others can be queried, but not their data.
const SUPPORTED_EXTENSIONS: [u16; 21] = [
    0, 1, 5, 10, 11, 13, 16, 18, 23, 35, 41, 42, 43, 44, 45, 47, 51, 57, 13172, 0xfe01, 65281,
];

/// The maximum length of a parsed message, its handshake header included.
const MAX_MESSAGE: usize = 1 << 16;

impl ClientHello {
    /// Creates an empty ClientHello that belongs to a connection.
    pub(crate) fn for_connection() -> Self {
        Self {
            belongs_to_connection: true,
            ..Self::default()
        }
    }

    /// Parses a message that begins with its handshake header and has exactly the length in it.
    pub fn parse(message: &[u8]) -> Result<Self> {
        if message.len() > MAX_MESSAGE {
            return Err(Code::BadMessage)?;
        }
        if message.len() < HandshakeHeader::LEN {
            return Err(Code::SizeMismatch)?;
        }
        let (body, rest) = ClientHelloPayload::split(message)?;
        if !rest.is_empty() {
            return Err(Code::BadMessage)?;
        }
        ClientHelloPayload::parse(body)?.check_extensions(&SUPPORTED_EXTENSIONS)?;
        let hello = Self::default();
        hello.store(memory::copy(message)?, None);
        Ok(hello)
    }

    /// Stores a message that [`ClientHelloPayload::parse`] accepts, its handshake header included.
    pub(crate) fn store(&self, message: Vec<u8>, record_version: Option<[u8; 2]>) {
        *lock(&self.contents) = Contents {
            message: message.into(),
            is_freed: false,
            record_version,
        };
    }

    /// Frees the memory of the message, but not the random and the versions.
    pub(crate) fn free_message(&self) {
        let mut contents = lock(&self.contents);
        if let Some(rest) = contents.message.get(..RANDOM.end) {
            contents.message = rest.into();
            contents.is_freed = true;
        }
    }

    /// Removes the message, the random and the versions.
    pub(crate) fn clear(&self) {
        *lock(&self.contents) = Contents::default();
    }

    /// Returns whether a message was stored, even if its memory has been freed.
    pub(crate) fn is_received(&self) -> bool {
        !lock(&self.contents).message.is_empty()
    }

    /// Returns whether it belongs to a connection, which frees it.
    pub fn belongs_to_connection(&self) -> bool {
        self.belongs_to_connection
    }

    /// Rejects a second message, its header included, that differs from this one where it must not
    /// (RFC 8446, 4.1.2).
    pub(crate) fn check_second(&self, message: &[u8]) -> Result<()> {
        let contents = lock(&self.contents);
        // Fails if the memory of the first message has been freed: there is nothing to compare.
        let first = ClientHelloPayload::parse(contents.body())?;
        let (body, _) = ClientHelloPayload::split(message)?;
        first.check_second(&ClientHelloPayload::parse(body)?)
    }

    /// Returns the message without its last `len` bytes, with its handshake header and its random.
    pub(crate) fn truncated(&self, len: usize) -> Result<Vec<u8>> {
        let contents = lock(&self.contents);
        let end = contents.message.len().checked_sub(len);
        let end = end.filter(|&end| end >= RANDOM.end && !contents.is_freed);
        memory::copy(&contents.message[..end.ok_or(Code::BadMessage)?])
    }

    /// Parses the message, and passes it to `inspect`.
    pub(crate) fn with_payload<R>(
        &self,
        inspect: impl FnOnce(&ClientHelloPayload<'_>) -> Result<R>,
    ) -> Result<R> {
        let contents = lock(&self.contents);
        // The body is empty if the memory of the message has been freed.
        let message = ClientHelloPayload::parse(contents.body()).map_err(|_| Code::Null)?;
        inspect(&message)
    }

    /// Passes the bytes of a field to `inspect`.
    pub fn with_field<R>(&self, field: Field, inspect: impl FnOnce(&[u8]) -> R) -> Result<R> {
        if field == Field::Message {
            return self.with_message(inspect);
        }
        self.with_payload(|message| {
            Ok(inspect(match field {
                Field::Message | Field::Extensions => message.extensions,
                Field::CipherSuites => message.cipher_suites,
                Field::SessionId => message.session_id,
                Field::CompressionMethods => message.compression_methods,
            }))
        })
    }

    /// Passes the message to `inspect`, with zeros for the random.
    fn with_message<R>(&self, inspect: impl FnOnce(&[u8]) -> R) -> Result<R> {
        let mut body = memory::copy(lock(&self.contents).body())?;
        if let Some(random) = body.get_mut(2..2 + RANDOM_LEN) {
            random.fill(0);
        }
        Ok(inspect(&body))
    }

    /// Returns the length of a field in bytes; 0 without a message.
    pub fn len(&self, field: Field) -> usize {
        match field {
            Field::Message => lock(&self.contents).body().len(),
            field => self.with_field(field, <[u8]>::len).unwrap_or(0),
        }
    }

    /// Passes the data of an extension to `inspect`.
    pub fn with_extension<R>(&self, typ: u16, inspect: impl FnOnce(&[u8]) -> R) -> Result<R> {
        if !SUPPORTED_EXTENSIONS.contains(&typ) {
            return Err(Code::UnrecognizedExtension)?;
        }
        self.with_payload(|message| {
            let data = message.extension(typ);
            Ok(inspect(data.ok_or(Code::ExtensionNotReceived)?))
        })
    }

    /// Returns whether there is an extension of a type, supported or not.
    pub fn has_extension(&self, typ: u16) -> bool {
        self.with_payload(|message| Ok(message.extension(typ).is_some()))
            .unwrap_or(false)
    }

    /// Computes a fingerprint of the message.
    pub fn fingerprint(&self, method: FingerprintMethod) -> Result<Fingerprint> {
        self.with_payload(|message| method.apply(message))
    }

    pub fn random(&self) -> [u8; RANDOM_LEN] {
        lock(&self.contents).random()
    }

    /// Returns legacy_version as a number of the API: 33 for 0x0303.
    pub fn legacy_version(&self) -> u8 {
        lock(&self.contents)
            .legacy_version()
            .map_or(0, legacy_number)
    }

    /// Returns legacy_version, which is TLS 1.2 at most (RFC 8446, 4.1.2).
    pub(crate) fn version(&self) -> Version {
        let version = lock(&self.contents).legacy_version();
        version.map_or(Version::Unknown, Version::from_legacy)
    }

    /// Returns the version in the header of the record that contained the message, as a number of
    /// the API.
    pub fn record_version(&self) -> Result<u8> {
        let version = lock(&self.contents).record_version;
        Ok(version.map(legacy_number).ok_or(Code::InvalidArgument)?)
    }

    /// Returns the groups of the supported_groups extension, in the client's order.
    pub fn supported_groups(&self) -> Result<Vec<u16>> {
        self.with_extension(SUPPORTED_GROUPS, |data| {
            let groups = Reader(data)
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

    /// Passes the first name of the server_name extension (SNI) to `inspect`.
    pub fn with_server_name<R>(&self, inspect: impl FnOnce(&[u8]) -> R) -> Result<R> {
        self.with_extension(SERVER_NAME, |data| {
            Ok(inspect(host_name(data).map_err(|_| Code::Safety)?))
        })?
    }
}
